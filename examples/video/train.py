"""Trains the network of the video example (PyTorch, one thread).

The loss is that of the velocity, (x - x0) / sigma, of a network that predicts x0:
|x0' - x0|^2 / max(sigma, 0.05)^2. One sample in ten loses its class, for guidance. Most
steps see a subset of the tokens at their places in the grid, as the stages of a
just-in-time sampler do: a pattern of anchors that every frame shares, with or without a
cloud of tokens around what moves, or any tokens at all. That makes the network know
sparse surroundings, and it is cheap: a clip of 256 tokens takes a seventh of the time of
1024. Full grids become more frequent towards the end.

Muon trains the matrices of the blocks, AdamW the rest; the learning rate falls linearly
to zero over a budget of processor time, and the weights written are a moving average.

    MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 \\
    MALLOC_TOP_PAD_=268435456 python train.py --minutes=75 --state=state.pt
"""

import argparse
import pathlib
import sys
import time

import numpy as np
import torch

import make_data
import network

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import safetensors_io  # noqa: E402

MUON_LR, MUON_DECAY, MUON_MOMENTUM, ADAM_LR, WARMUP = 1e-2, 0.05, 0.95, 3e-3, 100
LABEL_DROP, AVERAGE = 0.1, 0.997
# Tokens -> clips a step; every kind of step takes about the same time.
BATCH = {160: 40, 256: 24, 360: 16, 636: 8, 1024: 4}
# The share of the kinds of steps at the start and at the end of training.
SHARES = {160: (0.35, 0.1), 256: (0.3, 0.15), 360: (0.2, 0.2), 636: (0.1, 0.2),
          1024: (0.05, 0.35)}
# How the tokens of a subset are chosen: anchors, anchors and what moves, any.
FEW, MANY = (0.15, 0.7, 0.15), (0.4, 0.5, 0.1)


def anchors(count, rng, n):
    """n patterns [n, count] that repeat in every frame: a checker or a grid, topped up."""
    (t, h, w) = make_data.GRID
    y, x = np.mgrid[:h, :w]
    border = (y % (h - 1) == 0) | (x % (w - 1) == 0)
    even = (y % 2 == 0) & (x % 2 == 0)
    stride = ((y % 2 == 0) | (y == h - 1)) & ((x % 2 == 0) | (x == w - 1))
    base = np.where(rng.random_sample((n, 1)) < 0.5, (border | even).ravel(), stride.ravel())
    key = rng.random_sample((n, h * w)) - base
    place = np.argsort(key, axis=1)[:, : count // t]
    return (place[:, None] + h * w * np.arange(t)[:, None]).reshape(n, -1)


def box3(x):
    """Mean over 3x3 tokens of a frame, zeros outside, divisor 9."""
    p = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    rows = p[:, :, :-2] + p[:, :, 1:-1] + p[:, :, 2:]
    return (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 9


def subsets(tokens, count, rng):
    """Sorted places [n, count] for clips tokens [n, TOKENS, CHANNELS]."""
    n = len(tokens)
    kind = rng.choice(3, p=FEW if count <= 256 else MANY)
    if kind == 0:
        return np.sort(anchors(count, rng, n), axis=1)
    key = rng.random_sample((n, make_data.TOKENS))
    if kind == 1:
        # Anchors and the tokens where neighbours differ most, as densification takes them.
        first = count // 4 if count <= 256 else count // 2
        mean = tokens.mean(2).reshape(n, *make_data.GRID)
        spread = box3(mean * mean) - box3(mean) ** 2
        key = 0.2 * key * spread.max() - spread.reshape(n, -1)
        np.put_along_axis(key, anchors(first // 4 * 4, rng, n), -np.inf, axis=1)
    return np.sort(np.argpartition(key, count - 1, axis=1)[:, :count], axis=1)


def is_muon(name):
    return name[0].isdigit() and name.endswith(".weight")


class Muon:
    """Momentum whose matrices are orthogonalised by five Newton-Schulz steps."""

    def __init__(self, params):
        self.params = params
        self.momentum = {name: torch.zeros_like(value) for name, value in params.items()}

    def step(self, lr):
        groups = {}
        for name, value in self.params.items():
            m = self.momentum[name].lerp_(value.grad, 1 - MUON_MOMENTUM)
            update = value.grad.lerp(m, MUON_MOMENTUM)
            wide = update if update.shape[0] <= update.shape[1] else update.t()
            groups.setdefault(wide.shape, []).append((value, wide))
        for members in groups.values():
            x = torch.stack([wide for _, wide in members])
            x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
            for _ in range(5):
                a = x @ x.transpose(1, 2)
                x = torch.baddbmm(x, torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315), x,
                                  beta=3.4445)
            for (value, _), o in zip(members, x):
                o = o if o.shape == value.shape else o.t()
                value.mul_(1 - lr * MUON_DECAY)
                value.sub_(o, alpha=lr * 0.2 * max(value.shape) ** 0.5)


def update(p, average, muon, adam, muon_lr, adam_lr, keep):
    """A step of both optimisers, and of the moving average that keeps so much of itself."""
    with torch.no_grad():
        torch.nn.utils.clip_grad_norm_(p.values(), 1.0)
        muon.step(muon_lr)
        adam.param_groups[0]["lr"] = adam_lr
        adam.step()
        for name, value in p.items():
            average[name].lerp_(value, 1 - keep)


def restore(state, p, average, muon, adam):
    """Puts back what `checkpoint` gave."""
    with torch.no_grad():
        for name, value in p.items():
            value.copy_(state["params"][name])
            average[name].copy_(state["average"][name])
            if name in muon.momentum:
                muon.momentum[name].copy_(state["momentum"][name])
    adam.load_state_dict(state["adam"])


def checkpoint(p, average, muon, adam, **progress):
    return {"params": p, "average": average, "momentum": muon.momentum, "adam": adam.state_dict(),
            **progress}


def export(p):
    """The tensors as they are stored; the position embeddings as one table, with in.bias."""
    out = {k: v for k, v in p.items() if not k.startswith("position.") and k != "in.bias"}
    out["position"] = network.position_table(p)
    return {name: value.detach().contiguous().numpy() for name, value in out.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "video.safetensors")
    parser.add_argument("--data", type=pathlib.Path, help="digits written by make_data.py --out")
    parser.add_argument("--minutes", type=float, default=75, help="budget of processor time")
    parser.add_argument("--deadline", type=float, default=float("inf"),
                        help="wall-clock minutes after which the rest of the schedule is shortened")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path,
                        help="file for the training state; training goes on from it if it exists")
    args = parser.parse_args()
    torch.set_num_threads(1)
    digits, labels, _, _ = make_data.load_digits(args.data)
    torch.manual_seed(args.seed)
    p = {name: value.requires_grad_() for name, value in network.init_params().items()}
    average = {name: value.detach().clone() for name, value in p.items()}
    muon = Muon({n: v for n, v in p.items() if is_muon(n)})
    rest = [v for n, v in p.items() if not is_muon(n)]
    adam = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=0, fused=True)
    step, clips, before, begun = 0, 0, 0.0, 0.0
    if args.state and args.state.exists():
        state = torch.load(args.state)
        restore(state, p, average, muon, adam)
        step, clips, before, begun = (state[k] for k in ("step", "clips", "elapsed", "wall"))
    rng = np.random.RandomState(args.seed + step)
    torch.manual_seed(args.seed + step)
    tables = network.rotary_tables()

    def save(elapsed, wall):
        temporary = args.out.with_suffix(".tmp")
        safetensors_io.save(temporary, export(average))
        temporary.replace(args.out)
        if args.state:
            torch.save(checkpoint(p, average, muon, adam, step=step, clips=clips, elapsed=elapsed,
                                  wall=wall), args.state)

    start, wall_start = time.process_time(), time.monotonic()
    saved = shown = 0.0
    sums = {m: [0.0, 0] for m in BATCH}
    progress = 0.0
    while progress < 1:
        shares = np.array([a + progress * (b - a) for a, b in SHARES.values()])
        m = int(rng.choice(list(BATCH), p=shares / shares.sum()))
        n = BATCH[m]
        video, label = make_data.batch(digits, labels, n, rng)
        tokens = make_data.patchify(video)
        if m < make_data.TOKENS:
            index = torch.from_numpy(subsets(tokens, m, rng))
        else:
            index = torch.arange(m).expand(n, m)
        x0 = torch.from_numpy(tokens).gather(1, index[..., None].expand(-1, -1, tokens.shape[2]))
        dropped = rng.random_sample(n) < LABEL_DROP
        label = torch.from_numpy(np.where(dropped, network.NO_CLASS, label))
        # Neighbours say much the same, so the shape of a digit is decided in much noise.
        sigma = torch.sigmoid(1.8 + 1.4 * torch.randn(n))
        noised = torch.lerp(x0, torch.randn_like(x0), sigma[:, None, None])
        guess = network.forward(p, noised, index, sigma, label, tables)
        error = (guess - x0).square().mean((1, 2))
        loss = (error / sigma.clamp_min(0.05) ** 2).mean()
        for value in p.values():
            value.grad = None
        loss.backward()
        rate = min(1.0, (step + 1) / WARMUP) * (1 - progress)
        step, clips = step + 1, clips + n
        update(p, average, muon, adam, MUON_LR * rate, ADAM_LR * rate,
               min(AVERAGE, (1 + step) / (10 + step)))
        sums[m][0] += loss.item()
        sums[m][1] += 1
        elapsed = before + time.process_time() - start
        wall = begun + time.monotonic() - wall_start
        progress = max(elapsed / (60 * args.minutes), wall / (60 * args.deadline))
        if wall - shown >= 30:
            shown = wall
            losses = ", ".join(f"{m}: {s / max(c, 1):.4f}" for m, (s, c) in sums.items())
            sums = {m: [0.0, 0] for m in BATCH}
            print(f"{elapsed:6.0f} s of {wall:6.0f} s, step {step}, {clips} clips; loss {losses}",
                  flush=True)
        if wall - saved >= 120:
            saved = wall
            save(elapsed, wall)
    save(elapsed, wall)
    print(f"{step} steps, {clips} clips, {elapsed:.0f} s of processor time, {wall:.0f} s")


if __name__ == "__main__":
    main()

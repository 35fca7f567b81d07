"""Teaches the network of the video example to go on where a clip ended (PyTorch, one thread).

It begins with the weights of train.py (video.safetensors) and trains stream_network.py's, whose
wide layers are ternary: rounded in every step, with gradients that pass through the rounding to
f32 masters. The loss, the noise levels and the optimisers are those of train.py. One history in
eight is blank, one in eight has the 8 frames of a first clip only; half of them get noise,
since what will come after generated frames must not trust them too much.

    python train_stream.py --minutes=40 --state=state.pt
"""

import argparse
import pathlib
import time

import numpy as np
import torch

import make_data
import network
import stream_network as streams
import train
from train import safetensors_io

# Rows of the clip -> clips a step; at the start and at the end, the share of steps.
BATCH = {256: 12, 636: 6, 1024: 4}
SHARES = {256: (0.5, 0.15), 636: (0.3, 0.25), 1024: (0.2, 0.6)}
MUON_LR, ADAM_LR, WARMUP, AVERAGE = 8e-3, 2e-3, 50, 0.995
BLANK, BEGUN, NOISY = 0.125, 0.125, 0.5


def sample_batch(digits, labels, n, rng):
    """Frames before [n, FRAMES, h, w], tokens of the clip, classes."""
    video, label = make_data.batch(digits, labels, n, rng, streams.FRAMES + make_data.FRAMES)
    before, clip = video[:, : streams.FRAMES].copy(), video[:, streams.FRAMES :]
    kind = rng.random_sample(n)
    before[kind < BLANK] = -1
    begun = (kind >= BLANK) & (kind < BLANK + BEGUN)
    before[begun, : streams.FRAMES - make_data.FRAMES] = -1
    level = np.where(rng.random_sample(n) < NOISY, 0.25 * rng.random_sample(n), 0)
    level[kind < BLANK] = 0
    before += (level[:, None, None, None] * rng.standard_normal(before.shape)).astype(np.float32)
    return before, make_data.patchify(np.ascontiguousarray(clip)), label


def export(p):
    """The tensors as they are stored: trits and scales of the wide layers."""
    out = {}
    for name, value in p.items():
        if name.split(".")[1:2] in (["up"], ["down"]):
            trits, scale = streams.ternarize(value.detach())
            out[name], out[name.replace("weight", "scale")] = trits.to(torch.int8), scale
        else:
            out[name] = value.detach()
    return {name: value.contiguous().numpy() for name, value in out.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=pathlib.Path, default=train.HERE / "video.safetensors")
    parser.add_argument("--out", type=pathlib.Path, default=train.HERE / "stream.safetensors")
    parser.add_argument("--data", type=pathlib.Path, help="digits written by make_data.py --out")
    parser.add_argument("--minutes", type=float, default=40, help="budget of wall-clock time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path,
                        help="file for the training state; training goes on from it if it exists")
    args = parser.parse_args()
    torch.set_num_threads(1)
    digits, labels, _, _ = make_data.load_digits(args.data)
    torch.manual_seed(args.seed)
    start = {k: torch.from_numpy(v.copy()) for k, v in safetensors_io.load(args.weights).items()}
    p = {k: v.requires_grad_() for k, v in streams.init_params(start).items()}
    average = {k: v.detach().clone() for k, v in p.items()}
    muon = train.Muon({n: v for n, v in p.items() if train.is_muon(n)})
    rest = [v for n, v in p.items() if not train.is_muon(n)]
    adam = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=0, fused=True)
    step, clips, before_wall = 0, 0, 0.0
    if args.state and args.state.exists():
        state = torch.load(args.state)
        train.restore(state, p, average, muon, adam)
        step, clips, before_wall = (state[k] for k in ("step", "clips", "wall"))
    rng = np.random.RandomState(args.seed + step)
    torch.manual_seed(args.seed + step)
    tables = streams.rotary_tables()

    def save(wall):
        temporary = args.out.with_suffix(".tmp")
        safetensors_io.save(temporary, export(average))
        temporary.replace(args.out)
        if args.state:
            torch.save(train.checkpoint(p, average, muon, adam, step=step, clips=clips, wall=wall),
                       args.state)

    begun = time.monotonic()
    saved = shown = progress = 0.0
    sums = {m: [0.0, 0] for m in BATCH}
    while progress < 1:
        shares = np.array([a + progress * (b - a) for a, b in SHARES.values()])
        m = int(rng.choice(list(BATCH), p=shares / shares.sum()))
        n = BATCH[m]
        before, tokens, label = sample_batch(digits, labels, n, rng)
        history = [torch.from_numpy(rows) for rows in streams.history_rows(before)]
        if m < make_data.TOKENS:
            index = torch.from_numpy(train.subsets(tokens, m, rng))
        else:
            index = torch.arange(m).expand(n, m)
        x0 = torch.from_numpy(tokens).gather(1, index[..., None].expand(-1, -1, tokens.shape[2]))
        dropped = rng.random_sample(n) < train.LABEL_DROP
        label = torch.from_numpy(np.where(dropped, network.NO_CLASS, label))
        sigma = torch.sigmoid(1.8 + 1.4 * torch.randn(n))
        noised = torch.lerp(x0, torch.randn_like(x0), sigma[:, None, None])
        guess = streams.forward(p, noised, index, history, sigma, label, tables)
        error = (guess - x0).square().mean((1, 2))
        loss = (error / sigma.clamp_min(0.05) ** 2).mean()
        for value in p.values():
            value.grad = None
        loss.backward()
        rate = min(1.0, (step + 1) / WARMUP) * (1 - progress)
        step, clips = step + 1, clips + n
        train.update(p, average, muon, adam, MUON_LR * rate, ADAM_LR * rate,
                     min(AVERAGE, (1 + step) / (10 + step)))
        sums[m][0] += loss.item()
        sums[m][1] += 1
        wall = before_wall + time.monotonic() - begun
        progress = wall / (60 * args.minutes)
        if wall - shown >= 30:
            shown = wall
            losses = ", ".join(f"{m}: {s / max(c, 1):.4f}" for m, (s, c) in sums.items())
            sums = {m: [0.0, 0] for m in BATCH}
            print(f"{wall:6.0f} s, step {step}, {clips} clips; loss {losses}", flush=True)
        if wall - saved >= 120:
            saved = wall
            save(wall)
    save(wall)
    print(f"{step} steps, {clips} clips, {wall:.0f} s")


if __name__ == "__main__":
    main()

"""Samples clips densely and just in time, and says what the second costs and loses.

    python reference.py

Four ways from the same noise: dense with many steps, dense with as many steps as the
just-in-time sampler (JiT, arXiv 2603.10744), dense with as many as it could pay for, and
JiT: three stages that compute a growing part of the tokens. What is compared is the share of
frames that the judge calls by their class, and the PSNR to dense with many steps. The cost
counts multiply-adds of the network; every step runs it twice, with the class and without.

The sampler's own pieces are NumPy, in float32, written from the definitions; the network is
network.py. Every clip has its own active tokens. Tokens are those of a raster of
4x16x16; `place` holds the active ones, ascending.
"""

import argparse
import pathlib
import sys
import time

import numpy as np
import torch

import make_data
import network
import pictures
import quality

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import safetensors_io  # noqa: E402

F32 = np.float32
FRAMES, HEIGHT, WIDTH = make_data.GRID
AREA, TOKENS = HEIGHT * WIDTH, make_data.TOKENS


def philox(seed, count):
    """The first words of Philox4x32-10 with counters (n, 0, 0, 0) for n < count."""
    word, mask = np.uint64(32), np.uint64(0xFFFFFFFF)
    c = [np.arange(count, dtype=np.uint64)] + [np.zeros(count, np.uint64)] * 3
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> word) ^ c[1] ^ np.uint64(k0), b & mask,
             (a >> word) ^ c[3] ^ np.uint64(k1), a & mask]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c[0]


def anchors(count, pattern, seed):
    """`count` tokens of a frame, the same in every frame: a pattern, filled or thinned."""
    y, x = np.divmod(np.arange(AREA), WIDTH)
    bottom, right = y == HEIGHT - 1, x == WIDTH - 1
    if pattern == "checker_border":
        base = ((y % 2 == 0) & (x % 2 == 0)) | (y == 0) | (x == 0) | bottom | right
    else:  # every second row and column, and the last ones
        base = ((y % 2 == 0) | bottom) & ((x % 2 == 0) | right)
    # Tokens of the pattern first; among those of a kind, small keys first.
    order = np.lexsort((np.arange(AREA), philox(seed, AREA), ~base))
    spatial = np.sort(order[:count])
    return (AREA * np.arange(FRAMES)[:, None] + spatial).reshape(-1)


def nearest(place):
    """For every token the position in `place` of the nearest active one of its frame."""
    out = np.empty(TOKENS, np.int64)
    y, x = np.divmod(np.arange(AREA), WIDTH)
    for t in range(FRAMES):
        first, last = np.searchsorted(place, (t * AREA, (t + 1) * AREA))
        ay, ax = np.divmod(place[first:last] - t * AREA, WIDTH)
        distance = (y[:, None] - ay) ** 2 + (x[:, None] - ax) ** 2
        out[t * AREA : (t + 1) * AREA] = first + distance.argmin(1)  # the first of equals
    return out


def blur(z):
    """Gaussian of sigma 1, seven taps each way in a frame, reflected at the borders."""
    taps = np.exp(-0.5 * np.arange(-3, 4) ** 2)
    taps = (taps / taps.sum()).astype(F32)
    p = np.pad(z.reshape(FRAMES, HEIGHT, WIDTH, -1), ((0, 0), (3, 3), (3, 3), (0, 0)), "reflect")
    rows = sum(taps[i] * p[:, i : i + HEIGHT] for i in range(7))
    return sum(taps[i] * rows[:, :, i : i + WIDTH] for i in range(7)).reshape(z.shape)


def lift(u, place):
    """Rows of the active tokens -> rows of the grid: themselves, and a smooth filling."""
    if len(place) == TOKENS:
        return u
    out = blur(u[nearest(place)])
    out[place] = u
    return out


def importance(v):
    """Variance in 3x3 tokens of a frame, mean over channels; zeros outside, divisor 9."""

    def box(x):
        p = np.pad(x.reshape(FRAMES, HEIGHT, WIDTH, -1), ((0, 0), (1, 1), (1, 1), (0, 0)))
        rows = p[:, :-2] + p[:, 1:-1] + p[:, 2:]
        return ((rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) / F32(9)).reshape(x.shape)

    return (box(v * v) - box(v) ** 2).mean(1)


def densify(place, score, count):
    """Adds the tokens of the greatest score; returns (all, the added ones), ascending."""
    inactive = np.setdiff1d(np.arange(TOKENS), place)
    order = np.argsort(-score[inactive], kind="stable")  # the lower of equals; NaN last
    added = np.sort(inactive[order[: count - len(place)]])
    return np.sort(np.concatenate([place, added])), added


def micro_flow(y, added, clean, noise, sigma, w):
    """Moves the new tokens to, or towards, what they would be had they been active."""
    y = y.copy()
    target = (1 - sigma) * clean[added] + sigma * noise[added]
    y[added] = (1 - w) * y[added] + w * target
    return y


class Model:
    """The network with classifier-free guidance, over clips that have m active tokens each."""

    def __init__(self, path, guidance):
        self.p = {k: torch.from_numpy(v.copy()) for k, v in safetensors_io.load(path).items()}
        self.tables, self.guidance = network.rotary_tables(), F32(guidance)
        self.cost, self.token_steps = 0, 0

    def clean(self, rows, places, sigma, labels):
        n, m = places.shape
        self.token_steps += m
        self.cost += cost(m)
        guesses = []
        for label in (labels, np.full(n, network.NO_CLASS)):
            with torch.no_grad():
                guesses.append(network.forward(
                    self.p, torch.from_numpy(rows), torch.from_numpy(places),
                    torch.full((n,), float(sigma)), torch.from_numpy(label), self.tables).numpy())
        named, free = guesses
        return free + self.guidance * (named - free)


def cost(m):
    """Multiply-adds of the network over m rows, those of the modulation left out."""
    d, wide = network.D, network.WIDE
    row = network.BLOCKS * (4 * d * d + 2 * d * wide) + 2 * d * make_data.CHANNELS
    return m * row + network.BLOCKS * 2 * d * m * m


def noise_levels(steps, shift):
    """steps + 1 levels from 1 to 0; a shift above 1 spends more steps on high ones."""
    s = 1 - np.arange(steps + 1) / steps
    return (shift * s / (1 + (shift - 1) * s)).astype(F32)


def sample(model, noise, labels, stages, options):
    """Clips from noise [n, TOKENS, CHANNELS]; stages = [(steps, active tokens)].

    Returns the final tokens and the places that were active in each stage.
    """
    n = len(noise)
    sigmas = noise_levels(sum(steps for steps, _ in stages), options.shift)
    first = stages[0][1]
    place = np.arange(TOKENS)
    if first < TOKENS:
        place = anchors(first // FRAMES, options.pattern, options.seed)
    places = np.tile(place, (n, 1))
    y, history, step = noise.copy(), [], 0
    velocity = clean = None
    for number, (steps, count) in enumerate(stages):
        if number:
            grown = []
            for i in range(n):
                field = clean[i] if options.importance == "clean" else velocity[i]
                place, added = densify(places[i], importance(field), count)
                y[i] = micro_flow(y[i], added, clean[i], noise[i], sigmas[step], F32(options.w))
                grown.append(place)
            places = np.stack(grown)
        history.append(places)
        for _ in range(steps):
            now, then = sigmas[step], sigmas[step + 1]
            rows = np.take_along_axis(y, places[..., None], axis=1)
            guess = model.clean(rows, places, now, labels)
            clean = np.stack([lift(g, p) for g, p in zip(guess, places)])
            if options.lift == "clean":
                velocity = (y - clean) / now
            else:
                velocity = np.stack([lift(v, p) for v, p in zip((rows - guess) / now, places)])
            y = y + (then - now) * velocity
            step += 1
    return y, history


def write_call(model, folder, count=120, sigma=0.8, label=3):
    """Writes one call of the network: a noised clip's rows at some places, and the answer."""
    rng = np.random.RandomState(7)
    places = np.sort(rng.permutation(TOKENS)[:count])
    rows = rng.randn(count, make_data.CHANNELS).astype(F32)
    rows = rows * F32(sigma) - F32(1 - sigma)
    with torch.no_grad():
        clean = network.forward(
            model.p, torch.from_numpy(rows)[None], torch.from_numpy(places)[None],
            torch.tensor([sigma]), torch.tensor([label]), model.tables)
    for name, value in (("rows", rows), ("places", places.astype(np.int32)),
                        ("sigma", np.array([sigma], F32)), ("class", np.array([label], np.int32)),
                        ("clean", clean[0].numpy())):
        np.save(folder / f"call_{name}.npy", value)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=pathlib.Path, default=HERE / "video.safetensors")
    parser.add_argument("--call", type=pathlib.Path, metavar="FOLDER",
                        help="only write one call of the network there, for comparisons")
    parser.add_argument("--clips", type=int, default=20, help="clips to sample, classes in turn")
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--many", type=int, default=40, help="steps of what PSNR compares to")
    parser.add_argument("--steps", default="3,3,3", help="steps of the stages")
    parser.add_argument("--ratios", default="0.35,0.62,1", help="active part of the tokens")
    parser.add_argument("--shift", type=float, default=3.0, help="of the noise levels")
    parser.add_argument("--pattern", choices=("checker_border", "stride"), default="stride")
    parser.add_argument("--lift", choices=("clean", "velocity"), default="clean")
    parser.add_argument("--importance", choices=("clean", "velocity"), default="clean")
    parser.add_argument("--w", type=float, default=1.0, help="weight of the target for new tokens")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, help="folder for pictures of the samples")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.call:
        write_call(Model(args.weights, args.guidance), args.call)
        return
    labels = np.arange(args.clips) % make_data.CLASSES
    noise = np.random.RandomState(args.seed).randn(
        args.clips, TOKENS, make_data.CHANNELS).astype(F32)

    # A frame has a whole number of active tokens.
    steps = [int(s) for s in args.steps.split(",")]
    counts = [FRAMES * round(float(r) * AREA) for r in args.ratios.split(",")]
    stages = list(zip(steps, counts, strict=True))
    same_cost = -(-sum(s * cost(m) for s, m in stages) // cost(TOKENS))
    rows = [(f"dense, {k} steps", [(k, TOKENS)]) for k in (args.many, sum(steps), same_cost)]
    rows.append(("JiT, " + " + ".join(f"{s} x {m}" for s, m in stages), stages))
    many = None
    print("sampler | frames right | PSNR | token-steps | cost in dense steps | seconds")
    for name, plan in rows:
        model, start = Model(args.weights, args.guidance), time.monotonic()
        tokens, _ = sample(model, noise, labels, plan, args)
        seconds = time.monotonic() - start
        clips = make_data.unpatchify(tokens)
        many = clips if many is None else many
        quality = "-" if many is clips else f"{quality.psnr(clips, many):.1f} dB"
        right = quality.frames_right(clips, labels)
        print(f"{name} | {right:.3f} | {quality} | {model.token_steps} | "
              f"{model.cost / cost(TOKENS):.2f} | {seconds:.1f}", flush=True)
        if args.out:
            args.out.mkdir(parents=True, exist_ok=True)
            file = f"{name.split(',')[0].lower()}{sum(s for s, _ in plan)}.png"
            pictures.write_png(args.out / file,
                               pictures.strips(pictures.grey(clips[: make_data.CLASSES])))


if __name__ == "__main__":
    main()

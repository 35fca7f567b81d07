"""Draws a stream of examples/video without rounding and compares it with NumPy.

  exact_stream.py EXAMPLES TOOLS FOLDER

What a ternary layer rounds to 8 bits may round the other way after additions in another order, so
that the stream as it is stays only near to a reference. Here the wide layers are f32 products with
the trits times their scale, everything else is make_stream.py's: the history and its three
resolutions, places, noise, guidance, steps. Nothing but sizes is shared with what it is compared to,
which is written from the descriptions of the ops. Two steps a chunk, three chunks, so that the last
frames of the history are older than the chunk before.
"""

import pathlib
import subprocess
import sys

import numpy as np

examples, tools, folder = map(pathlib.Path, sys.argv[1:])
sys.path[:0] = [str(examples / name) for name in ("python", "video")]
import make_model  # noqa: E402
import make_stream  # noqa: E402
import stream_shapes as shapes  # noqa: E402
import tercet  # noqa: E402

STEPS, CHUNKS, LABEL, SEED = 2, 3, 3, 5
HEADS, HALF, NO_CLASS = 4, 16, 10
PATCH, GRID = (2, 4, 4), (4, 16, 16)


def philox(counter, key):
    """Philox4x32-10 of columns of four words."""
    low = np.uint64(2**32 - 1)
    c, (a, b) = [np.broadcast_to(np.uint64(v), counter[0].shape) for v in counter], key
    for turn in range(10):
        x, y = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        keys = [np.uint64((k + turn * w) % 2**32) for k, w in ((a, 0x9E3779B9), (b, 0xBB67AE85))]
        c = [(y >> np.uint64(32)) ^ c[1] ^ keys[0], y & low,
             (x >> np.uint64(32)) ^ c[3] ^ keys[1], x & low]
    return c


def normal(seed, shape):
    i = np.arange(np.prod(shape), dtype=np.uint64)
    words = philox((i, 0, 0, 0), seed) + philox((i, 1, 0, 0), seed)[:2]
    total = sum(part.astype(np.int64) for w in words for part in (w % np.uint64(65536), w >> np.uint64(16)))
    r = (total - 393210) / 2.0**18
    odd = (3.949846138, 0.252408784, 0.076542912, 0.008355968, 0.029899776)
    return sum(f * r ** (2 * n + 1) for n, f in enumerate(odd)).reshape(shape).astype(np.float32)


def boxes(video, patch):
    return np.stack([video[t : t + patch[0], y : y + patch[1], x : x + patch[2]].ravel()
                     for t in range(0, video.shape[0], patch[0]) for y in range(0, video.shape[1], patch[1])
                     for x in range(0, video.shape[2], patch[2])])


def turns():
    """e^(i angle) of all rows, the mean over their boxes."""
    out, start = [], 0
    for frames, patch in (*shapes.PARTS, (8, PATCH)):
        n = frames // PATCH[0]
        places = np.stack(np.meshgrid(np.arange(n) + start, *map(np.arange, GRID[1:]), indexing="ij"), -1)
        angle = np.concatenate([places[..., [axis]] * shapes.THETA ** (-np.arange(0, w, 2) / w)
                                for axis, w in enumerate(shapes.WIDTHS)], -1)
        pool = [p // q for p, q in zip(patch, PATCH)]
        out += [boxes(np.exp(1j * angle[..., k]), pool).mean(1) for k in range(HALF)]
        start += n
    parts = [np.stack(out[at : at + HALF], 1) for at in range(0, len(out), HALF)]
    return np.concatenate(parts).astype(np.complex64)


def silu(x):
    return x / (1 + np.exp(-x))


def rms(x):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)


def clean(p, x, history, turn, sigma, label):
    """The clean rows that the network expects, in f32."""
    bumps = np.exp(-((24 * (np.array([[0], [sigma]]) - np.linspace(0, 1, 32))) ** 2)).astype(np.float32)
    c = silu(silu(bumps @ p["time.weight"].T + p["class.weight"][label]) @ p["cond.weight"].T + p["cond.bias"])
    mod = (c @ p["mod.weight"].T + p["mod.bias"]).reshape(2, -1, 128)
    mod = np.repeat(mod, [shapes.HISTORY, len(x)], axis=0).swapaxes(0, 1)
    h = np.concatenate([history, x @ p["in.weight"].T + p["position"]])
    loud = np.ones((HEADS, len(h), 1), np.float32)
    for i in range(4):
        y = rms(h) * mod[6 * i] + mod[6 * i + 1]
        q, k, v = ((y @ p[f"{i}.{name}.weight"].T).reshape(len(h), HEADS, -1).swapaxes(0, 1)
                   for name in "qkv")
        loud[:, : shapes.HISTORY] = 1 + 9 / (1 + np.exp(-p[f"{i}.strength"]))[:, None, None]
        pairs = []
        for value, gain in ((q, p[f"{i}.q_norm"]), (k, p[f"{i}.k_norm"])):
            value = rms(value) * gain
            value = (value[..., :HALF] + 1j * value[..., HALF:]) * turn
            pairs.append(np.concatenate([value.real, value.imag], -1))
        share = pairs[0] @ (pairs[1] * loud).swapaxes(1, 2) * (2 * HALF) ** -0.5
        share = np.exp(share - share.max(-1, keepdims=True))
        o = (share @ v / share.sum(-1, keepdims=True)).swapaxes(0, 1)
        h = h + mod[6 * i + 2] * (o.reshape(len(h), -1) @ p[f"{i}.o.weight"].T)
        y = (rms(h) * mod[6 * i + 3] + mod[6 * i + 4]) @ p[f"{i}.up.weight"].T
        h = h + mod[6 * i + 5] * (np.maximum(y, 0) ** 2 @ p[f"{i}.down.weight"].T)
    y = (rms(h) * mod[24] + mod[25])[shapes.HISTORY :]
    return y @ p["out.weight"].T + p["out.bias"]


def draw(p, frames, turn, seed):
    """The 8 frames behind `frames`."""
    rows, at = [], 0
    for name, (count, patch) in zip(shapes.NAMES, shapes.PARTS):
        rows.append(boxes(frames[at : at + count], patch) @ p[f"{name}.weight"].T + p[f"{name}.position"])
        at += count
    rows = np.concatenate(rows)
    levels = [3 * s / (1 + 2 * s) for s in (1 - i / STEPS for i in range(STEPS + 1))]
    x = normal(seed, (1024, 32))
    for now, then in zip(levels, levels[1:]):
        named, free = (clean(p, x, rows, turn, now, label) for label in (LABEL, NO_CLASS))
        x = x + (then - now) * (x - (free + 3 * (named - free))) / now
    x = x.reshape(*GRID, *PATCH).transpose(0, 3, 1, 4, 2, 5).reshape(8, 64, 64)
    return np.clip(x, -1, 1)


def compile_without_rounding():
    """The artifact and its weights."""
    stored = make_model.safetensors_io.load(examples / "video" / "stream.safetensors")
    weights = {key: value * stored[key.replace("weight", "scale")] if value.dtype == np.int8 else value
               for key, value in stored.items() if not key.endswith(".scale")}
    make_model.safetensors_io.save(folder / "exact.safetensors", weights)
    types = {key: make_model.tensor(*value.shape) for key, value in weights.items()}
    make_stream.STEPS = STEPS
    make_stream.StreamNetwork.bit_linear = make_stream.StreamNetwork.linear
    (folder / "exact.mlir").write_text(make_model.globals_text(types) + "\n" + make_stream.text(types))
    subprocess.run([tools / "tercet-compile", folder / "exact.mlir",
                    f"--weights={folder / 'exact.safetensors'}", "--target=cpu:host", "-o",
                    folder / "exact.tercet"], check=True)
    return folder / "exact.tercet", weights


artifact, p = compile_without_rounding()
model = tercet.Artifact(artifact, threads=2, library=tercet.find_library(tools))
session, seeds = model.session(), [(SEED, number) for number in range(CHUNKS)]
turn, frames = turns(), np.full((shapes.FRAMES, 64, 64), -1, np.float32)
for number, seed in enumerate(seeds):
    got = session.call("chunk", {"seed": seed, "class": [LABEL]})["clip"]
    want = draw(p, frames, turn, seed)
    frames = np.concatenate([frames, want])[-shapes.FRAMES :]
    far = np.abs(got - want).max()
    print(f"chunk {number}:", "equal" if far < 1e-4 else "FAR", f"({far:.1e})")
begun = model.session().call("chunk", {"seed": seeds[-1], "class": [LABEL]})["clip"]
print("without its history another one:", bool(np.abs(begun - want).max() > 0.1))

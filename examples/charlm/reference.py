"""NumPy reference of the charlm example: bits per character and greedy text.

Values are stored as float32. A product of int8 rows with ternary weights is an
exact integer; every other sum (norms, attention, router, head, the combination
of experts) is taken in float64 and rounded to float32 once, because a float32
sum has no agreed order.

What counts in the bits per character: the text is cut into consecutive windows
of 512 characters from its first character on, and a shorter rest is dropped. In
a window, character i + 1 is predicted from characters 0 .. i of that window, for
i = 0 .. 510: 511 predictions a window, the first character is never predicted.
heldout.txt has 394 windows; charlm.safetensors gets 1.34307 bits on all of them.
"""

import argparse
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import safetensors_io  # noqa: E402

WINDOW = 512
BLOCKS, HEADS, KV_HEADS, HEAD_DIM = 4, 4, 2, 32
TOP_K = 4
F32, F64 = np.float32, np.float64
ROUTED_SCALE = F32(2.5)
NORM_EPS = F32(1e-5)
SCALE_MIN = F32(1e-5)
WEIGHT_SUM_EPS = F32(1e-20)
ROPE_BASE = 10000.0


def rms_norm(x, gain):
    """RMSNorm with gain over the last axis: (x * inv) * gain."""
    mean = np.mean(np.square(x, dtype=F64), axis=-1, keepdims=True).astype(F32)
    return x * (F32(1) / np.sqrt(mean + NORM_EPS)) * gain


def quantise_rows(x):
    """Returns (int8 rows, a): absmax quantisation with one a per row."""
    a = np.maximum(np.max(np.abs(x), axis=-1, keepdims=True), SCALE_MIN)
    return np.clip(np.rint(x * (F32(127) / a)), -128, 127).astype(np.int8), a


def bit_linear(x, w, scale):
    """Ternary linear layer: exact integer sums, then one float32 factor per row."""
    q, a = quantise_rows(x)
    # float64 holds these sums exactly, and its matrix product is a fast one.
    acc = q.astype(F64) @ w.astype(F64).T
    return acc.astype(F32) * ((a / F32(127)) * scale)


def linear(x, w):
    return (x.astype(F64) @ w.astype(F64).T).astype(F32)


def relu_squared(x):
    r = np.maximum(x, F32(0))
    return r * r


def rotate(x, positions):
    """Rotary positions on [heads, tokens, 32]; element i is paired with element i + 16."""
    half = HEAD_DIM // 2
    angle = positions[:, None] * ROPE_BASE ** (-np.arange(half) / half)
    cos, sin = np.cos(angle).astype(F32), np.sin(angle).astype(F32)
    lo, hi = x[..., :half], x[..., half:]
    return np.concatenate([lo * cos - hi * sin, hi * cos + lo * sin], axis=-1)


def attention(t, h):
    """Causal grouped-query attention of one sequence [tokens, 128]."""
    n = len(h)

    def heads(x, count):
        return x.reshape(n, count, HEAD_DIM).transpose(1, 0, 2)

    xn = rms_norm(h, t["attn.norm"])
    q, k, v = (bit_linear(xn, t[f"attn.{c}.weight"], t[f"attn.{c}.scale"]) for c in "qkv")
    positions = np.arange(n)
    q = rotate(rms_norm(heads(q, HEADS), t["attn.q_norm"]), positions)
    k = rotate(rms_norm(heads(k, KV_HEADS), t["attn.k_norm"]), positions)
    group = HEADS // KV_HEADS  # query head j reads key/value head j // 2
    k, v = np.repeat(k, group, axis=0), np.repeat(heads(v, KV_HEADS), group, axis=0)
    s = q.astype(F64) @ k.astype(F64).transpose(0, 2, 1) / np.sqrt(HEAD_DIM)
    s = np.where(np.tri(n, dtype=bool), s, -np.inf)
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    o = (e / e.sum(axis=-1, keepdims=True)) @ v.astype(F64)
    o = o.astype(F32).transpose(1, 0, 2).reshape(n, HEADS * HEAD_DIM)
    return bit_linear(rms_norm(o, t["attn.o.norm"]), t["attn.o.weight"], t["attn.o.scale"])


def route(t, xn):
    """Returns (chosen experts [tokens, 4], their weights)."""
    p = F32(1) / (F32(1) + np.exp(-linear(xn, t["moe.router.weight"])))
    # The stable sort makes equal values prefer the lower index.
    chosen = np.argsort(-(p + t["moe.router.bias"]), axis=1, kind="stable")[:, :TOP_K]
    w = np.take_along_axis(p, chosen, axis=1)
    total = w.sum(axis=1, keepdims=True, dtype=F64).astype(F32)
    return chosen, ROUTED_SCALE * w / (total + WEIGHT_SUM_EPS)


def mixture(t, h, loads):
    """The routed experts on the latent row, and the shared expert."""
    xn = rms_norm(h, t["moe.norm"])
    chosen, w = route(t, xn)
    z = rms_norm(bit_linear(xn, t["moe.down.weight"], t["moe.down.scale"]), t["moe.latent_norm"])
    u = np.zeros(z.shape, F64)
    for e in range(len(t["moe.router.bias"])):
        rows, slot = np.nonzero(chosen == e)
        loads[e] += len(rows)
        if len(rows):
            x = bit_linear(z[rows], t["moe.experts.up.weight"][e], t["moe.experts.up.scale"][e])
            x = bit_linear(relu_squared(x), t["moe.experts.down.weight"][e],
                           t["moe.experts.down.scale"][e])
            u[rows] += w[rows, slot, None].astype(F64) * x
    u = rms_norm(u.astype(F32), t["moe.combine_norm"])
    routed = bit_linear(u, t["moe.up.weight"], t["moe.up.scale"])
    x = bit_linear(xn, t["moe.shared.up.weight"], t["moe.shared.up.scale"])
    shared = bit_linear(relu_squared(x), t["moe.shared.down.weight"], t["moe.shared.down.scale"])
    return routed + shared


def forward(tensors, tokens, loads=None):
    """Logits [tokens, alphabet]; adds to loads[block, expert] the tokens that chose it."""
    if loads is None:
        loads = np.zeros((BLOCKS, len(tensors["0.moe.router.bias"])), np.int64)
    h = tensors["embed.weight"][tokens]
    for i in range(BLOCKS):
        prefix = f"{i}."
        t = {k[len(prefix):]: v for k, v in tensors.items() if k.startswith(prefix)}
        h = h + attention(t, h)
        h = h + mixture(t, h, loads[i])
    assert h.dtype == F32
    return linear(rms_norm(h, tensors["final.norm"]), tensors["head.weight"])


def encode(tensors, text):
    code = {int(c): i for i, c in enumerate(tensors["alphabet"])}
    unknown = sorted(set(text) - set(code))
    if unknown:
        raise SystemExit(f"the text has the character {chr(unknown[0])!r}, which is not in the "
                         "model's alphabet; remove it from the text")
    return np.array([code[c] for c in text], np.int64)


def window_bits(logits, tokens):
    """Sum of the bits of characters 1 .. n - 1 of a window of n characters."""
    z = logits[:-1].astype(F64)
    z -= z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -float(np.sum(log_p[np.arange(len(z)), tokens[1:]])) / np.log(2)


def evaluate(tensors, tokens, count):
    """Returns (bits per character, predictions, loads) over the first `count` windows."""
    rows = tokens[: len(tokens) // WINDOW * WINDOW].reshape(-1, WINDOW)[:count]
    if not len(rows):
        raise SystemExit(f"no window to evaluate: the text needs at least {WINDOW} characters, "
                         "and --windows must be at least 1")
    loads = np.zeros((BLOCKS, len(tensors["0.moe.router.bias"])), np.int64)
    total = sum(window_bits(forward(tensors, row, loads), row) for row in rows)
    predictions = len(rows) * (WINDOW - 1)
    return total / predictions, predictions, loads


def generate(tensors, prompt, count):
    """Greedy text; equal logits give the lower character. Sees the last 512 characters."""
    tokens = list(encode(tensors, prompt))
    for _ in range(count):
        tokens.append(int(np.argmax(forward(tensors, np.array(tokens[-WINDOW:]))[-1])))
    return bytes(tensors["alphabet"][tokens].tolist()).decode("ascii")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=pathlib.Path, nargs="?", help="held-out text to evaluate on")
    parser.add_argument("--weights", type=pathlib.Path, default=HERE / "charlm.safetensors")
    parser.add_argument("--windows", type=int, help="number of windows (default: all)")
    parser.add_argument("--loads", action="store_true", help="also print the experts' loads")
    parser.add_argument("--generate", type=int, metavar="N", help="print N characters of greedy text")
    parser.add_argument("--prompt", default="And ", help="beginning of the greedy text")
    args = parser.parse_args()
    tensors = safetensors_io.load(args.weights)
    if args.text:
        bits, predictions, loads = evaluate(tensors, encode(tensors, args.text.read_bytes()),
                                            args.windows)
        print(f"{bits:.5f} bits per character over {predictions} predictions")
        if args.loads:
            for i, load in enumerate(loads):
                print(f"block {i}: load max/mean {load.max() / load.mean():.3f}, "
                      f"min/mean {load.min() / load.mean():.3f}")
    if args.generate is not None:
        if not args.prompt:
            raise SystemExit("the prompt is empty; give at least one character with --prompt")
        print(generate(tensors, args.prompt.encode("ascii", "replace"), args.generate))


if __name__ == "__main__":
    main()

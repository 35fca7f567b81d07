"""The network of network.py with a history: clips that go on where others ended.

Before the rows of the clip come those of the 14 frames before it, in three resolutions, coarser
the longer ago (arXiv 2603.04379): boxes of 8 x 16 x 16 pixels of the first 8 frames, of
4 x 8 x 8 of the next 4, of 2 x 4 x 4 of the last 2; 16 + 64 + 256 rows. They have places on the
same axes as the clip's, earlier in time, pooled as their boxes are; they are modulated as rows
without noise; and how loud their keys are is learned, head by head. Everything attends to
everything. A blank history (all -1) is that of a clip that begins.

The wide layers are ternary: weights in {-1, 0, 1} with one scale a matrix, rows in 8 bits, as
`ternary.linear` defines them. Everything else is f32.
"""

import numpy as np
import torch
import torch.nn.functional as nnf

import make_data
import network
from network import BLOCKS, D, HEAD, HEADS, MODULATIONS
from stream_shapes import FRAMES, GAIN, HISTORY, NAMES, PARTS, ROWS, THETA, VALUES, WIDTHS

def boxes(video, patch):
    """Frames [n, t, h, w] -> rows [n, boxes, values], as spatial.patchify has them."""
    (a, b, c), (n, t, h, w) = patch, video.shape
    x = video.reshape(n, t // a, a, h // b, b, w // c, c).transpose(0, 1, 3, 5, 2, 4, 6)
    return np.ascontiguousarray(x.reshape(n, -1, a * b * c))


def history_rows(frames):
    """The rows of the three parts of the last FRAMES frames [n, FRAMES, h, w]."""
    parts, at = [], 0
    for count, patch in PARTS:
        parts.append(boxes(frames[:, at : at + count], patch))
        at += count
    return parts


def rotary_tables():
    """Cosines and sines [HISTORY + TOKENS, HEAD / 2]: places in tokens, times from the oldest on."""

    def table(times, start, pool):
        (t, h, w), parts = (times, *make_data.GRID[1:]), []
        axes = np.meshgrid(start + np.arange(t), np.arange(h), np.arange(w), indexing="ij")
        angle = np.concatenate(
            [axis[..., None] * THETA ** (-2 * np.arange(width // 2) / width)
             for axis, width in zip(axes, WIDTHS)], axis=-1)
        for value in (np.cos(angle), np.sin(angle)):
            value = value.reshape(t // pool, pool, h // pool, pool, w // pool, pool, -1)
            parts.append(value.mean((1, 3, 5)).reshape(-1, HEAD // 2))
        return parts

    start, tables = 0, []
    for frames, (a, _, _) in (*PARTS, (make_data.FRAMES, make_data.PATCH)):
        tables.append(table(frames // 2, start, a // 2))
        start += frames // 2
    return tuple(torch.from_numpy(np.concatenate(t).astype(np.float32)) for t in zip(*tables))


def shapes():
    """Name -> shape of what network.py's has not."""
    out = {}
    for name, rows, values in zip(NAMES, ROWS, VALUES):
        out[f"{name}.weight"], out[f"{name}.position"] = (D, values), (rows, D)
    out.update({f"{i}.strength": (HEADS,) for i in range(BLOCKS)})
    return out


def init_params(weights):
    """Parameters from a trained clip network's: history begins as means of what it knows."""
    p = {name: value.clone() for name, value in weights.items()}
    place = p["position"].reshape(*make_data.GRID, D)
    for name, (_, patch) in zip(NAMES, PARTS):
        a, b, c = (n // m for n, m in zip(patch, make_data.PATCH))
        small = p["in.weight"].reshape(D, 1, 2, 1, 4, 1, 4)
        p[f"{name}.weight"] = (small / (a * b * c)).expand(D, a, 2, b, 4, c, 4).reshape(D, -1).clone()
        h, w = make_data.GRID[1] // b, make_data.GRID[2] // c
        p[f"{name}.position"] = place[0].reshape(h, b, w, c, D).mean((1, 3)).reshape(-1, D).clone()
    for i in range(BLOCKS):
        p[f"{i}.strength"] = torch.full((HEADS,), -4.0)
    return p


def ternarize(w):
    """Trits and their scale."""
    scale = w.abs().mean().clamp_min(1e-5)
    return (w / scale).round().clamp(-1, 1), scale


def quantise(x):
    """Rows rounded to 8 bits."""
    a = x.abs().amax(-1, keepdim=True).clamp_min(1e-5)
    return (x * (127 / a)).round().clamp(-128, 127) * (a / 127)


def through(exact, rounded):
    """The value of `rounded`, the gradient of `exact`."""
    return exact + (rounded - exact).detach()


def bit_linear(p, key, x):
    if f"{key}.scale" in p:  # stored weights are trits
        return quantise(x) @ (p[f"{key}.weight"].to(x.dtype) * p[f"{key}.scale"]).t()
    w = p[f"{key}.weight"]
    trits, scale = ternarize(w)
    return through(x, quantise(x)) @ through(w, trits * scale).t()


def segments(first, rest, n):
    """Rows of the history get one vector, the others another: [b, HISTORY + m, D]."""
    return torch.cat([first[:, None].expand(-1, HISTORY, -1), rest[:, None].expand(-1, n, -1)], 1)


def forward(p, x, index, history, sigma, label, tables):
    """Predicted x0 of the clip's rows x [b, m, CHANNELS] at places index [b, m].

    history = rows of NAMES, each [b, rows, values]; otherwise as network.forward.
    """
    b, m, _ = x.shape
    mods = [network.condition(p, level, label) @ p["mod.weight"].t() + p["mod.bias"]
            for level in (torch.zeros_like(sigma), sigma)]
    vectors = [segments(*pair, m) for pair in zip(*(mod.chunk(MODULATIONS, -1) for mod in mods))]
    places = torch.cat([torch.arange(HISTORY).expand(b, -1), HISTORY + index], 1)
    cos, sin = (t[places][:, :, None] for t in tables)
    h = [rows @ p[f"{name}.weight"].t() + p[f"{name}.position"] for name, rows in zip(NAMES, history)]
    h = torch.cat([*h, x @ p["in.weight"].t() + p["position"][index]], 1)
    for i in range(BLOCKS):
        gain, shift, gate = vectors[6 * i : 6 * i + 3]
        y = network.rms(h) * gain + shift
        q, k, v = ((y @ p[f"{i}.{c}.weight"].t()).view(b, -1, HEADS, HEAD) for c in "qkv")
        q = network.rotate(network.rms(q) * p[f"{i}.q_norm"], cos, sin)
        k = network.rotate(network.rms(k) * p[f"{i}.k_norm"], cos, sin)
        louder = 1 + GAIN * torch.sigmoid(p[f"{i}.strength"])[:, None]
        k = torch.cat([k[:, :HISTORY] * louder, k[:, HISTORY:]], 1)
        o = nnf.scaled_dot_product_attention(*(a.transpose(1, 2) for a in (q, k, v)))
        h = h + gate * (o.transpose(1, 2).reshape(b, -1, D) @ p[f"{i}.o.weight"].t())
        gain, shift, gate = vectors[6 * i + 3 : 6 * i + 6]
        y = bit_linear(p, f"{i}.up", network.rms(h) * gain + shift)
        h = h + gate * bit_linear(p, f"{i}.down", nnf.relu(y).square())
    gain, shift = mods[1].chunk(MODULATIONS, -1)[-2:]
    h = network.rms(h[:, HISTORY:]) * gain[:, None] + shift[:, None]
    return h @ p["out.weight"].t() + p["out.bias"]

"""The network of the video example in PyTorch: training, reference and export use it.

A transformer over tokens of a 4x16x16 grid that may be any subset of the grid, in any
number: each row comes with its index in the grid, which selects its position embedding
and its rotation. RMSNorm with AdaLN modulation by the noise level and the class, 4 heads
of 32 with normed queries and keys, 3-D rotary positions, squared ReLU. It predicts the
clean tokens x0 from x = (1 - sigma) x0 + sigma noise.
"""

import torch
import torch.nn.functional as nnf

import make_data
from make_data import CHANNELS, CLASSES, GRID, TOKENS

D, BLOCKS, HEADS, HEAD, WIDE = 128, 4, 4, 32, 512
FEATURES, EPS = 32, 1e-5
NO_CLASS = CLASSES  # the class of unconditional samples, for guidance
# Vectors of AdaLN: gain, shift and gate of attention and of the wide layer in every block,
# then gain and shift before the last projection.
MODULATIONS = 6 * BLOCKS + 2
PAIRS = (4, 6, 6)  # rotated pairs of a head for t, y and x
F32 = torch.float32


def shapes():
    """Name -> shape of every parameter."""
    out = {"in.weight": (D, CHANNELS), "in.bias": (D,), "class.weight": (CLASSES + 1, D),
           "time.weight": (D, FEATURES), "cond.weight": (D, D), "cond.bias": (D,),
           "mod.weight": (MODULATIONS * D, D), "mod.bias": (MODULATIONS * D,),
           "out.weight": (CHANNELS, D), "out.bias": (CHANNELS,)}
    out.update({f"position.{axis}": (n, D) for axis, n in zip("tyx", GRID)})
    for i in range(BLOCKS):
        block = {"q_norm": (HEAD,), "k_norm": (HEAD,), "up.weight": (WIDE, D),
                 "down.weight": (D, WIDE)}
        block.update({f"{c}.weight": (D, D) for c in "qkvo"})
        out.update({f"{i}.{name}": shape for name, shape in block.items()})
    return out


def init_params():
    p = {}
    for name, shape in shapes().items():
        if name.endswith("_norm"):
            value = torch.ones(shape)
        elif name == "mod.bias":  # gains are one, shifts and gates zero
            gain = [1 if i % 3 == 0 else 0 for i in range(MODULATIONS)]
            value = torch.tensor(gain, dtype=F32).repeat_interleave(D)
        elif name in ("mod.weight", "out.weight") or name.endswith(".bias"):
            value = torch.zeros(shape)
        elif name.startswith("position."):
            value = torch.randn(shape) * 0.3
        elif name == "class.weight":
            value = torch.randn(shape) * 0.5
        else:
            value = torch.randn(shape) * shape[-1] ** -0.5
        p[name] = value
    return p


def rotary_tables():
    """Cosines and sines [TOKENS, HEAD / 2] of the grid positions."""
    return tuple(torch.from_numpy(table) for table in make_data.rotations(PAIRS))


def position_table(p):
    """What the place in the grid adds to a row [TOKENS, D]: one part an axis, and a bias."""
    if "position" in p:  # stored weights have the sum
        return p["position"]
    t, y, x = p["position.t"], p["position.y"], p["position.x"]
    return (t[:, None, None] + y[None, :, None] + x[None, None] + p["in.bias"]).reshape(TOKENS, D)


def rms(x):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + EPS)


def rotate(x, cos, sin):
    """[b, m, heads, HEAD]; element i of a head is paired with element i + HEAD / 2."""
    lo, hi = x.chunk(2, -1)
    return torch.cat([lo * cos - hi * sin, hi * cos + lo * sin], -1)


def condition(p, sigma, label):
    """The conditioning vector [b, D] of noise levels [b] and classes [b]."""
    centre = torch.linspace(0, 1, FEATURES)
    features = torch.exp(-(((sigma[:, None] - centre) * 24) ** 2))
    c = nnf.silu(features @ p["time.weight"].t() + p["class.weight"][label])
    return nnf.silu(c @ p["cond.weight"].t() + p["cond.bias"])


def attend(x, p, i, cos, sin):
    b, m, _ = x.shape
    q, k, v = ((x @ p[f"{i}.{c}.weight"].t()).view(b, m, HEADS, HEAD) for c in "qkv")
    q = rotate(rms(q) * p[f"{i}.q_norm"], cos, sin)
    k = rotate(rms(k) * p[f"{i}.k_norm"], cos, sin)
    o = nnf.scaled_dot_product_attention(*(a.transpose(1, 2) for a in (q, k, v)))
    return o.transpose(1, 2).reshape(b, m, D) @ p[f"{i}.o.weight"].t()


def forward(p, x, index, sigma, label, tables):
    """Predicted x0 of rows x [b, m, CHANNELS] at grid places index [b, m].

    tables = rotary_tables(); sigma [b]; label [b], NO_CLASS for none.
    """
    c = condition(p, sigma, label)
    cos, sin = (t[index][:, :, None] for t in tables)
    h = x @ p["in.weight"].t() + position_table(p)[index]
    mod = (c @ p["mod.weight"].t() + p["mod.bias"])[:, None].chunk(MODULATIONS, -1)
    for i in range(BLOCKS):
        gain, shift, gate = mod[6 * i : 6 * i + 3]
        h = h + gate * attend(rms(h) * gain + shift, p, i, cos, sin)
        gain, shift, gate = mod[6 * i + 3 : 6 * i + 6]
        y = (rms(h) * gain + shift) @ p[f"{i}.up.weight"].t()
        h = h + gate * (nnf.relu(y).square() @ p[f"{i}.down.weight"].t())
    gain, shift = mod[-2:]
    return (rms(h) * gain + shift) @ p["out.weight"].t() + p["out.bias"]

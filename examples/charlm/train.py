"""Trains the charlm example: a ternary mixture-of-experts language model of characters.

The model is what reference.py computes; here the ternary matrices have float32
masters, trained with straight-through gradients. The forward products are exact
int8 products, as in inference; gradients and the attention products of a training
step are bfloat16, and the evaluation uses float32 attention. The learning rate
falls linearly to zero over a wall-clock budget, so that the result depends on the
machine but the schedule always ends.

One thread is enough of a model for one core; large thresholds keep malloc from
returning the step's buffers to the system after every step:
  MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 \\
  MALLOC_TOP_PAD_=268435456 python train.py --batch=4 --minutes=95

The weights beside this file are of such a run on a shared core, resumed from its
saved state on the way: 11221 steps of 4 sequences, 22980608 characters (5.8 times
the training text), 1.3430 bits per character on the held-out text.
"""

import argparse
import math
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as nnf

import make_data

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import safetensors_io  # noqa: E402

D, BLOCKS, HEADS, KV_HEADS, HEAD_DIM = 128, 4, 4, 2, 32
LATENT, EXPERTS, TOP_K, EXPERT_WIDTH, SHARED_WIDTH = 64, 32, 4, 128, 256
ROUTED_SCALE, EPS, CONTEXT, QUERY_BLOCK = 2.5, 1e-5, 512, 128
MUON_LR, MUON_DECAY, MUON_MOMENTUM, ADAM_LR, BIAS_STEP, WARMUP = 2e-2, 0.1, 0.95, 5e-3, 1e-2, 50
BF16, F32 = torch.bfloat16, torch.float32
# Matrices that share their input are trained as one; each part keeps its own scale.
PARTS = {"attn.qkv": (128, 64, 64), "attn.o": (128,), "moe.in": (64, 256), "moe.up": (128,),
         "moe.shared.down": (128,)}


# Elementwise pieces, each fused into one pass.


@torch.compile(dynamic=False)
def norm_quant(x, gain):
    """RMSNorm and quantisation: int8 rows, their scale, 1/rms, normed x, dequantised x."""
    inv = 1 / torch.sqrt((x * x).mean(-1, keepdim=True) + EPS)
    xn = x * inv * gain
    a = xn.abs().amax(-1, keepdim=True).clamp_min(1e-5)
    q = (xn * (127 / a)).round().clamp(-128, 127)
    return q.to(torch.int8), a / 127, inv, xn, (q * (a / 127)).to(BF16)


@torch.compile(dynamic=False)
def norm_back(dxn, x, inv, gain):
    xhat = x * inv
    d = dxn * gain
    return inv * (d - xhat * (d * xhat).mean(-1, keepdim=True)), (dxn * xhat).sum(0)


@torch.compile(dynamic=False)
def scale_relu2_quant(acc, scale):
    """relu(acc * scale)^2, quantised; also the relu, which the gradient needs."""
    t = (acc.to(F32) * scale).relu()
    r = t * t
    a = r.amax(-1, keepdim=True).clamp_min(1e-5)
    q = (r * (127 / a)).round().clamp(-128, 127)
    return q.to(torch.int8), a / 127, t.to(BF16), (q * (a / 127)).to(BF16)


@torch.compile(dynamic=False)
def scaled(acc, row, col):
    return acc.to(F32) * (row * col)


@torch.compile(dynamic=False)
def relu2_back(dr, t):
    return (dr.to(F32) * (2 * t.to(F32))).to(BF16)


@torch.compile(dynamic=False)
def ternary(w):
    """int8 weights, scale, and the dequantised bfloat16 weights of matrices [..., n, k]."""
    s = w.abs().mean((-2, -1), keepdim=True).clamp_min(1e-5)
    q = (w * (1 / s)).round().clamp(-1, 1)
    return q.to(torch.int8), s, (q * s).to(BF16)


@torch.compile(dynamic=False)
def combine(ys, inverse, w):
    n, k = w.shape
    return (ys[inverse].view(n, k, -1).to(F32) * w[:, :, None]).sum(1)


@torch.compile(dynamic=False)
def spread(dout, token, w_sorted):
    return (dout[token] * w_sorted).to(BF16)


@torch.compile(dynamic=False)
def combine_back(dout, ys, dzs, inverse):
    """Gradient of the weights of the chosen experts, and of the latent rows."""
    n, width = dout.shape
    dw = (ys[inverse].view(n, -1, width).to(F32) * dout[:, None, :]).sum(2)
    return dw, dzs[inverse].view(n, -1, width).to(F32).sum(1)


@torch.compile(dynamic=False)
def causal_softmax(s, start):
    """Softmax of scores [g, 2 * rows, cols] of the queries start .. start + rows."""
    rows = s.shape[1] // 2
    at = start + torch.arange(s.shape[1], device=s.device) % rows
    masked = torch.arange(s.shape[2], device=s.device)[None, :] > at[:, None]
    s = (s.to(F32) * HEAD_DIM ** -0.5).masked_fill(masked, -math.inf)
    e = (s - s.amax(-1, keepdim=True)).exp()
    return (e / e.sum(-1, keepdim=True)).to(BF16)


@torch.compile(dynamic=False)
def softmax_back(p, dp):
    p, dp = p.to(F32), dp.to(F32)
    return (p * (dp - (p * dp).sum(-1, keepdim=True)) * HEAD_DIM ** -0.5).to(BF16)


@torch.compile(dynamic=False)
def head_norm_rope(qkv, q_gain, k_gain, cos, sin):
    """Splits q, k, v of [b, t, 256]; normalises and rotates q and k per head."""
    b, t, _ = qkv.shape
    x = qkv[..., :192].reshape(b, t, 6, HEAD_DIM)
    gain = torch.cat([q_gain.expand(HEADS, -1), k_gain.expand(KV_HEADS, -1)])
    x = x * (1 / torch.sqrt((x * x).mean(-1, keepdim=True) + EPS)) * gain
    lo, hi = x[..., :16], x[..., 16:]
    x = torch.cat([lo * cos - hi * sin, hi * cos + lo * sin], -1)
    return (x[:, :, :4].transpose(1, 2).contiguous(), x[:, :, 4:].transpose(1, 2).contiguous(),
            qkv[..., 192:].reshape(b, t, KV_HEADS, HEAD_DIM).transpose(1, 2).contiguous())


def ternary_parts(w, parts):
    """Like ternary(), for matrices stacked along their rows; one scale per output column."""
    pieces = [ternary(p) for p in w.split(parts)]
    col = torch.cat([s.reshape(1).expand(n) for (_, s, _), n in zip(pieces, parts)])
    return torch.cat([p[0] for p in pieces]), col, torch.cat([p[2] for p in pieces])


class NormBitLinear(torch.autograd.Function):
    """(rmsnorm(x, gain), BitLinear of it in pieces of the widths `outputs`)."""

    @staticmethod
    def forward(ctx, x, gain, w, parts, outputs):
        ctx.set_materialize_grads(False)
        q, a, inv, xn, xdq = norm_quant(x, gain)
        wq, col, wdq = ternary_parts(w, parts)
        ctx.save_for_backward(x, gain, inv, xdq, wdq)
        acc = torch._int_mm(q, wq.t())
        pieces = zip(acc.split(outputs, 1), col.split(outputs))
        return xn, *(scaled(piece, a, c) for piece, c in pieces)

    @staticmethod
    def backward(ctx, dxn, *dy):
        x, gain, inv, xdq, wdq = ctx.saved_tensors
        dy = dy[0].to(BF16) if len(dy) == 1 else torch.cat([d.to(BF16) for d in dy], 1)
        dxn = (dy @ wdq).to(F32) if dxn is None else dxn + dy @ wdq
        dx, dgain = norm_back(dxn, x, inv, gain)
        return dx, dgain, dy.t() @ xdq, None, None


class Relu2BitLinear(torch.autograd.Function):
    """BitLinear of relu(x)^2."""

    @staticmethod
    def forward(ctx, x, w):
        q, a, t, rdq = scale_relu2_quant(x, torch.ones(1))
        wq, s, wdq = ternary(w)
        ctx.save_for_backward(t, rdq, wdq)
        return scaled(torch._int_mm(q, wq.t()), a, s.reshape(1))

    @staticmethod
    def backward(ctx, dy):
        t, rdq, wdq = ctx.saved_tensors
        dy = dy.to(BF16)
        return relu2_back(dy @ wdq, t), dy.t() @ rdq


class Experts(torch.autograd.Function):
    """sum_i w_i expert_i(rmsnorm(x, gain)); a loop over experts on rows sorted by expert."""

    @staticmethod
    def forward(ctx, x, gain, up, down, chosen, w):
        zq, a, inv, _, zdq = norm_quant(x, gain)
        (uq, su, udq), (dq, sd, ddq) = ternary(up), ternary(down)
        flat = chosen.reshape(-1)
        expert, perm = flat.sort(stable=True)
        inverse = torch.empty_like(perm)
        inverse[perm] = torch.arange(len(perm))
        token = perm // TOP_K
        ends = [0] + torch.bincount(flat, minlength=EXPERTS).cumsum(0).tolist()
        spans = [(e, slice(ends[e], ends[e + 1])) for e in range(EXPERTS) if ends[e] < ends[e + 1]]
        zs = zq.index_select(0, token)
        acc = torch.empty(len(flat), EXPERT_WIDTH, dtype=torch.int32)
        for e, at in spans:
            torch._int_mm(zs[at], uq[e].t(), out=acc[at])
        rq, ar, t, rdq = scale_relu2_quant(acc, a.index_select(0, token) * su.view(-1, 1).index_select(0, expert))
        acc = torch.empty(len(flat), LATENT, dtype=torch.int32)
        for e, at in spans:
            torch._int_mm(rq[at], dq[e].t(), out=acc[at])
        ys = scaled(acc, ar, sd.view(-1, 1).index_select(0, expert))
        ctx.save_for_backward(x, gain, inv, zdq, t, rdq, udq, ddq, ys, w, perm, inverse, token)
        ctx.spans = spans
        return combine(ys, inverse, w)

    @staticmethod
    def backward(ctx, dout):
        x, gain, inv, zdq, t, rdq, udq, ddq, ys, w, perm, inverse, token = ctx.saved_tensors
        dys = spread(dout, token, w.reshape(-1)[perm][:, None])
        dup, ddown = torch.empty_like(udq), torch.empty_like(ddq)
        for e in set(range(EXPERTS)) - {e for e, _ in ctx.spans}:
            dup[e], ddown[e] = 0, 0
        dr = torch.empty_like(t)
        for e, at in ctx.spans:
            torch.mm(dys[at], ddq[e], out=dr[at])
            torch.mm(dys[at].t(), rdq[at], out=ddown[e])
        dh = relu2_back(dr, t)
        zs, dzs = zdq.index_select(0, token), torch.empty_like(dys)
        for e, at in ctx.spans:
            torch.mm(dh[at], udq[e], out=dzs[at])
            torch.mm(dh[at].t(), zs[at], out=dup[e])
        dw, dz = combine_back(dout, ys, dzs, inverse)
        dx, dgain = norm_back(dz, x, inv, gain)
        return dx, dgain, dup, ddown, None, dw


class Attention(torch.autograd.Function):
    """Causal grouped-query attention in bfloat16, by blocks of queries up to the diagonal."""

    @staticmethod
    def forward(ctx, q, k, v):
        b, _, t, _ = q.shape
        g = b * KV_HEADS
        q = q.to(BF16).view(g, 2, t, HEAD_DIM)
        k, v = k.to(BF16).view(g, t, HEAD_DIM), v.to(BF16).view(g, t, HEAD_DIM)
        out, ps = torch.empty(g, 2, t, HEAD_DIM, dtype=BF16), []
        for lo in range(0, t, QUERY_BLOCK):
            hi = lo + QUERY_BLOCK
            qi = q[:, :, lo:hi].reshape(g, 2 * QUERY_BLOCK, HEAD_DIM)
            p = causal_softmax(qi @ k[:, :hi].transpose(1, 2), lo)
            out[:, :, lo:hi] = (p @ v[:, :hi]).view(g, 2, QUERY_BLOCK, HEAD_DIM)
            ps.append(p)
        ctx.save_for_backward(q, k, v, *ps)
        return out.view(b, HEADS, t, HEAD_DIM).to(F32)

    @staticmethod
    def backward(ctx, dout):
        q, k, v, *ps = ctx.saved_tensors
        g, _, t, _ = q.shape
        dout = dout.to(BF16).reshape(g, 2, t, HEAD_DIM)
        dq, dk, dv = torch.empty(q.shape), torch.zeros(k.shape), torch.zeros(v.shape)
        for lo, p in zip(range(0, t, QUERY_BLOCK), ps):
            hi = lo + QUERY_BLOCK
            qi = q[:, :, lo:hi].reshape(g, 2 * QUERY_BLOCK, HEAD_DIM)
            do = dout[:, :, lo:hi].reshape(g, 2 * QUERY_BLOCK, HEAD_DIM)
            dv[:, :hi] += p.transpose(1, 2) @ do
            ds = softmax_back(p, do @ v[:, :hi].transpose(1, 2))
            dq[:, :, lo:hi] = (ds @ k[:, :hi]).view(g, 2, QUERY_BLOCK, HEAD_DIM)
            dk[:, :hi] += ds.transpose(1, 2) @ qi
        b = g // KV_HEADS
        return (dq.view(b, HEADS, t, HEAD_DIM), dk.view(b, KV_HEADS, t, HEAD_DIM),
                dv.view(b, KV_HEADS, t, HEAD_DIM))


def init_params(vocabulary):
    def normal(*shape, scale=1.0):
        return torch.randn(shape) * (scale * shape[-1] ** -0.5)

    p = {"embed": torch.randn(vocabulary, D) * 0.5, "final.norm": torch.ones(D),
         "head": normal(vocabulary, D, scale=0.5)}
    for i in range(BLOCKS):
        block = {
            "attn.norm": torch.ones(D), "attn.qkv": normal(256, D),
            "attn.q_norm": torch.ones(HEAD_DIM), "attn.k_norm": torch.ones(HEAD_DIM),
            "attn.o.norm": torch.ones(D), "attn.o": normal(D, D),
            "moe.norm": torch.ones(D), "moe.router": normal(EXPERTS, D, scale=0.3),
            "moe.in": normal(LATENT + SHARED_WIDTH, D), "moe.latent_norm": torch.ones(LATENT),
            "moe.experts.up": normal(EXPERTS, EXPERT_WIDTH, LATENT),
            "moe.experts.down": normal(EXPERTS, LATENT, EXPERT_WIDTH),
            "moe.combine_norm": torch.ones(LATENT), "moe.up": normal(D, LATENT),
            "moe.shared.down": normal(D, SHARED_WIDTH)}
        p.update({f"{i}.{name}": value for name, value in block.items()})
    return {name: value.requires_grad_() for name, value in p.items()}


def is_ternary(name):
    tail = name.split(".", 1)[1] if "." in name else name
    return tail in PARTS or tail.startswith("moe.experts.")


def rope_tables(t):
    angle = np.arange(t)[:, None] * 10000.0 ** (-np.arange(16) / 16)
    return [torch.tensor(f(angle), dtype=F32)[:, None, :] for f in (np.cos, np.sin)]


def forward(p, biases, x, exact=False):
    """Logits [b, t, v] and the number of tokens of every expert [BLOCKS, EXPERTS]."""
    b, t = x.shape
    cos, sin = rope_tables(t)
    h = nnf.embedding(x, p["embed"]).view(b * t, D)
    loads = []
    for i in range(BLOCKS):
        w = {name: p[f"{i}.{name}"] for name in BLOCK_NAMES}
        _, qkv = NormBitLinear.apply(h, w["attn.norm"], w["attn.qkv"], PARTS["attn.qkv"],
                                     (256,))
        q, k, v = head_norm_rope(qkv.view(b, t, 256), w["attn.q_norm"], w["attn.k_norm"], cos, sin)
        if exact:
            o = nnf.scaled_dot_product_attention(
                q, k.repeat_interleave(2, 1), v.repeat_interleave(2, 1), is_causal=True)
        else:
            o = Attention.apply(q, k, v)
        o = o.transpose(1, 2).reshape(b * t, D)
        h = h + NormBitLinear.apply(o, w["attn.o.norm"], w["attn.o"], PARTS["attn.o"], (D,))[1]

        xn, latent, wide = NormBitLinear.apply(h, w["moe.norm"], w["moe.in"], PARTS["moe.in"],
                                               PARTS["moe.in"])
        prob = torch.sigmoid(xn @ w["moe.router"].t())
        chosen = (prob.detach() + biases[i]).topk(TOP_K, dim=1).indices
        weight = prob.gather(1, chosen)
        weight = ROUTED_SCALE * weight / (weight.sum(1, keepdim=True) + 1e-20)
        u = Experts.apply(latent, w["moe.latent_norm"], w["moe.experts.up"],
                          w["moe.experts.down"], chosen, weight)
        routed = NormBitLinear.apply(u, w["moe.combine_norm"], w["moe.up"], PARTS["moe.up"],
                                     (D,))[1]
        shared = Relu2BitLinear.apply(wide, w["moe.shared.down"])
        h = h + (routed + shared)
        loads.append(torch.bincount(chosen.reshape(-1), minlength=EXPERTS))
    inv = 1 / torch.sqrt((h * h).mean(-1, keepdim=True) + EPS)
    return (h * inv * p["final.norm"]) @ p["head"].t(), torch.stack(loads)


BLOCK_NAMES = ("attn.norm", "attn.qkv", "attn.q_norm", "attn.k_norm", "attn.o.norm", "attn.o",
               "moe.norm", "moe.router", "moe.in", "moe.latent_norm", "moe.experts.up",
               "moe.experts.down", "moe.combine_norm", "moe.up", "moe.shared.down")


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
            value.mul_(1 - lr * MUON_DECAY)
            parts = PARTS.get(name.split(".", 1)[1])
            pairs = zip(value.split(parts), update.split(parts)) if parts else [(value, update)]
            for target, piece in pairs:
                shape = piece.shape[-2:]
                groups.setdefault(shape, []).append((target, piece.reshape(-1, *shape)))
        for (rows, cols), members in groups.items():
            x = torch.cat([piece for _, piece in members]).to(BF16)
            x = x.transpose(1, 2).contiguous() if rows > cols else x
            x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
            for _ in range(5):
                a = x @ x.transpose(1, 2)
                x = torch.baddbmm(x, torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315), x,
                                  beta=3.4445)
            x = x.transpose(1, 2) if rows > cols else x
            sizes = [len(piece) for _, piece in members]
            for (target, _), o in zip(members, x.split(sizes)):
                target.sub_(o.reshape(target.shape), alpha=lr * max(1, rows / cols) ** 0.5)


def export(p, biases, alphabet):
    """The tensors as they are stored: int8 ternary weights and their scales."""
    out = {"embed.weight": p["embed"], "final.norm": p["final.norm"], "head.weight": p["head"]}
    for i in range(BLOCKS):
        for name in BLOCK_NAMES:
            full, value = f"{i}.{name}", p[f"{i}.{name}"].detach()
            if name.startswith("moe.experts."):
                q, s, _ = ternary(value)
                out[f"{full}.weight"], out[f"{full}.scale"] = q, s.reshape(-1)
            elif name in PARTS:
                names = {"attn.qkv": ("attn.q", "attn.k", "attn.v"),
                         "moe.in": ("moe.down", "moe.shared.up")}.get(name, (name,))
                for part, piece in zip(names, value.split(PARTS[name])):
                    q, s, _ = ternary(piece)
                    out[f"{i}.{part}.weight"], out[f"{i}.{part}.scale"] = q, s.reshape(())
            else:
                out[full + ".weight" if name == "moe.router" else full] = value
        # The mean of the biases changes no choice.
        out[f"{i}.moe.router.bias"] = biases[i] - biases[i].mean()
    tensors = {name: value.detach().numpy() for name, value in out.items()}
    tensors["alphabet"] = np.frombuffer(alphabet.encode("ascii"), np.uint8)
    return tensors


def evaluate(p, biases, tokens, windows):
    """Bits per character over the first windows of CONTEXT characters, and the loads."""
    rows = tokens[: len(tokens) // CONTEXT * CONTEXT].view(-1, CONTEXT)[:windows]
    total, count, loads = 0.0, 0, torch.zeros(BLOCKS, EXPERTS, dtype=torch.long)
    with torch.no_grad():
        for batch in rows.split(8):
            # Batches of another size would only compile the fused pieces again.
            x = nnf.pad(batch, (0, 0, 0, 8 - len(batch)))
            logits, load = forward(p, biases, x, exact=True)
            loads += load if len(batch) == 8 else 0
            logits = logits.view(8, CONTEXT, -1)[: len(batch), :-1]
            total += nnf.cross_entropy(logits.reshape(-1, logits.shape[-1]).double(),
                                       batch[:, 1:].reshape(-1), reduction="sum").item()
            count += batch[:, 1:].numel()
    return total / count / math.log(2), loads


def batches(tokens, size, rng):
    """Endless batches; every epoch cuts the text at another offset and shuffles the pieces."""
    while True:
        starts = np.arange(rng.integers(CONTEXT), len(tokens) - CONTEXT, CONTEXT)
        rng.shuffle(starts)
        for i in range(0, len(starts) - size + 1, size):
            yield torch.stack([tokens[s : s + CONTEXT + 1] for s in starts[i : i + size].tolist()])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "charlm.safetensors")
    parser.add_argument("--minutes", type=float, default=75, help="wall-clock budget")
    parser.add_argument("--batch", type=int, default=8, help="sequences of 512 a step")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=pathlib.Path,
                        help="file for the training state; training goes on from it if it exists")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    text, held, alphabet = make_data.load_split()
    code = {c: i for i, c in enumerate(alphabet)}
    train_tokens, held_tokens = (torch.tensor([code[c] for c in s]) for s in (text, held))

    p = init_params(len(alphabet))
    biases = torch.zeros(BLOCKS, EXPERTS)
    muon = Muon({n: v for n, v in p.items() if is_ternary(n)})
    rest = [v for n, v in p.items() if not is_ternary(n)]
    adam = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=0, fused=True)
    step, before = 0, 0.0
    if args.state and args.state.exists():
        state = torch.load(args.state)
        for name, value in p.items():
            value.data.copy_(state["params"][name])
            if name in muon.momentum:
                muon.momentum[name].copy_(state["momentum"][name])
        adam.load_state_dict(state["adam"])
        biases, step, before = state["biases"], state["step"], state["elapsed"]
        rng = np.random.default_rng(args.seed + step)

    def save(elapsed):
        temporary = args.out.with_suffix(".tmp")
        safetensors_io.save(temporary, export(p, biases, alphabet))
        temporary.replace(args.out)
        if args.state:
            torch.save({"params": p, "momentum": muon.momentum, "adam": adam.state_dict(),
                        "biases": biases, "step": step, "elapsed": elapsed}, args.state)

    budget, start, compiled = 60 * args.minutes, None, 0
    saved = evaluated = shown = before
    for batch in batches(train_tokens, args.batch, rng):
        logits, loads = forward(p, biases, batch[:, :-1])
        loss = nnf.cross_entropy(logits, batch[:, 1:].reshape(-1))
        for value in p.values():
            value.grad = None
        loss.backward()
        compiled += 1
        if compiled < 3:  # the first steps compile; they are not trained on and not timed
            evaluate(p, biases, held_tokens, 8)
            export(p, biases, alphabet)
            start = time.monotonic()
            continue
        elapsed = before + time.monotonic() - start
        decay = max(0.0, 1 - elapsed / budget)
        rate = min(1.0, (step + 1) / WARMUP) * decay
        with torch.no_grad():
            torch.nn.utils.clip_grad_norm_(p.values(), 1.0)
            muon.step(MUON_LR * rate)
            adam.param_groups[0]["lr"] = ADAM_LR * rate
            adam.step()
            mean = loads.float().mean(1, keepdim=True)
            biases += BIAS_STEP * decay * torch.sign(mean - loads)
            biases -= biases.mean(1, keepdim=True)
        step += 1
        if elapsed - shown >= 15:
            shown = elapsed
            uneven = ", ".join(f"{v:.2f}" for v in (loads.amax(1) / mean[:, 0]).tolist())
            print(f"{elapsed:6.0f} s, step {step}, {step * batch[:, 1:].numel() / 1e6:.2f} M "
                  f"characters: {loss.item() / math.log(2):.3f} bits, load max/mean {uneven}",
                  flush=True)
        if elapsed - evaluated >= 300:
            evaluated = elapsed
            bits, _ = evaluate(p, biases, held_tokens, 64)
            print(f"{elapsed:6.0f} s, step {step}: held out {bits:.4f} bits, 64 windows", flush=True)
        if elapsed - saved >= 180:
            saved = elapsed
            save(elapsed)
        if decay == 0:
            break
    save(elapsed)
    bits, loads = evaluate(p, biases, held_tokens, None)
    uneven = loads.amax(1) / loads.float().mean(1)
    print(f"{step} steps, {step * batch[:, 1:].numel()} characters, {elapsed:.0f} s: held out "
          f"{bits:.4f} bits per character; load max/mean "
          + ", ".join(f"{v:.2f}" for v in uneven.tolist()))


if __name__ == "__main__":
    main()

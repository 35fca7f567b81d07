# RUN: %python %s %llvm_bin/../lib %shlibext | FileCheck %s
# CHECK: {{[0-9]+}} results agree
"""The Mamba-2 ops and the whole mixer on the reference path. The oracle is written here
from the definitions, in float64, and takes a sequence at once with a history of all
inputs, where the ops take it in parts with states."""
import math
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from cases import Cases, tensor  # noqa: E402

cases = Cases(5)
draw, test = cases.draw, cases.test


def silu(v):
    return v / (1 + math.exp(-v))


def convolve(history, weight, bias, steps):
    """The last `steps` outputs; `history` begins early enough."""
    width = len(weight[0])
    result = []
    for t in range(len(history) - steps, len(history)):
        result.append([silu(bias[c] + sum(weight[c][j] * history[t - (width - 1) + j][c] for j in range(width)))
                       for c in range(len(weight))])
    return result


def scan(x, dt, b, c, a_log, dt_bias, skip, state, least=0.0):
    """Each output as a sum over the steps before it, not as a recurrence."""
    heads, shared = len(state), len(state) // len(b[0])
    size = [[max(math.log1p(math.exp(dt[t][h] + dt_bias[h])), least) for h in range(heads)] for t in range(len(x))]

    def kept(h, after, upto):
        return math.exp(-math.exp(a_log[h]) * sum(size[t][h] for t in range(after + 1, upto + 1)))

    def state_at(t, h, p, n):
        return kept(h, -1, t) * state[h][p][n] + sum(
            kept(h, j, t) * size[j][h] * x[j][h][p] * b[j][h // shared][n] for j in range(t + 1))

    values, states = range(len(state[0])), range(len(state[0][0]))
    y = [[[sum(c[t][h // shared][n] * state_at(t, h, p, n) for n in states) + skip[h] * x[t][h][p] for p in values]
          for h in range(heads)] for t in range(len(x))]
    return y, [[[state_at(len(x) - 1, h, p, n) for n in states] for p in values] for h in range(heads)]


def gated_norm(y, z, gain, groups, eps):
    result, width = [], len(gain) // groups
    for row, gate in zip(y, z):
        u = [a * silu(g) for a, g in zip(row, gate)]
        result.append([])
        for g in range(groups):
            part = u[g * width:(g + 1) * width]
            inverse = 1 / math.sqrt(sum(v * v for v in part) / width + eps)
            result[-1] += [v * inverse * gain[g * width + i] for i, v in enumerate(part)]
    return result


# ---- causal_conv: several steps, fewer steps than the window, one step -------------------

for name, steps, channels, width in (("conv", 5, 6, 4), ("conv_short", 2, 3, 4), ("conv_one", 1, 5, 3), ("conv_two", 4, 2, 2)):
    history, weight, bias = draw(width - 1 + steps, channels), draw(channels, width), draw(channels)
    x, w = f"tensor<?x{channels}xf32>", f"tensor<{channels}x{width}xf32>"
    vector, state = f"tensor<{channels}xf32>", f"tensor<{width - 1}x{channels}xf32>"
    test(name, [tensor(history[width - 1:], steps, channels), tensor(weight, channels, width), tensor(bias, channels),
                tensor(history[:width - 1], width - 1, channels)], [x, w, vector, state],
         f"  %y, %y1 = latent.causal_conv %a0, %a1, %a2 state(%a3) : {x}, {w}, {vector}, {state}", [x, state],
         [convolve(history, weight, bias, steps), history[steps:]])

# ---- scan: groups, states that are no multiple of 16, a clamp, one step -----------------

for name, steps, heads, values, groups, states, least in (
        ("scan", 5, 4, 3, 2, 7, None), ("scan_wide", 3, 2, 2, 1, 37, None), ("scan_one", 1, 3, 4, 3, 16, None),
        ("scan_clamp", 4, 2, 2, 2, 4, 0.75)):
    x, dt, b, c = (draw(steps, heads, values), draw(steps, heads), draw(steps, groups, states),
                   draw(steps, groups, states))
    a_log, dt_bias, skip, state = draw(heads), draw(heads), draw(heads), draw(heads, values, states)
    types = [f"tensor<?x{heads}x{values}xf32>", f"tensor<?x{heads}xf32>", f"tensor<?x{groups}x{states}xf32>",
             f"tensor<?x{groups}x{states}xf32>", *[f"tensor<{heads}xf32>"] * 3, f"tensor<{heads}x{values}x{states}xf32>"]
    clamp = f" min_step({least})" if least else ""
    test(name, [tensor(x, steps, heads, values), tensor(dt, steps, heads), tensor(b, steps, groups, states),
                tensor(c, steps, groups, states), tensor(a_log, heads), tensor(dt_bias, heads), tensor(skip, heads),
                tensor(state, heads, values, states)], types,
         f"  %y, %y1 = latent.scan %a0, %a1, %a2, %a3 heads(%a4, %a5, %a6) state(%a7){clamp} : "
         f"{types[0]}, {types[1]}, {types[2]}, {types[4]}, {types[7]}", [types[0], types[7]],
         list(scan(x, dt, b, c, a_log, dt_bias, skip, state, least or 0.0)))

# ---- gated_norm -------------------------------------------------------------------------

for name, groups, columns in (("gated_norm", 3, 15), ("gated_norm_one", 1, 20), ("gated_norm_even", 2, 32)):
    y, z, gain = draw(3, columns), draw(3, columns), draw(columns)
    x, vector = f"tensor<?x{columns}xf32>", f"tensor<{columns}xf32>"
    test(name, [tensor(y, 3, columns), tensor(z, 3, columns), tensor(gain, columns)], [x, x, vector],
         f"  %y = latent.gated_norm groups({groups}) %a0, %a1, %a2 {{eps = 0.25 : f32}} : {x}, {vector}", x,
         gated_norm(y, z, gain, groups, 0.25))

# ---- the mixer: columns in their order, norm and residual, a state from before ----------

heads, values, groups, states, d, steps, width = 4, 3, 2, 5, 6, 4, 4
inner, shared = heads * values, groups * states
channels, outputs = inner + 2 * shared, 2 * inner + 2 * shared + heads
h, gain, project_in = draw(steps, d), draw(d), draw(outputs, d)
weight, bias, before = draw(channels, width), draw(channels), draw(width - 1, channels)
a_log, dt_bias, skip, gate_gain = draw(heads), draw(heads), draw(heads), draw(inner)
project_out, state = draw(d, inner), draw(heads, values, states)


def mixer(normed, residual):
    rows = h
    if normed:
        rows = [[v * g / math.sqrt(sum(u * u for u in row) / d + 1e-5) for v, g in zip(row, gain)] for row in h]
    p = [[sum(a * b for a, b in zip(row, r)) for r in project_in] for row in rows]
    history = before + [row[inner:inner + channels] for row in p]
    mixed = convolve(history, weight, bias, steps)

    def grid(row, from_, outer, size):
        return [row[from_ + i * size:from_ + (i + 1) * size] for i in range(outer)]

    y, after = scan([grid(row, 0, heads, values) for row in mixed], [row[inner + channels:] for row in p],
                    [grid(row, inner, groups, states) for row in mixed],
                    [grid(row, inner + shared, groups, states) for row in mixed], a_log, dt_bias, skip, state)
    u = gated_norm([sum(row, []) for row in y], [row[:inner] for row in p], gate_gain, groups, 1e-5)
    out = [[sum(a * b for a, b in zip(row, r)) for r in project_out] for row in u]
    if residual:
        out = [[a + b for a, b in zip(row, other)] for row, other in zip(h, out)]
    return [out, history[steps:], after]


def f32(*shape):
    return "tensor<" + "".join(f"{s}x" for s in shape) + "f32>"


arguments = [(h, (steps, d)), (gain, (d,)), (project_in, (outputs, d)), (weight, (channels, width)), (bias, (channels,)),
             (a_log, (heads,)), (dt_bias, (heads,)), (skip, (heads,)), (gate_gain, (inner,)), (project_out, (d, inner)),
             (before, (width - 1, channels)), (state, (heads, values, states))]
types = [f32("?", d)] + [f32(*shape) for _, shape in arguments[1:]]
for normed, residual in ((True, True), (False, False)):
    test(f"mamba_{int(normed)}", [tensor(value, *shape) for value, shape in arguments], types,
         f"  %y, %y1, %y2 = latent.mamba groups({groups}) %a0{f' norm(%a1 : {types[1]})' if normed else ''}"
         f" in_project(%a2 : {types[2]}) conv(%a3, %a4 : {types[3]}, {types[4]}) heads(%a5, %a6, %a7 : {types[5]})"
         f" gate_norm(%a8 : {types[8]}) out_project(%a9 : {types[9]}) states(%a10, %a11 : {types[10]}, {types[11]})"
         f"{' residual' if residual else ''} : {types[0]}", [types[0], types[10], types[11]], mixer(normed, residual))

cases.check(*sys.argv[1:], bound=4e-6)

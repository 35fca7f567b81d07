# RUN: %python %s %llvm_bin/../lib %shlibext | FileCheck %s
# CHECK: {{[0-9]+}} results agree
"""The latent ops around a block on the reference path: norms, embeddings, rotary
positions, attention, dropped slots. The oracle is written here from the definitions, in
float64."""
import math
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from cases import Cases, tensor  # noqa: E402
from tensors import INF, NAN  # noqa: E402

cases = Cases(77)
draw, test = cases.draw, cases.test

# ---- rms_norm, of matrices and of heads, with columns that are no multiple of 16 --------

def norm(x, gain, eps):
    inverse = 1 / math.sqrt(sum(v * v for v in x) / len(x) + eps)
    return [v * inverse * g for v, g in zip(x, gain)]


for m, k, eps in ((3, 37, 1e-5), (1, 16, 0.5), (2, 5, 1e-5)):
    x, gain = draw(m, k), draw(k)
    test(f"norm_{k}", [tensor(x, m, k), tensor(gain, k)], [f"tensor<?x{k}xf32>", f"tensor<{k}xf32>"],
         f"  %y = latent.rms_norm %a0, %a1 {{eps = {eps:e} : f32}} : tensor<?x{k}xf32>, tensor<{k}xf32>",
         f"tensor<?x{k}xf32>", [norm(row, gain, eps) for row in x])
x, gain = draw(3, 4, 20), draw(20)
test("norm_heads", [tensor(x, 3, 4, 20), tensor(gain, 20)], ["tensor<?x4x20xf32>", "tensor<20xf32>"],
     "  %y = latent.rms_norm %a0, %a1 : tensor<?x4x20xf32>, tensor<20xf32>", "tensor<?x4x20xf32>",
     [[norm(row, gain, 1e-5) for row in token] for token in x])

# ---- embed ------------------------------------------------------------------------------

table, ids = draw(9, 5), [8, 0, 3, 3]
test("embed", [tensor(ids, 4, kind="i32"), tensor(table, 9, 5)], ["tensor<?xi32>", "tensor<9x5xf32>"],
     "  %y = latent.embed %a0, %a1 : tensor<?xi32>, tensor<9x5xf32> -> tensor<?x5xf32>", "tensor<?x5xf32>",
     [table[i] for i in ids])

# ---- rotary: as complex numbers, x_i + i x_(i + D/2) times c + i s ----------------------

x, position = draw(3, 2, 6), 4
angles = [[0.3 * p / (i + 1) for i in range(3)] for p in range(8)]
rotated = []
for m, token in enumerate(x):
    rotated.append([])
    for head in token:
        z = [complex(head[i], head[i + 3]) * complex(math.cos(a), math.sin(a))
             for i, a in enumerate(angles[position + m])]
        rotated[-1].append([v.real for v in z] + [v.imag for v in z])
test("rotary", [tensor(x, 3, 2, 6), tensor([[math.cos(a) for a in r] for r in angles], 8, 3),
                tensor([[math.sin(a) for a in r] for r in angles], 8, 3), position],
     ["tensor<?x2x6xf32>", "tensor<8x3xf32>", "tensor<8x3xf32>", "index"],
     "  %y = latent.rotary %a0, %a1, %a2 at(%a3) : tensor<?x2x6xf32>, tensor<8x3xf32>", "tensor<?x2x6xf32>", rotated)

# ---- attention --------------------------------------------------------------------------

def attention(q, k, v, scale, length, causal):
    heads, groups = len(q[0]), len(k[0])
    result = []
    for m, token in enumerate(q):
        last = length - len(q) + m if causal else length - 1
        result.append([])
        for h, head in enumerate(token):
            g = h // (heads // groups)
            seen = range(min(length, last + 1))
            scores = [scale * sum(a * b for a, b in zip(head, k[j][g])) for j in seen]
            powers = [math.exp(s - max(scores)) for s in scores]
            result[-1].append([sum(p * v[j][g][c] for p, j in zip(powers, seen)) / sum(powers) if powers else 0.0
                               for c in range(len(v[0][0]))])
    return result


for name, m, heads, groups, keys, width, values, length, causal in (
        ("attention_all", 3, 4, 2, 7, 8, 5, None, False), ("attention_causal", 3, 4, 4, 7, 8, 8, None, True),
        ("attention_length", 2, 6, 2, 9, 4, 4, 6, False), ("attention_prompt", 5, 4, 1, 9, 4, 3, 5, True),
        ("attention_decode", 1, 4, 2, 9, 4, 4, 3, True), ("attention_blind", 4, 2, 1, 6, 4, 4, 2, True),
        ("attention_empty", 2, 2, 1, 6, 4, 4, 0, False)):
    q, k, v = draw(m, heads, width), draw(keys, groups, width), draw(keys, groups, values)
    want = attention(q, k, v, 0.5, keys if length is None else length, causal)
    # What stands behind the length in a cache was never written.
    for j in range(keys if length is None else length, keys):
        k[j] = [[NAN] * width for _ in range(groups)]
        v[j] = [[INF] * values for _ in range(groups)]
    types = [f"tensor<?x{heads}x{width}xf32>", f"tensor<{keys}x{groups}x{width}xf32>",
             f"tensor<{keys}x{groups}x{values}xf32>"]
    result = f"tensor<?x{heads}x{values}xf32>"
    test(name, [tensor(q, m, heads, width), tensor(k, keys, groups, width), tensor(v, keys, groups, values)]
         + ([] if length is None else [length]), types + ([] if length is None else ["index"]),
         f"  %y = latent.attention %a0, %a1, %a2{'' if length is None else ' length(%a3)'}{' causal' if causal else ''} "
         f"scale(0.5) : {', '.join(types)} -> {result}", result, want)

# ---- experts: slots that name no expert, and weights before the second product ----------

x, up, down, weights = draw(3, 6), draw(4, 5, 6), draw(4, 7, 5), draw(3, 2)
ids = [[3, -1], [4, 0], [2, 2147483647]]
slots = []
for row, chosen, given in zip(x, ids, weights):
    for e, weight in zip(chosen, given):
        if not 0 <= e < 4:
            slots.append([0.0] * 7)
            continue
        h = [max(sum(a * b for a, b in zip(row, r)), 0) ** 2 * weight for r in up[e]]
        slots.append([sum(a * b for a, b in zip(h, r)) for r in down[e]])
for columns in ("2", "?"):
    types = ["tensor<?x6xf32>", f"tensor<?x{columns}xi32>", "tensor<4x5x6xf32>", "tensor<4x7x5xf32>",
             f"tensor<?x{columns}xf32>"]
    test("experts" if columns == "2" else "experts_dynamic",
         [tensor(x, 3, 6), tensor(ids, 3, 2, kind="i32"), tensor(up, 4, 5, 6), tensor(down, 4, 7, 5),
          tensor(weights, 3, 2)], types,
         f"  %y = latent.experts <relu2> %a0, %a1 up(%a2 : {types[2]}) down(%a3 : {types[3]}) weights(%a4 : {types[4]})"
         f" : {types[0]}, {types[1]} -> tensor<?x{columns}x7xf32>", f"tensor<?x{columns}x7xf32>", slots)

# ---- combine, with and without weights, and a projection with its norm ------------------

e, w = draw(3, 4, 5), draw(3, 4)
for name, given in (("combine", w), ("combine_plain", [[1.0] * 4] * 3)):
    weighted = name == "combine"
    types = ["tensor<?x4x5xf32>", "tensor<?x4xf32>"][:2 if weighted else 1]
    test(name, [tensor(e, 3, 4, 5), tensor(w, 3, 4)][:len(types)], types,
         f"  %y = latent.combine %a0{', %a1' if weighted else ''} : {', '.join(types)} -> tensor<?x5xf32>",
         "tensor<?x5xf32>", [[sum(given[m][j] * e[m][j][c] for j in range(4)) for c in range(5)] for m in range(3)])
x, weight, gain = draw(2, 19), draw(4, 19), draw(19)
test("project", [tensor(x, 2, 19), tensor(weight, 4, 19), tensor(gain, 19)],
     ["tensor<2x19xf32>", "tensor<4x19xf32>", "tensor<19xf32>"],
     "  %y = latent.project %a0, %a1 norm(%a2 : tensor<19xf32>) {eps = 0.25 : f32}"
     " : tensor<2x19xf32>, tensor<4x19xf32> -> tensor<2x4xf32>", "tensor<2x4xf32>",
     [[sum(a * b for a, b in zip(norm(row, gain, 0.25), r)) for r in weight] for row in x])

cases.check(*sys.argv[1:], bound=2e-6)

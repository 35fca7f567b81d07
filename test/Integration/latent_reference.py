# RUN: %python %s %llvm_bin/../lib %shlibext | FileCheck %s
# CHECK: {{[0-9]+}} blocks agree, ids exactly, values within {{.*}} of the largest
"""Mixture-of-experts blocks on the reference path against an oracle that is written
here from the definitions, in float64 and with nothing but Python.

The oracle rounds nothing but activations (to bytes) and the weights it is given. So ids
agree exactly only while no two scores are closer than float32 resolves, and values only
while no activation stands on the border of two bytes: inputs for which the oracle finds
either are drawn again. Exact ties are made on purpose, from equal rows of the router.
"""
import math
import os
import random
import re
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "differential"))
from reference import Failure, execute, run  # noqa: E402
from tensors import Tensor  # noqa: E402

libraries, suffix = sys.argv[1:]
BOUND = 2e-6
NAN, INF = float("nan"), float("inf")


class Close(Exception):
    """What float32 and float64 may see differently: draw other inputs."""


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


# ---- the oracle: rows are lists of floats, a weight is (rows, scale or None) ------------

def dot(u, v):
    return math.fsum(a * b for a, b in zip(u, v)) if all(map(math.isfinite, u)) else sum(a * b for a, b in zip(u, v))


def exp(x):
    return x if math.isnan(x) else math.exp(x) if x < 700 else INF


def rms_norm(x, gain, eps):
    inverse = 1 / math.sqrt(sum(v * v for v in x) / len(x) + eps)
    return [v * inverse * g for v, g in zip(x, gain)]


def quantize(x):
    """Bytes and their scale, by absmax."""
    g = max([1e-5] + [abs(v) for v in x if not math.isnan(v)])
    bytes_ = []
    for v in x:
        t = v * (127 / g)
        if math.isnan(t):
            bytes_.append(0)
            continue
        if abs(abs(t - math.floor(t)) - 0.5) < 1e-4:
            raise Close
        bytes_.append(max(-128, min(127, round(t))))
    return bytes_, g / 127


def linear(x, weight, scale_at=lambda scale, n: scale):
    rows, scale = weight
    if scale is None:
        return [dot(x, row) for row in rows]
    q, a = quantize(x)
    return [sum(u * v for u, v in zip(q, row)) * a * scale_at(scale, n) for n, row in enumerate(rows)]


def per_output(scale, n):
    return scale[n] if isinstance(scale, list) else scale


def sigmoid(x):
    return 1 / (1 + exp(-x))


def activate(kind, up, gate, limits):
    if kind == "relu2":
        return [max(u, 0.0) ** 2 if not math.isnan(u) else u for u in up]
    if kind == "silu_glu":
        return [g * sigmoid(g) * u for u, g in zip(up, gate)]
    if kind == "gelu_glu":
        return [0.5 * g * (1 + math.tanh(math.sqrt(2 / math.pi) * (g + 0.044715 * g ** 3))) * u
                for u, g in zip(up, gate)]
    a, b = limits
    return [a * math.tanh(g / a) * sigmoid(g) * b * math.tanh(u / b) for u, g in zip(up, gate)]


def softmax(x):
    top = NAN if any(map(math.isnan, x)) else max(x)
    powers = [exp(v - top) for v in x]
    return [v / sum(powers) for v in powers]


def order(values):
    """Numbers by descending value, then ascending, NaN last. Values are equal or apart."""
    numbers = sorted((i for i, v in enumerate(values) if not math.isnan(v)), key=lambda i: (-values[i], i))
    for i, j in zip(numbers, numbers[1:]):
        if 0 < values[i] - values[j] < 1e-5 * max(1.0, abs(values[i])):
            raise Close
    return numbers + [i for i, v in enumerate(values) if math.isnan(v)]


def route(x, weight, bias, r):
    logits = [dot(x, row) for row in weight]
    if r["router"] == "attention":
        e = len(logits) // 3
        q, k, v = logits[:e], logits[e:2 * e], logits[2 * e:]
        logits = [sum(s * w for s, w in zip(softmax([qi * kj for kj in k]), v)) for qi in q]
    score = r["score"]
    if score == "sigmoid":
        p = [sigmoid(g) for g in logits]
    elif score == "softmax_pre":
        p = softmax(logits)
    elif score == "softmax_post":
        p = logits
    else:
        p = [math.sqrt(math.log1p(exp(-abs(g))) + max(g, 0)) if not math.isnan(g) else g for g in logits]
    c = [a + b for a, b in zip(p, bias)] if bias else p
    width = len(c) // r["groups"]
    groups = [c[i * width:(i + 1) * width] for i in range(r["groups"])]
    allowed = range(r["groups"])
    if r["groups"] > 1:
        count = 2 if r["group_score"] == "top2" else r["top_k"] // r["top_groups"]
        allowed = order([sum(g[i] for i in order(g)[:count]) for g in groups])[:r["top_groups"]]
    ids = [i for i in order(c) if i // width in allowed][:r["top_k"]]
    chosen = [p[i] for i in ids]
    if score == "softmax_post":
        chosen = softmax(chosen)
    elif r["normalize"]:
        chosen = [v / (sum(chosen) + 1e-20) for v in chosen]
    return ids, [v * r["scale"] for v in chosen]


def block(case, x):
    """(ids, result) of one token."""
    w, eps, kind, limits = case.weights, case.eps, case.activation, case.limits
    n = rms_norm(x, w["norm"], eps) if "norm" in w else x
    ids, weights = route(n, w["router"][0], w.get("bias"), case.routing)
    z = linear(n, w["down_project"], per_output) if "down_project" in w else n
    if "latent_norm" in w:
        z = rms_norm(z, w["latent_norm"], eps)
    total = [0.0] * len(w["down"][0][0])
    for e, weight in zip(ids, weights):
        def expert(name, v):
            rows, scale = w[name]
            return linear(v, (rows[e], None if scale is None else scale[e]))
        h = activate(kind, expert("up", z), expert("gate", z) if "gate" in w else None, limits)
        if case.weights_before:
            total = [t + v for t, v in zip(total, expert("down", [v * weight for v in h]))]
        else:
            total = [t + weight * v for t, v in zip(total, expert("down", h))]
    y = total
    if "combine_norm" in w:
        y = rms_norm(y, w["combine_norm"], eps)
    if "up_project" in w:
        y = linear(y, w["up_project"], per_output)
    if "shared_up" in w:
        h = activate(kind, linear(n, w["shared_up"], per_output),
                     linear(n, w["shared_gate"], per_output) if "shared_gate" in w else None, limits)
        y = [a + b for a, b in zip(y, linear(h, w["shared_down"], per_output))]
    if case.residual:
        y = [a + b for a, b in zip(x, y)]
    return ids, y


# ---- the same blocks as MLIR ------------------------------------------------------------

TINY = dict(d=32, latent=16, e=8, m=24, s=48, top_k=2)
MID = dict(d=256, latent=64, e=64, m=168, s=336, top_k=6)


class Case:
    def __init__(self, name, shape=TINY, tokens=7, element="trit", latent=True, shared=True, norm=True, bias=True,
                 activation="relu2", limits=None, weights_before=False, combine_norm=False, latent_norm=False,
                 residual=True, per_output=False, eps=1e-5, prepare=None, dynamic=True, **routing):
        self.name, self.tokens, self.activation, self.eps = name, tokens, activation, eps
        self.weights_before, self.residual, self.dynamic = weights_before, residual, dynamic
        self.given_limits, self.limits = limits, limits or (4.0, 25.0)
        self.routing = dict(score="sigmoid", router="linear", groups=1, top_groups=1, group_score="top2",
                            normalize=True, scale=1.0, top_k=shape["top_k"])
        self.given_routing = {"top_k": shape["top_k"], **routing}
        self.routing.update(routing)
        self.shape, self.prepare = shape, prepare
        self.options = dict(element=element, latent=latent, shared=shared, norm=norm, bias=bias, per_output=per_output,
                            combine_norm=combine_norm, latent_norm=latent_norm)
        for attempt in range(60):
            try:
                self.draw(random.Random(f"{name} {attempt}"))
                self.expected = [block(self, row) for row in self.x]
                return
            except Close:
                continue
        raise Failure(f"{name}: no inputs without close calls")

    def draw(self, rng):
        o, shape = self.options, self.shape
        d, e, m, s = shape["d"], shape["e"], shape["m"], shape["s"]
        width = shape["latent"] if o["latent"] else d
        gated = self.activation != "relu2"
        elements = o["element"] if isinstance(o["element"], dict) else {"": o["element"]}

        def values(element, *sizes):
            if len(sizes) > 1:
                return [values(element, *sizes[1:]) for _ in range(sizes[0])]
            if element == "trit":
                return [rng.choice((-1, 0, 1)) for _ in range(sizes[0])]
            if element == "i8":
                return [rng.randint(-128, 127) for _ in range(sizes[0])]
            return [f32(rng.gauss(0, 1)) for _ in range(sizes[0])]

        def weight(name, *sizes):
            element = elements.get(name, elements.get("", "trit"))
            size = 1 / math.sqrt(sizes[-1])
            if element == "f32":
                rows = values("f32", *sizes)
                shrink = lambda r: [shrink(v) for v in r] if isinstance(r, list) else f32(r * size)  # noqa: E731
                return shrink(rows), None
            unit = size * (1.2 if element == "trit" else 1 / 74)
            scale = lambda: f32(unit * rng.uniform(0.7, 1.4))  # noqa: E731
            if len(sizes) == 3:
                return values(element, *sizes), [scale() for _ in range(e)]
            return values(element, *sizes), [scale() for _ in range(sizes[0])] if o["per_output"] else scale()

        gain = lambda n: [f32(rng.uniform(0.5, 1.5)) for _ in range(n)]  # noqa: E731
        w = self.weights = {}
        if o["norm"]:
            w["norm"] = gain(d)
        thirds = 3 if self.routing["router"] == "attention" else 1
        w["router"] = ([[f32(v / math.sqrt(d)) for v in row] for row in values("f32", thirds * e, d)], None)
        if o["bias"]:
            w["bias"] = [f32(rng.uniform(-0.2, 0.2)) for _ in range(e)]
        if o["latent"]:
            w["down_project"] = weight("down_project", width, d)
            w["up_project"] = weight("up_project", d, width)
        if o["latent_norm"]:
            w["latent_norm"] = gain(width)
        w["up"], w["down"] = weight("up", e, m, width), weight("down", e, width, m)
        if gated:
            w["gate"] = weight("gate", e, m, width)
        if o["combine_norm"]:
            w["combine_norm"] = gain(width)
        if o["shared"]:
            w["shared_up"], w["shared_down"] = weight("shared_up", s, d), weight("shared_down", d, s)
            if gated:
                w["shared_gate"] = weight("shared_gate", s, d)
        self.x = values("f32", self.tokens, d) if self.tokens else []
        if self.prepare:
            self.prepare(self)

    def tensor(self, name):
        """The tensors of a weight: itself and its scale, if it has one."""
        def flat(v):
            return [e for r in v for e in flat(r)] if isinstance(v, list) else [v]

        def sizes(v):
            return [len(v)] + sizes(v[0]) if isinstance(v, list) else []
        value = self.weights[name]
        if not isinstance(value, tuple):
            return [Tensor("f32", sizes(value), flat(value))]
        rows, scale = value
        tensors = [Tensor("f32" if scale is None else "i8", sizes(rows), flat(rows))]
        return tensors + ([] if scale is None else [Tensor("f32", sizes(scale), flat(scale))])

    def element(self, name):
        elements = self.options["element"]
        element = elements.get(name, elements.get("", "trit")) if isinstance(elements, dict) else elements
        return {"trit": "!ternary.trit"}.get(element, element)

    def text(self):
        d, k = self.shape["d"], self.routing["top_k"]
        rows = "?" if self.dynamic else str(self.tokens)
        token, ids = f"tensor<{rows}x{d}xf32>", f"tensor<{rows}x{k}xi32>"
        globals_, loads, operands = [], [], {}
        self.fed = []
        for name in self.weights:
            tensors = self.tensor(name)
            names, types = [], []
            for t, part in zip(tensors, ("", "_scale")):
                type_ = t.type(self.element(name) if t.kind == "i8" else None)
                key = f"{self.name}.{name}{part}"
                globals_.append(f"ml_program.global private @{key}(#ml_program.extern : {type_}) : {type_}")
                loads.append(f"  %{name}{part} = ml_program.global_load_const @{key} : {type_}")
                names.append(f"%{name}{part}")
                types.append(type_)
                self.fed.append(t)
            operands[name] = (names, types)
        if "bias" in operands:
            for whole, bias in zip(operands["router"], operands.pop("bias")):
                whole += bias
        clause = {n: f"{n}({', '.join(v)} : {', '.join(t)})" for n, (v, t) in operands.items()}
        if self.weights_before:
            clause["weights_before"] = "weights_before"
        if self.residual:
            clause["residual"] = "residual"
        names = ["norm", "router", "down_project", "latent_norm", "up", "gate", "down", "weights_before", "combine_norm",
                 "up_project", "shared_up", "shared_gate", "shared_down", "residual"]

        def parameters(given):
            text = {bool: lambda v: str(v).lower(), float: lambda v: f"{v} : f32"}
            return ", ".join(f"{k} = {text.get(type(v), str)(v)}" for k, v in given.items())
        limits = ""
        if self.given_limits:
            limits = ", " + parameters(dict(zip(("gate_limit", "up_limit"), self.given_limits)))
        routing = f"#latent.routing<{parameters(self.given_routing)}>"
        # The ids come from an op of their own, on what the block gives to its router.
        routed = ["  %n = latent.rms_norm %x, %norm {eps = " + f"{self.eps:e} : f32}} : {token}, tensor<{d}xf32>"] \
            if "norm" in operands else []
        (rv, rt), n = operands["router"], "%n" if routed else "%x"
        bias = f" bias({rv[1]} : {rt[1]})" if len(rv) > 1 else ""
        routed.append(f"  %ids, %w = latent.route {routing} {n}, {rv[0]}{bias} : {token}, {rt[0]} -> {ids}, "
                      f"tensor<{rows}x{k}xf32>")
        return "\n".join(globals_ + [
            f'func.func @{self.name}(%x: {token} {{tercet.name = "x"}}) -> ({ids}, {token}) {{', *loads,
            f"  %y = latent.moe <{self.activation}{limits}> {routing} %x "
            + " ".join(clause[n] for n in names if n in clause)
            + f" {{eps = {self.eps:e} : f32}} : {token}", *routed,
            f"  return %ids, %y : {ids}, {token}", "}"])


def evaluate(cases):
    """The ids and the results of all cases, as lists, from the reference path."""
    module = "\n".join(case.text() for case in cases)
    reference = run("tercet-opt", "-", "--tercet-to-reference", "--canonicalize", "--cse", text=module).rstrip()
    main = ["func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}", "func.func @main() {"]
    for i, case in enumerate(cases):
        x = Tensor("f32", (case.tokens, case.shape["d"]), [v for row in case.x for v in row])
        # Nothing can be written behind "dense<" for a tensor without elements.
        fed = [x] + case.fed
        main += [f"  %c{i}_{j} = arith.constant {t.constant() if t.data else 'dense<0.0> : ' + t.type()}"
                 for j, t in enumerate(fed)]
        types, rows = [t.type() for t in fed], "?" if case.dynamic else case.tokens
        values = [f"%c{i}_{j}" for j in range(len(fed))]
        token, ids = f"tensor<{rows}x{x.shape[1]}xf32>", f"tensor<{rows}x{case.routing['top_k']}xi32>"
        if case.dynamic:
            main.append(f"  %x{i} = tensor.cast %c{i}_0 : {types[0]} to {token}")
            values[0], types[0] = f"%x{i}", token
        bits = token.replace("f32", "i32")
        main += [f"  %i{i}, %y{i} = func.call @{case.name}({', '.join(values)}) : ({', '.join(types)}) -> ({ids}, {token})",
                 f"  %b{i} = arith.bitcast %y{i} : {token} to {bits}"]
        for v, t in ((f"%i{i}", ids), (f"%b{i}", bits)):
            main += [f"  {v}_u = tensor.cast {v} : {t} to tensor<*xi32>",
                     f"  func.call @printMemrefI32({v}_u) : (tensor<*xi32>) -> ()"]
    main += ["  return", "}", "}"]
    printed = execute(reference[:-1] + "\n".join(main), libraries, suffix)
    blocks = []
    for text in printed.split("Unranked Memref")[1:]:
        sizes, data = re.search(r"sizes = \[(.*?)\].*data =(.*)", text, re.S).groups()
        # What is printed of a tensor without elements is no element.
        empty = "0" in sizes.replace(" ", "").split(",")
        blocks.append([] if empty else [int(v) for v in re.findall(r"-?\d+", data)])
    if len(blocks) != 2 * len(cases):
        raise Failure(f"{len(blocks)} tensors came out of {len(cases)} cases")
    return zip(blocks[::2], blocks[1::2])


def compare(case, ids, bits):
    """A sentence about what differs, or None, and the largest difference."""
    want = [i for row, _ in case.expected for i in row]
    if ids != want:
        return f"ids are {ids}, expected {want}", 0
    values = [struct.unpack("<f", struct.pack("<i", v))[0] for v in bits]
    expected = [v for _, row in case.expected for v in row]
    if len(values) != len(expected):
        return f"{len(values)} results, expected {len(expected)}", 0
    largest, worst, d = 0, 0, case.shape["d"]
    for i in range(0, len(expected), d):
        largest = max([abs(v) for v in expected[i:i + d] if not math.isnan(v)] + [1e-30])
        for j, (a, b) in enumerate(zip(values[i:i + d], expected[i:i + d])):
            if math.isnan(a) != math.isnan(b):
                return f"token {i // d}, column {j}: {a!r}, expected {b!r}", 0
            if not math.isnan(b):
                worst = max(worst, abs(a - b) / largest)
    return (f"a difference of {worst:.2e} of the largest" if worst > BOUND else None), worst


# ---- what is special about some inputs --------------------------------------------------

def tie(case):
    """Experts 1, 2, 5 and 6 are one expert four times, for the router."""
    router = case.weights["router"][0]
    for e in (2, 5, 6):
        router[e] = router[1]
        if "bias" in case.weights:
            case.weights["bias"][e] = case.weights["bias"][1]


def tie_all(case):
    router = case.weights["router"][0]
    router[:] = [router[0]] * len(router)


def zeros(case):
    """Every logit is 0 or -0: all scores are equal."""
    case.x[2] = [-0.0] * len(case.x[2])
    case.weights["router"][0][3] = [0.0] * len(case.x[0])


def overturn(case):
    """A bias so large that it alone decides."""
    for e in range(len(case.weights["bias"])):
        case.weights["bias"][e] = f32(50.0 * ((e * 5) % 8))


def nan_router(case):
    """Experts whose score is not a number, one of them with the best bias."""
    for e in (0, 3, 4):
        case.weights["router"][0][e][1] = NAN
    case.weights["bias"][3] = 9.0


def nan_many(case):
    """Fewer numbers than choices."""
    for e in range(len(case.weights["router"][0])):
        if e != 5:
            case.weights["router"][0][e][0] = NAN


def nan_token(case):
    case.x[1][4] = NAN


def one_expert(case):
    """All tokens take experts 6 and 2, in this order; the others get none."""
    case.weights["bias"] = [f32(v) for v in (0, 0, 40, 0, 0, 0, 80, 0)]


def small(case):
    """Hidden rows below the least maximum of the quantiser: the one place where weights
    before the second product and behind it are far apart."""
    case.x = [[f32(v * 1e-3) for v in row] for row in case.x]


def saturate(case):
    for row in case.weights["router"][0]:
        row[:] = [f32(v * 60) for v in row]


GATED = dict(activation="silu_glu")
CASES = [
    Case("tiny"), Case("no_tokens", tokens=0), Case("one_token", tokens=1), Case("static", dynamic=False, tokens=3),
    Case("i8", element="i8"), Case("floats", element="f32"), Case("outputs", per_output=True),
    Case("i8_outputs", element="i8", per_output=True, activation="gelu_glu"),
    Case("mixed", element={"": "trit", "up": "i8", "down": "f32", "shared_up": "f32", "up_project": "f32"}),
    Case("mixed_norms", element={"": "f32", "down": "trit", "shared_up": "i8"}, combine_norm=True, latent_norm=True),
    Case("plain", latent=False, shared=False, norm=False, bias=False, residual=False, element="f32"),
    Case("plain_trit", latent=False, shared=False), Case("no_latent", latent=False), Case("no_shared", shared=False),
    Case("no_norm", norm=False), Case("no_bias", bias=False), Case("no_residual", residual=False),
    Case("combine_norm", combine_norm=True), Case("latent_norm", latent_norm=True),
    Case("both_norms", combine_norm=True, latent_norm=True, eps=0.01),
    Case("wide_combine_norm", combine_norm=True, latent=False),
    Case("before", weights_before=True, scale=2.5), Case("before_f32", weights_before=True, element="f32", scale=2.5),
    Case("before_wide", weights_before=True, latent=False, combine_norm=True, activation="silu_glu"),
    *(Case(f"small_{before}", weights_before=before, prepare=small, scale=20.0, norm=False, latent=False, shared=False,
           residual=False) for before in (True, False)),
    Case("silu", **GATED), Case("gelu", activation="gelu_glu"), Case("situ", activation="situ_glu"),
    Case("situ_limits", activation="situ_glu", limits=(0.5, 1.5), element="f32"),
    Case("silu_i8", element="i8", latent=False, **GATED), Case("gelu_f32", element="f32", activation="gelu_glu"),
    Case("softmax_pre", score="softmax_pre"), Case("softmax_post", score="softmax_post", scale=2.5),
    Case("sqrt_softplus", score="sqrt_softplus", scale=2.5), Case("raw", normalize=False, scale=5.0),
    Case("softmax_pre_raw", score="softmax_pre", normalize=False, top_k=3),
    Case("softplus_large", score="sqrt_softplus", prepare=saturate, element="f32"),
    Case("attention", router="attention"), Case("attention_post", router="attention", score="softmax_post", bias=False),
    Case("attention_pre", router="attention", score="softmax_pre", top_k=3),
    Case("groups", groups=4, top_groups=2, top_k=3), Case("groups_share", groups=2, top_groups=1, group_score="share", top_k=4),
    Case("groups_half", groups=2, top_groups=2, group_score="share", top_k=6),
    Case("groups_post", groups=4, top_groups=2, score="softmax_post", top_k=4),
    Case("all_experts", top_k=8), Case("one_choice", top_k=1),
    Case("ties", prepare=tie), Case("ties_groups", prepare=tie, groups=4, top_groups=2, top_k=4),
    Case("ties_all", prepare=tie_all, bias=False, top_k=3), Case("zeros", prepare=zeros, bias=False, norm=False, top_k=4),
    Case("overturn", prepare=overturn), Case("one_expert", prepare=one_expert, element="f32"),
    Case("nan_router", prepare=nan_router, top_k=5), Case("nan_many", prepare=nan_many, top_k=4),
    Case("nan_groups", prepare=nan_router, groups=2, top_groups=1, top_k=3),
    Case("nan_token", prepare=nan_token, element="f32", residual=False),
    Case("nan_softmax", prepare=nan_router, score="softmax_pre", top_k=3),
    Case("mid", shape=MID, tokens=2, scale=5.0), Case("mid_groups", shape=MID, tokens=2, groups=8, top_groups=3, scale=2.5,
                                                      element="f32", group_score="share"),
    Case("mid_gated", shape=MID, tokens=1, element="i8", activation="silu_glu", score="sqrt_softplus"),
]

if __name__ == "__main__":
    try:
        failed, worst = False, 0
        for case, (ids, bits) in zip(CASES, evaluate(CASES)):
            differs, size = compare(case, ids, bits)
            worst = max(worst, size)
            if differs:
                print(f"{case.name}: {differs}")
                failed = True
    except Failure as failure:
        sys.exit(str(failure))
    if failed:
        sys.exit(1)
    print(f"{len(CASES)} blocks agree, ids exactly, values within {worst:.1e} (bound {BOUND:.0e}) of the largest")

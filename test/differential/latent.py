"""Random models of the latent dialect: chains of projections, norms, routers, blocks of
experts and attention, with elementwise work between them.

What may be said about a result depends on what made it (`Function.agreement`):

* `bits`: all executors and the reference path, to the bit. Sums have a stated order.
* `executors`: all executors to the bit, the reference path within BOUND of the largest
  value of a row. Exponentials are polynomials in kernels and a library's in the reference;
  the last bit may move an activation to the next byte.
* `near`: each executor within NEAR of the largest value of a row. The softmax of attention
  is computed block by block, in other blocks on other targets.
* `each other`: all executors to the bit; of the reference path nothing is said, as
  a router stands behind a value that may differ in its last bit.
"""
import math
import struct
from models import BOUND as ROWS_BOUND, Function, Generator
from tensors import Tensor, floats, trits

BOUND, NEAR = 0.03, 2e-5
ROWS = [1, 2, 3, 5, 8, 17, 33]
WIDTHS = [16, 20, 24, 32, 48, 64, 96, 100, 128]
EXPERTS = [1, 4, 6, 8, 12, 16, 24, 32, 40, 64]


class Router:
    """What a router was given, to tell tokens whose choice hangs on a rounding."""

    def __init__(self, weight, bias, gain, eps, options):
        self.weight, self.bias, self.gain, self.eps, self.options = weight, bias, gain, eps, options

    def is_close(self, x):
        if self.gain:
            inverse = 1 / math.sqrt(sum(v * v for v in x) / len(x) + self.eps)
            x = [v * inverse * g for v, g in zip(x, self.gain)]
        o, d = self.options, len(x)
        logits = [sum(a * b for a, b in zip(x, self.weight[i:i + d])) for i in range(0, len(self.weight), d)]
        if o["router"] == "attention":
            e = len(logits) // 3
            q, k, v = logits[:e], logits[e:2 * e], logits[2 * e:]
            logits = []
            for qi in q:
                top = max(qi * kj for kj in k)
                powers = [math.exp(qi * kj - top) for kj in k]
                logits.append(sum(p * w for p, w in zip(powers, v)) / sum(powers))
        if o["score"] == "sigmoid":
            p = [1 / (1 + math.exp(-max(g, -700.0))) for g in logits]
        elif o["score"] == "softmax_pre":
            powers = [math.exp(g - max(logits)) for g in logits]
            p = [v / sum(powers) for v in powers]
        elif o["score"] == "sqrt_softplus":
            p = [math.sqrt(math.log1p(math.exp(-abs(g))) + max(g, 0)) for g in logits]
        else:
            p = logits
        c = [a + b for a, b in zip(p, self.bias)] if self.bias else p

        def border(values, count):
            """True where what is last in and what is first out are nearly the same."""
            ordered = sorted(values, reverse=True)
            return count < len(ordered) and \
                0 < ordered[count - 1] - ordered[count] < 2e-5 * max(abs(ordered[count - 1]), 1e-3)
        allowed = c
        if o["groups"] > 1:
            width = len(c) // o["groups"]
            parts = [c[i * width:(i + 1) * width] for i in range(o["groups"])]
            count = 2 if o["group_score"] == "top2" else o["top_k"] // o["top_groups"]
            scores = [sum(sorted(part, reverse=True)[:count]) for part in parts]
            if border(scores, o["top_groups"]):
                return True
            best = sorted(range(len(parts)), key=lambda i: -scores[i])[:o["top_groups"]]
            allowed = [v for i in best for v in parts[i]]
        return border(allowed, o["top_k"])


class LatentFunction(Function):
    def __init__(self, name, rows, columns):
        super().__init__(name, rows, columns)
        self.agreement, self.routers = "bits", []


def unpack(tensor):
    return list(struct.unpack(f"<{len(tensor.data) // 4}f", tensor.data))


class LatentGenerator(Generator):
    def model(self):
        """One or two functions: a block has as many kernels as ten layers."""
        return [self.function(f"f{i}") for i in range(self.rng.choice([1, 1, 2]))]

    def targets(self, targets):
        """The host's, and one in turn of each other kind: compiling a block for all of them
        takes far longer than running it."""
        kinds = {}
        for target in targets:
            kinds.setdefault("host" if target == "cpu:host" else target.split(":")[0], []).append(target)
        kinds["host"] = kinds.pop("host", [])
        # Portable code takes longest to compile.
        return [self.rng.choice(of[-1:] * 4 + of) for of in reversed(kinds.values()) if of]

    def inputs(self, function):
        counts = [function.rows] if function.rows != "?" else self.rng.sample(ROWS, 2)
        return [self.tokens(function, m) for m in counts]

    def tokens(self, function, m):
        """Rows of one size each, some zero; none that a router cannot decide on."""
        rows = []
        while len(rows) < m:
            size = 10.0 ** self.rng.uniform(-1, 1)
            row = [0.0] * function.columns if self.rng.random() < 0.05 else \
                unpack(Tensor("f32", (function.columns,), [self.rng.gauss(0, size) for _ in range(function.columns)]))
            if not any(router.is_close(row) for router in function.routers):
                rows.append(row)
        return Tensor("f32", (m, function.columns), [v for row in rows for v in row])

    def function(self, name):
        rng = self.rng
        f = LatentFunction(name, rng.choice(["?", "?", rng.choice(ROWS)]), rng.choice(WIDTHS))
        kind = rng.choice(["chain", "block", "block", "attention", "stack"])
        values = [("%x", f.columns)]
        more = lambda *steps: [values.append(getattr(self, rng.choice(steps))(f, f"%v{len(values)}", values))  # noqa: E731
                               for _ in range(rng.randint(0, 2))]
        step = lambda of: values.append(getattr(self, of)(f, f"%v{len(values)}", values))  # noqa: E731
        if kind == "chain":
            for _ in range(rng.randint(1, 4)):
                step(rng.choice(["project", "project", "norm", "unary", "binary", "linear"]))
            if rng.random() < 0.5:
                self.choice(f, values[-1])
        elif kind == "block":
            step("moe")
            more("unary", "binary", "float_project")
        elif kind == "attention":
            more("project", "norm")
            step("attention")
            more("unary", "float_project")
        else:
            for _ in range(rng.randint(2, 3)):
                step(rng.choice(["moe", "project", "norm"]))
            step("moe")
            f.agreement, f.routers = "each other", []
        return f

    # ---- steps ----------------------------------------------------------------------------

    def gain(self, f, n):
        return f.weight(floats(self.rng, n, low=0.5, high=1.5))

    def matrix(self, f, *sizes, element="trit", scales=None):
        """Lines that load a weight and its scale, its clause "%w, %s : type, type"."""
        rng = self.rng
        size = 1 / math.sqrt(sizes[-1])
        if element in ("f32", "f16", "bf16"):
            values = [rng.uniform(-1.7 * size, 1.7 * size) for _ in range(math.prod(sizes))]
            line, name, type_ = f.weight(Tensor(element, sizes, values))
            return [line], f"{name} : {type_}"
        count = math.prod(sizes)
        sparse = element == "trit" and sizes[-1] % 4 == 0 and rng.random() < 0.15
        if element == "i8":
            line, name, type_ = f.weight(Tensor("i8", sizes, [rng.randint(-128, 127) for _ in range(count)]))
            size /= 74
        else:
            values = trits(rng, count // sizes[-1], sizes[-1], 2 if sparse else None)
            line, name, type_ = f.weight(Tensor("i8", sizes, unpack_bytes(values)), "!ternary.trit",
                                         " {ternary.sparsity = #ternary.sparsity<2:4>}" if sparse else "")
        shape = (sizes[0],) if scales else ()
        scale_line, scale, scale_type = f.weight(floats(rng, *shape, low=0.8 * size, high=1.6 * size))
        return [line, scale_line], f"{name}, {scale} : {type_}, {scale_type}"

    def project(self, f, result, values, element=None):
        rng = self.rng
        x, k = values[-1]
        n = rng.choice(WIDTHS)
        element = element or rng.choice(["trit", "trit", "i8", "f32", "bf16"])
        lines, clause = self.matrix(f, n, k, element=element, scales=rng.random() < 0.4)
        names, types = (part.split(", ") for part in clause.split(" : "))
        text = f"{result} = latent.project {x}, {names[0]}"
        if len(names) > 1:
            text += f" scale({names[1]} : {types[1]})"
        if rng.random() < 0.4:
            line, gain, gain_type = self.gain(f, k)
            lines.append(line)
            text += f" norm({gain} : {gain_type})"
        lines.append(f"{text} : {f.type(k)}, {types[0]} -> {f.type(n)}")
        f.steps.append((lines, result, n, "f32"))
        return result, n

    def float_project(self, f, result, values):
        return self.project(f, result, values, "f32")

    def norm(self, f, result, values):
        x, n = values[-1]
        line, gain, gain_type = self.gain(f, n)
        eps = self.rng.choice(["", " {eps = 1.0e-02 : f32}"])
        f.steps.append(([line, f"{result} = latent.rms_norm {x}, {gain}{eps} : {f.type(n)}, {gain_type}"],
                        result, n, "f32"))
        return result, n

    def routing(self, experts, scores=("sigmoid", "softmax_pre", "softmax_post", "sqrt_softplus")):
        """Options of #latent.routing, and its text."""
        rng = self.rng
        o = {"top_k": rng.randint(1, min(experts, 22)), "score": rng.choice(scores), "router": "linear", "groups": 1,
             "top_groups": 1, "group_score": "top2", "normalize": rng.random() < 0.7}
        divisors = [g for g in (2, 3, 4, 8) if experts % g == 0 and experts // g >= 2]
        if divisors and rng.random() < 0.4:
            o["groups"] = rng.choice(divisors)
            o["top_groups"] = rng.randint(1, o["groups"])
            o["top_k"] = rng.randint(1, min(22, o["top_groups"] * experts // o["groups"]))
            if o["top_k"] % o["top_groups"] == 0 and rng.random() < 0.5:
                o["group_score"] = "share"
        if experts <= 16 and rng.random() < 0.15:
            o["router"] = "attention"
        given = {k: str(v).lower() for k, v in o.items()}
        if rng.random() < 0.6:
            given["scale"] = f"{rng.choice([2.5, 5.0, 0.7])} : f32"
        return o, "#latent.routing<" + ", ".join(f"{k} = {v}" for k, v in given.items()) + ">"

    def router(self, f, experts, d, o, gain, eps, first):
        """Lines, names and types of a router's weight and, maybe, its bias."""
        rng = self.rng
        size = rng.choice([0.5, 1.0, 2.0]) / math.sqrt(d)
        weight = floats(rng, experts * (3 if o["router"] == "attention" else 1), d, low=-size, high=size)
        line, name, type_ = f.weight(weight)
        lines, names, types, bias = [line], [name], [type_], None
        if rng.random() < 0.5:
            bias = floats(rng, experts, low=-0.2, high=0.2)
            line, name, type_ = f.weight(bias)
            lines, names, types = lines + [line], names + [name], types + [type_]
        if first:
            f.routers.append(Router(unpack(weight), bias and unpack(bias), gain and unpack(gain), eps, o))
        return lines, names, types

    def choice(self, f, value):
        """A router whose logits are its scores, so that ids are exact, as the end; or the
        rows of a table that they name."""
        rng = self.rng
        x, d = value
        experts = rng.choice(EXPERTS)
        o, text = self.routing(experts, ["softmax_post"])
        # The exponentials of an attention router are no exact arithmetic.
        o["router"], text = "linear", text.replace("router = attention", "router = linear")
        embed = rng.random() < 0.4
        if embed:
            text = text.replace(f"top_k = {o['top_k']}", "top_k = 1").replace("group_score = share", "group_score = top2")
            o["top_k"] = 1
        lines, names, types = self.router(f, experts, d, o, None, 0, False)
        k = o["top_k"]
        bias = f" bias({names[1]} : {types[1]})" if len(names) > 1 else ""
        lines.append(f"%ids, %weights = latent.route {text} {x}, {names[0]}{bias} : {f.type(d)}, {types[0]} -> "
                     f"{f.type(k, 'i32')}, {f.type(k)}")
        if not embed:
            f.steps.append((lines, "%ids", k, "i32"))
            return
        n = rng.choice(WIDTHS)
        line, table, table_type = f.weight(floats(rng, experts, n))
        lines += [line, f"%flat = tensor.collapse_shape %ids [[0, 1]] : {f.type(1, 'i32')} into tensor<{f.rows}xi32>",
                  f"%rows = latent.embed %flat, {table} : tensor<{f.rows}xi32>, {table_type} -> {f.type(n)}"]
        f.steps.append((lines, "%rows", n, "f32"))

    def moe(self, f, result, values):
        rng = self.rng
        x, d = values[-1]
        first = not f.steps
        experts, width, shared = rng.choice(EXPERTS), rng.choice(WIDTHS), rng.choice(WIDTHS)
        kind = rng.choice(["relu2", "relu2", "silu_glu", "gelu_glu", "situ_glu"])
        gated, eps = kind != "relu2", rng.choice([1e-5, 1e-5, 1e-2])
        latent = rng.choice(WIDTHS) if rng.random() < 0.7 else 0
        inner = latent or d
        o, routing = self.routing(experts)
        lines, clauses = [], []

        def clause(word, weight):
            more, text = weight
            lines.extend(more)
            clauses.append(f"{word}({text})")

        def gain(word, n):
            tensor = floats(rng, n, low=0.5, high=1.5)
            line, name, type_ = f.weight(tensor)
            clause(word, ([line], f"{name} : {type_}"))
            return tensor
        norm = gain("norm", d) if rng.random() < 0.6 else None
        more, names, types = self.router(f, experts, d, o, norm, eps, first)
        clause("router", (more, f"{', '.join(names)} : {', '.join(types)}"))
        element = rng.choice(["trit"] * 4 + ["i8", "f32", "bf16", "f16"])
        if latent:
            clause("down_project", self.matrix(f, latent, d, element=element, scales=rng.random() < 0.3))
            if rng.random() < 0.3:
                gain("latent_norm", latent)
        expert = rng.choice(["trit"] * 4 + ["i8", "f32", "bf16", "f16"])
        clause("up", self.matrix(f, experts, width, inner, element=expert, scales=True))
        if gated:
            clause("gate", self.matrix(f, experts, width, inner, element=expert, scales=True))
        clause("down", self.matrix(f, experts, inner, width, element=expert, scales=True))
        if rng.random() < 0.3:
            clauses.append("weights_before")
        if rng.random() < 0.3:
            gain("combine_norm", inner)
        if latent:
            clause("up_project", self.matrix(f, d, latent, element=element, scales=rng.random() < 0.3))
        if rng.random() < 0.5:
            clause("shared_up", self.matrix(f, shared, d))
            if gated:
                clause("shared_gate", self.matrix(f, shared, d))
            clause("shared_down", self.matrix(f, d, shared))
        if rng.random() < 0.6:
            clauses.append("residual")
        limits = ", gate_limit = 3.0 : f32, up_limit = 9.0 : f32" if kind == "situ_glu" and rng.random() < 0.5 else ""
        attributes = f"eps = {eps:e} : f32"
        if rng.random() < 0.6:
            attributes += f", strategy = #latent.strategy<{rng.choice(['pairs', 'grouped'])}>"
        lines.append(f"{result} = latent.moe <{kind}{limits}> {routing} {x} {' '.join(clauses)} {{{attributes}}} : "
                     f"{f.type(d)}")
        f.steps.append((lines, result, d, "f32"))
        f.agreement = "executors"
        return result, d

    def attention(self, f, result, values):
        """Queries, keys and values from projections of one value; heads, maybe with a norm."""
        rng = self.rng
        x, d = values[-1]
        groups, width, out = rng.choice([1, 2, 3]), rng.choice([4, 8, 16, 20, 32]), rng.choice([4, 8, 16, 32])
        heads = groups * rng.choice([1, 2, 4])
        lines, types = [], {}
        for name, h, w in (("q", heads, width), ("k", groups, width), ("v", groups, out)):
            more, clause = self.matrix(f, h * w, d, element=rng.choice(["trit", "i8", "f32"]))
            weights, kinds = (part.split(", ") for part in clause.split(" : "))
            scale = f" scale({weights[1]} : {kinds[1]})" if len(weights) > 1 else ""
            types[name] = f"tensor<{f.rows}x{h}x{w}xf32>"
            lines += more + [f"{result}_{name}0 = latent.project {x}, {weights[0]}{scale} : {f.type(d)}, {kinds[0]} -> "
                             f"{f.type(h * w)}"]
            size = f"{result}_m" if f.rows == "?" else f.rows
            if name == "q" and f.rows == "?":
                lines += [f"{result}_0 = arith.constant 0 : index",
                          f"{result}_m = tensor.dim {x}, {result}_0 : {f.type(d)}"]
            lines.append(f"{result}_{name} = tensor.expand_shape {result}_{name}0 [[0], [1, 2]] output_shape "
                         f"[{size}, {h}, {w}] : {f.type(h * w)} into {types[name]}")
        normed = rng.random() < 0.4
        query = f"{result}_q"
        if normed:
            line, gain, gain_type = self.gain(f, width)
            lines += [line, f"{result}_qn = latent.rms_norm {result}_q, {gain} : {types['q']}, {gain_type}"]
            query = f"{result}_qn"
        mask = "causal " if rng.random() < 0.6 else ""
        y = f"tensor<{f.rows}x{heads}x{out}xf32>"
        lines += [f"{result}_y = latent.attention {query}, {result}_k, {result}_v {mask}scale("
                  f"{rng.choice([0.25, 1 / math.sqrt(width)])}) : {types['q']}, {types['k']}, {types['v']} -> {y}",
                  f"{result} = tensor.collapse_shape {result}_y [[0], [1, 2]] : {y} into {f.type(heads * out)}"]
        f.steps.append((lines, result, heads * out, "f32"))
        f.agreement = "near"
        return result, heads * out


def unpack_bytes(tensor):
    return [v - 256 if v > 127 else v for v in tensor.data]


assert max(ROWS) <= ROWS_BOUND

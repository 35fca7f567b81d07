"""Random models: chains of ternary layers and of elementwise work between them.

Every op has one result to the bit (quantisation and float sums have a stated order, the
elementwise ones are correctly rounded), so all executors must agree exactly.
"""
import random
from tensors import activations, floats, trits

ROWS = [1, 2, 3, 5, 8, 17, 33, 64, 65]
COLUMNS = [1, 3, 4, 12, 16, 20, 24, 37, 48, 64, 96, 100, 128, 160, 272, 520]
HADAMARD = [16, 32, 64, 128]
BOUND = 65


class Function:
    """A function whose body can be cut behind any of its steps."""

    def __init__(self, name, rows, columns):
        self.name, self.rows, self.columns = name, rows, columns
        self.globals, self.weights = [], {}
        self.steps = []  # (lines, result, its number of columns, its element)

    def type(self, columns, element="f32"):
        return f"tensor<{self.rows}x{columns}x{element}>"

    @property
    def x_type(self):
        return self.type(self.columns)

    def y_type(self, steps=None):
        _, _, columns, element = self.steps[(steps or len(self.steps)) - 1]
        return self.type(columns, element)

    def weight(self, tensor, element=None, attributes=""):
        """A global over a tensor: the lines that load it, its name and type."""
        key = f"w{len(self.weights)}"
        self.weights[f"{self.name}.{key}"] = tensor
        type_ = tensor.type(element)
        self.globals.append(f"ml_program.global private @{self.name}.{key}"
                            f"(#ml_program.extern : {type_}) : {type_}{attributes}")
        return f"%{key} = ml_program.global_load_const @{self.name}.{key} : {type_}", f"%{key}", type_

    def text(self, steps=None):
        """The function up to that many steps."""
        kept = self.steps[:steps or len(self.steps)]
        body = [line for lines, *_ in kept for line in lines]
        used = [g for g in self.globals if any(g.split("(")[0].split("@")[1] in line for line in body)]
        bound = f", tercet.bound = [{BOUND}, 0]" if self.rows == "?" else ""
        y = self.y_type(steps)
        return "\n".join(used) + (
            f'\nfunc.func @{self.name}(%x: {self.x_type} {{tercet.name = "x"{bound}}}) -> '
            f'({y} {{tercet.name = "y"}}) {{\n  ' + "\n  ".join(body)
            + f"\n  return {kept[-1][1]} : {y}\n}}\n")


class Generator:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def model(self):
        return [self.function(f"f{i}") for i in range(self.rng.randint(1, 3))]

    def targets(self, targets):
        """On which of these a model runs; the first is what others are compared to."""
        return targets

    def inputs(self, function):
        counts = [function.rows] if function.rows != "?" else self.rng.sample(ROWS, 2)
        return [activations(self.rng, m, function.columns) for m in counts]

    def function(self, name):
        rng = self.rng
        rows = rng.choice(["?", "?", rng.choice(ROWS)])
        f = Function(name, rows, rng.choice(COLUMNS + HADAMARD))
        # Values so far: (name, columns), all f32.
        values = [("%x", f.columns)]
        for i in range(rng.randint(1, 5)):
            kind = rng.choice(["linear", "linear", "linear", "unary", "binary", "scale"])
            values.append(getattr(self, kind)(f, f"%v{i}", values))
        if rng.random() < 0.25:
            self.integers(f, values[-1])
        return f

    def ternary_weight(self, f, n, k):
        """Lines, the trits' name and type, the scale's name and type."""
        rng = self.rng
        sparsity = rng.choice(["", "", "<2:4>", "<3:4, exact>"] if k % 4 == 0 else [""])
        type_ = f"tensor<{n}x{k}x!ternary.trit>"
        if rng.random() < 0.2:
            line, master, master_type = f.weight(floats(rng, n, k))
            clause = f" sparsity({sparsity})" if sparsity else ""
            w, scale = f"{master}_t", f"{master}_s"
            return ([line, f"{w}, {scale} = ternary.ternarize {master}{clause} : "
                     f"{master_type} -> {type_}, tensor<f32>"], w, type_, scale, "tensor<f32>")
        values = {"": lambda: trits(rng, n, k), "<2:4>": lambda: trits(rng, n, k, 2),
                  "<3:4, exact>": lambda: trits(rng, n, k, 3, exact=True)}[sparsity]()
        attributes = f" {{ternary.sparsity = #ternary.sparsity{sparsity}}}" if sparsity else ""
        line, w, _ = f.weight(values, "!ternary.trit", attributes)
        scale_line, scale, scale_type = f.weight(
            floats(rng, n, low=0.01) if rng.random() < 0.4 else floats(rng, low=0.01))
        return [line, scale_line], w, type_, scale, scale_type

    def linear(self, f, result, values):
        rng = self.rng
        x, k = values[-1]
        n = rng.choice(COLUMNS)
        lines, w, w_type, scale, scale_type = self.ternary_weight(f, n, k)
        clauses = f"scale({scale} : {scale_type})"
        if rng.random() < 0.5:
            line, gain, gain_type = f.weight(floats(rng, k))
            lines.append(line)
            clauses += f" norm({gain} : {gain_type})"
        if rng.random() < 0.5:
            line, bias, bias_type = f.weight(floats(rng, n))
            lines.append(line)
            clauses += f" bias({bias} : {bias_type})"
        mode = rng.choice(["absmax_i8", "absmax_i8", "absmean_i4"])
        if k in HADAMARD and rng.random() < 0.4:
            clauses += " hadamard"
        lines.append(f"{result} = ternary.linear {x}, {w} {clauses} {{mode = #ternary.mode<{mode}>}} : "
                     f"{f.type(k)}, {w_type} -> {f.type(n)}")
        f.steps.append((lines, result, n, "f32"))
        return result, n

    def integers(self, f, value):
        """Quantisation and an integer product as the end."""
        x, k = value
        n = self.rng.choice(COLUMNS)
        lines, w, w_type, _, _ = self.ternary_weight(f, n, k)
        rows = f.type(k, "i8")
        amounts = f"tensor<{f.rows}xf32>"
        lines += [f"%q, %a = ternary.quantize {x} <absmax_i8> : {f.type(k)} -> {rows}, {amounts}",
                  f"%i = ternary.matmul %q, {w} : {rows}, {w_type} -> {f.type(n, 'i32')}"]
        f.steps.append((lines, "%i", n, "i32"))

    def unary(self, f, result, values):
        x, n = values[-1]
        op = self.rng.choice(["arith.negf", "math.absf"])
        f.steps.append(([f"{result} = {op} {x} : {f.type(n)}"], result, n, "f32"))
        return result, n

    def binary(self, f, result, values):
        """With an earlier value of the same width, or with itself."""
        x, n = values[-1]
        y = self.rng.choice([name for name, width in values if width == n])
        op = self.rng.choice(["arith.addf", "arith.subf", "arith.mulf", "arith.maximumf", "arith.minimumf"])
        f.steps.append(([f"{result} = {op} {x}, {y} : {f.type(n)}"], result, n, "f32"))
        return result, n

    def scale(self, f, result, values):
        """Columns times a vector of weights, as a linalg.generic."""
        x, n = values[-1]
        line, gain, gain_type = f.weight(floats(self.rng, n))
        type_ = f.type(n)
        lines = [line]
        if f.rows == "?":
            lines += [f"{result}_0 = arith.constant 0 : index",
                      f"{result}_m = tensor.dim {x}, {result}_0 : {type_}"]
        sizes = f"{result}_m" if f.rows == "?" else ""
        lines += [f"{result}_e = tensor.empty({sizes}) : {type_}",
                  f"{result} = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, "
                  f"affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], "
                  f'iterator_types = ["parallel", "parallel"]}} ins({x}, {gain} : {type_}, {gain_type}) '
                  f"outs({result}_e : {type_}) {{",
                  "^bb0(%a: f32, %b: f32, %c: f32):",
                  "  %p = arith.mulf %a, %b : f32",
                  "  linalg.yield %p : f32",
                  f"}} -> {type_}"]
        f.steps.append((lines, result, n, "f32"))
        return result, n

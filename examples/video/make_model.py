"""Writes video.mlir, the network as text, and rotary.safetensors, its table of rotations.

    python make_model.py

The entry point `denoise` takes rows of any number of tokens up to the whole grid, their
places in the grid, the noise level and the class (10 for none), and gives the clean rows
that the network expects. network.py says the same in PyTorch.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import safetensors_io  # noqa: E402

TOKENS, CHANNELS, CLASSES = 1024, 32, 11
WIDTH, BLOCKS, HEADS, HEAD, WIDE, FEATURES = 128, 4, 4, 32, 512, 32
FILES = ("video.safetensors", "rotary.safetensors")
# Modulation vectors: six a block, two before the last projection.
MODULATIONS = 6 * BLOCKS + 2


class Network:
    """The text of the network over `m` rows, "?" or a number."""

    def __init__(self, weights, m):
        self.weights, self.m, self.lines, self.counter = weights, m, [], 0
        self.loaded = {}

    def emit(self, text):
        name = f"%{self.counter}"
        self.counter += 1
        self.lines.append(f"  {name} = {text}")
        return name

    def weight(self, key):
        """The SSA value and the type of a weight."""
        if key not in self.loaded:
            kind = self.weights[key]
            self.loaded[key] = self.emit(f'ml_program.global_load_const @"{key}" : {kind}')
        return self.loaded[key], self.weights[key]

    def rows(self, *shape):
        return "tensor<" + "x".join(str(d) for d in (self.m, *shape)) + "xf32>"

    def generic(self, maps, kinds, values, result, size, body, yields):
        """A linalg.generic of parallel loops over the result of type `result`."""
        empty = self.emit(f"tensor.empty({size}) : {result}")
        rank = maps[-1].count("->") and maps[-1].split("->")[1].count("d")
        iterators = ", ".join(['"parallel"'] * rank)
        arguments = ", ".join(f"%a{i}: {kind}" for i, kind in enumerate(kinds))
        ins = ", ".join(v for v, _ in values)
        types = ", ".join(t for _, t in values)
        inputs = f"ins({ins} : {types}) " if values else ""
        lines = "\n".join("    " + line for line in body)
        return self.emit(
            f"linalg.generic {{indexing_maps = [{', '.join(f'affine_map<{m}>' for m in maps)}], "
            f"iterator_types = [{iterators}]}} {inputs}outs({empty} : {result}) {{\n"
            f"  ^bb0({arguments + ', ' if kinds else ''}%out: f32):\n{lines}\n"
            f"    linalg.yield {yields} : f32\n  }} -> {result}")

    def by_row(self, values, width, body, yields):
        """Elements of [m, width] from values of [m, width] ("rows") or [width] ("vector")."""
        maps = ["(i, j) -> (i, j)" if kind == "rows" else "(i, j) -> (j)" for _, kind in values]
        maps.append("(i, j) -> (i, j)")
        maps = [m.replace("i", "d0").replace("j", "d1") for m in maps]
        typed = [(v, self.rows(width) if kind == "rows" else f"tensor<{width}xf32>")
                 for v, kind in values]
        size = "%m" if self.m == "?" else ""
        return self.generic(maps, ["f32"] * len(values), typed, self.rows(width), size, body, yields)

    def linear(self, x, key, n, k, rows=None):
        w, kind = self.weight(key + ".weight")
        a, y = (self.rows(k), self.rows(n)) if rows is None else (f"tensor<{rows}x{k}xf32>", f"tensor<{rows}x{n}xf32>")
        return self.emit(f"latent.project {x}, {w} : {a}, {kind} -> {y}")

    def biased(self, x, key, n):
        bias, _ = self.weight(key + ".bias")
        return self.by_row([(x, "rows"), (bias, "vector")], n, ["%s = arith.addf %a0, %a1 : f32"], "%s")

    def silu(self, terms, result):
        """silu of a sum of [1, WIDTH] or [WIDTH] vectors."""
        maps, typed = [], []
        for value, rank in terms:
            maps.append("(d0, d1) -> (d0, d1)" if rank == 2 else "(d0, d1) -> (d1)")
            typed.append((value, f"tensor<1x{WIDTH}xf32>" if rank == 2 else f"tensor<{WIDTH}xf32>"))
        maps.append("(d0, d1) -> (d0, d1)")
        body = ["%v = arith.addf %a0, %a1 : f32", "%n = arith.negf %v : f32",
                "%e = math.exp %n : f32", "%one = arith.constant 1.0 : f32",
                "%d = arith.addf %e, %one : f32", "%s = arith.divf %v, %d : f32"]
        return self.generic(maps, ["f32", "f32"], typed, result, "", body, "%s")

    def modulations(self):
        """[MODULATIONS * WIDTH]: gains (one added in the weights' biases), shifts and gates."""
        row = f"tensor<1x{WIDTH}xf32>"
        features = self.generic(
            ["(d0, d1) -> (d0)", "(d0, d1) -> (d0, d1)"], ["f32"], [("%sigma", "tensor<1xf32>")],
            f"tensor<1x{FEATURES}xf32>", "",
            ["%i = linalg.index 1 : index", "%j = arith.index_cast %i : index to i32",
             "%f = arith.sitofp %j : i32 to f32", f"%last = arith.constant {FEATURES - 1}.0 : f32",
             "%centre = arith.divf %f, %last : f32", "%d = arith.subf %a0, %centre : f32",
             "%width = arith.constant 24.0 : f32", "%t = arith.mulf %d, %width : f32",
             "%q = arith.mulf %t, %t : f32", "%n = arith.negf %q : f32", "%e = math.exp %n : f32"], "%e")
        time = self.linear(features, "time", WIDTH, FEATURES, rows=1)
        table, kind = self.weight("class.weight")
        name = self.emit(f"latent.embed %class, {table} : tensor<1xi32>, {kind} -> {row}")
        c = self.silu([(time, 2), (name, 2)], row)
        c = self.silu([(self.linear(c, "cond", WIDTH, WIDTH, rows=1), 2),
                       (self.weight("cond.bias")[0], 1)], row)
        size = MODULATIONS * WIDTH
        m = self.linear(c, "mod", size, WIDTH, rows=1)
        flat = self.emit(f"tensor.collapse_shape {m} [[0, 1]] : tensor<1x{size}xf32> into tensor<{size}xf32>")
        bias, kind = self.weight("mod.bias")
        return self.generic(["(d0) -> (d0)"] * 3, ["f32", "f32"],
                            [(flat, f"tensor<{size}xf32>"), (bias, kind)], f"tensor<{size}xf32>",
                            "", ["%s = arith.addf %a0, %a1 : f32"], "%s")

    def vector(self, mod, number):
        return self.emit(f"tensor.extract_slice {mod}[{number * WIDTH}] [{WIDTH}] [1] : "
                         f"tensor<{MODULATIONS * WIDTH}xf32> to tensor<{WIDTH}xf32>")

    def modulated(self, h, mod, number):
        """rms_norm(h) * gain + shift."""
        n = self.emit(f"latent.rms_norm {h}, {self.vector(mod, number)} : {self.rows(WIDTH)}, tensor<{WIDTH}xf32>")
        return self.by_row([(n, "rows"), (self.vector(mod, number + 1), "vector")], WIDTH,
                           ["%s = arith.addf %a0, %a1 : f32"], "%s")

    def gated(self, h, x, mod, number):
        """h + gate * x."""
        return self.by_row([(h, "rows"), (x, "rows"), (self.vector(mod, number), "vector")], WIDTH,
                           ["%p = arith.mulf %a1, %a2 : f32", "%s = arith.addf %a0, %p : f32"], "%s")

    def attention(self, x, i, cos, sin):
        heads = self.rows(HEADS, HEAD)
        sizes = f"[{'%m' if self.m == '?' else self.m}, {HEADS}, {HEAD}]"

        def split(x):
            return self.emit(f"tensor.expand_shape {x} [[0], [1, 2]] output_shape {sizes} : "
                             f"{self.rows(WIDTH)} into {heads}")

        def rotated(which):
            gain, kind = self.weight(f"{i}.{which}_norm")
            y = split(self.linear(x, f"{i}.{which}", WIDTH, WIDTH))
            y = self.emit(f"latent.rms_norm {y}, {gain} : {heads}, {kind}")
            return self.emit(f"latent.rotary {y}, {cos}, {sin} at(%c0) : {heads}, {self.rows(HEAD // 2)}")

        q, k = rotated("q"), rotated("k")
        v = split(self.linear(x, f"{i}.v", WIDTH, WIDTH))
        o = self.emit(f"latent.attention {q}, {k}, {v} scale({HEAD ** -0.5!r}) : {heads}, {heads}, {heads} -> {heads}")
        o = self.emit(f"tensor.collapse_shape {o} [[0], [1, 2]] : {heads} into {self.rows(WIDTH)}")
        return self.linear(o, f"{i}.o", WIDTH, WIDTH)

    def body(self):
        """Emits the network over %x, %index, %sigma and %class; returns the clean rows."""
        mod = self.modulations()

        def gathered(key, width):
            table, kind = self.weight(key)
            return self.emit(f"latent.embed %index, {table} : tensor<{self.m}xi32>, {kind} -> {self.rows(width)}")

        cos, sin = gathered("rope.cos", HEAD // 2), gathered("rope.sin", HEAD // 2)
        h = self.linear("%x", "in", WIDTH, CHANNELS)
        # The position table has the bias of the first projection in it.
        h = self.by_row([(h, "rows"), (gathered("position", WIDTH), "rows")], WIDTH,
                        ["%s = arith.addf %a0, %a1 : f32"], "%s")
        for i in range(BLOCKS):
            y = self.attention(self.modulated(h, mod, 6 * i), i, cos, sin)
            h = self.gated(h, y, mod, 6 * i + 2)
            y = self.linear(self.modulated(h, mod, 6 * i + 3), f"{i}.up", WIDE, WIDTH)
            y = self.by_row([(y, "rows")], WIDE,
                            ["%z = arith.constant 0.0 : f32", "%r = arith.maximumf %a0, %z : f32",
                             "%s = arith.mulf %r, %r : f32"], "%s")
            h = self.gated(h, self.linear(y, f"{i}.down", WIDTH, WIDE), mod, 6 * i + 5)
        return self.biased(self.linear(self.modulated(h, mod, 6 * BLOCKS), "out", CHANNELS, WIDTH), "out", CHANNELS)

    def text(self, name):
        bound = f", tercet.bound = {TOKENS}" if self.m == "?" else ""
        dims = ', tercet.dims = ["tokens", ""]' if self.m == "?" else ""
        one = ', tercet.dims = ["tokens"]' if self.m == "?" else ""
        head = (f'func.func @{name}(%x: {self.rows(CHANNELS)} {{tercet.name = "x"{bound}{dims}}},\n'
                f'    %index: tensor<{self.m}xi32> {{tercet.name = "index", tercet.range = [0, {TOKENS}]{bound}{one}}},\n'
                f'    %sigma: tensor<1xf32> {{tercet.name = "sigma"}},\n'
                f'    %class: tensor<1xi32> {{tercet.name = "class", tercet.range = [0, {CLASSES}]}})\n'
                f'    -> ({self.rows(CHANNELS)} {{tercet.name = "clean"}}) {{\n'
                "  %c0 = arith.constant 0 : index\n")
        if self.m == "?":
            head += f"  %m = tensor.dim %x, %c0 : {self.rows(CHANNELS)}\n"
        clean = self.body()
        return head + "\n".join(self.lines) + f"\n  return {clean} : {self.rows(CHANNELS)}\n}}\n"


def globals_text(weights):
    return [f'ml_program.global private @"{key}"(#ml_program.extern : {kind}) : {kind}'
            for key, kind in weights.items()]


def read_weights(folder):
    """Name -> MLIR type of the tensors of FILES."""
    return {key: "tensor<" + "".join(f"{d}x" for d in value.shape) + "f32>"
            for file in FILES for key, value in safetensors_io.load(folder / file).items()}


def main():
    import network  # the rotation table is a function of the grid

    cos, sin = network.rotary_tables()
    safetensors_io.save(HERE / FILES[1], {"rope.cos": cos.numpy(), "rope.sin": sin.numpy()})
    weights = read_weights(HERE)
    lines = ["// A diffusion transformer over any subset of the tokens of a 4x16x16 grid. Written by",
             "// make_model.py; weights are in video.safetensors and rotary.safetensors under the",
             "// names of the globals. See README.md.", "", *globals_text(weights), "",
             Network(weights, "?").text("denoise")[:-1]]
    (HERE / "video.mlir").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

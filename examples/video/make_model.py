"""Writes video.mlir, the network as text, and rotary.safetensors, its table of rotations.

    python make_model.py

The entry point `denoise` takes rows of any number of tokens up to the whole grid, their
places in the grid, the noise level and the class (10 for none), and gives the clean rows
that the network expects. network.py says the same in PyTorch.
"""

import pathlib
import sys

import make_data

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import safetensors_io  # noqa: E402

TOKENS, CHANNELS, CLASSES = make_data.TOKENS, make_data.CHANNELS, make_data.CLASSES + 1
WIDTH, BLOCKS, HEADS, HEAD, WIDE, FEATURES = 128, 4, 4, 32, 512, 32
PAIRS = (4, 6, 6)  # rotated pairs of a head for t, y and x
# Modulation vectors: gain, shift and gate twice a block, gain and shift at the end.
MODULATIONS = 6 * BLOCKS + 2
FILES = ("video.safetensors", "rotary.safetensors")

ADD = ["%s = arith.addf %a0, %a1 : f32"]
GATED = ["%p = arith.mulf %a1, %a2 : f32", "%s = arith.addf %a0, %p : f32"]
RELU2 = ["%z = arith.constant 0.0 : f32", "%r = arith.maximumf %a0, %z : f32",
         "%s = arith.mulf %r, %r : f32"]
SILU = ["%v = arith.addf %a0, %a1 : f32", "%n = arith.negf %v : f32", "%e = math.exp %n : f32",
        "%one = arith.constant 1.0 : f32", "%d = arith.addf %e, %one : f32",
        "%s = arith.divf %v, %d : f32"]
# exp(-(24 (sigma - i / 31))^2)
BUMPS = ["%i = linalg.index 1 : index", "%j = arith.index_cast %i : index to i32",
         "%f = arith.sitofp %j : i32 to f32", f"%last = arith.constant {FEATURES - 1}.0 : f32",
         "%centre = arith.divf %f, %last : f32", "%d = arith.subf %a0, %centre : f32",
         "%width = arith.constant 24.0 : f32", "%t = arith.mulf %d, %width : f32",
         "%q = arith.mulf %t, %t : f32", "%n = arith.negf %q : f32", "%s = math.exp %n : f32"]
# How an operand is read by a loop over rows and columns, or over one axis.
ROWS, COLUMNS, ONE, FLAT = ("(d0, d1) -> (d0, d1)", "(d0, d1) -> (d1)", "(d0, d1) -> (d0)",
                            "(d0) -> (d0)")


def tensor(*shape, element="f32"):
    return "tensor<" + "".join(f"{d}x" for d in shape) + f"{element}>"


class Network:
    """The text of the network over `m` rows, "?" or a number.

    It reads the values %x [m, CHANNELS], %index [m] (i32), %sigma [1], %class [1] (i32), the
    constant %c0, and the size %m where m is "?".
    """

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
        return tensor(self.m, *shape)

    def elements(self, body, operands, result):
        """A loop over the elements of the type `result`; operands are (value, type, map)."""
        flat = result.count("x") == 1
        maps = [m for _, _, m in operands] + [FLAT if flat else ROWS]
        size = "%m" if "?" in result else ""
        empty = self.emit(f"tensor.empty({size}) : {result}")
        inputs = ", ".join(f"%a{i}: f32" for i in range(len(operands)))
        return self.emit(
            "linalg.generic {indexing_maps = [" + ", ".join(f"affine_map<{m}>" for m in maps)
            + "], iterator_types = [" + ", ".join(['"parallel"'] * (1 if flat else 2)) + "]} ins("
            + ", ".join(v for v, _, _ in operands) + " : " + ", ".join(t for _, t, _ in operands)
            + f") outs({empty} : {result}) {{\n  ^bb0({inputs}, %out: f32):\n"
            + "".join(f"    {line}\n" for line in body)
            + f"    linalg.yield %s : f32\n  }} -> {result}")

    def linear(self, x, key, n, k, m=None):
        w, kind = self.weight(key + ".weight")
        m = self.m if m is None else m
        return self.emit(f"latent.project {x}, {w} : {tensor(m, k)}, {kind} -> {tensor(m, n)}")

    def embed(self, ids, key, m, width):
        table, kind = self.weight(key)
        return self.emit(f"latent.embed {ids}, {table} : {tensor(m, element='i32')}, {kind} -> "
                         f"{tensor(m, width)}")

    def modulations(self):
        """The vectors of AdaLN, one behind another; the bias makes the gains about one."""
        row = tensor(1, WIDTH)
        bumps = self.elements(BUMPS, [("%sigma", tensor(1), ONE)], tensor(1, FEATURES))
        c = self.elements(SILU, [(self.linear(bumps, "time", WIDTH, FEATURES, m=1), row, ROWS),
                                 (self.embed("%class", "class.weight", 1, WIDTH), row, ROWS)], row)
        c = self.linear(c, "cond", WIDTH, WIDTH, m=1)
        c = self.elements(SILU, [(c, row, ROWS), (*self.weight("cond.bias"), COLUMNS)], row)
        size = MODULATIONS * WIDTH
        c = self.linear(c, "mod", size, WIDTH, m=1)
        c = self.emit(f"tensor.collapse_shape {c} [[0, 1]] : {tensor(1, size)} into {tensor(size)}")
        return self.elements(ADD, [(c, tensor(size), FLAT), (*self.weight("mod.bias"), FLAT)],
                             tensor(size))

    def vector(self, mod, number):
        return self.emit(f"tensor.extract_slice {mod}[{number * WIDTH}] [{WIDTH}] [1] : "
                         f"{tensor(MODULATIONS * WIDTH)} to {tensor(WIDTH)}")

    def modulated(self, h, mod, number):
        """rms_norm(h) * gain + shift."""
        gain = self.vector(mod, number)
        n = self.emit(f"latent.rms_norm {h}, {gain} : {self.rows(WIDTH)}, {tensor(WIDTH)}")
        shift = self.vector(mod, number + 1)
        return self.elements(ADD, [(n, self.rows(WIDTH), ROWS), (shift, tensor(WIDTH), COLUMNS)],
                             self.rows(WIDTH))

    def gated(self, h, x, mod, number):
        """h + gate * x."""
        kind = self.rows(WIDTH)
        gate = (self.vector(mod, number), tensor(WIDTH), COLUMNS)
        return self.elements(GATED, [(h, kind, ROWS), (x, kind, ROWS), gate], kind)

    def rotated(self, y, cos, sin):
        # The tables have the rows' places already: row j is turned by row j.
        return self.emit(f"latent.rotary {y}, {cos}, {sin} at(%c0) : {self.rows(HEADS, HEAD)}, "
                         f"{self.rows(HEAD // 2)}")

    def keys(self, k, i):
        """The keys of block `i` as attention takes them."""
        return k

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
            return self.rotated(y, cos, sin)

        q, k = rotated("q"), self.keys(rotated("k"), i)
        v = split(self.linear(x, f"{i}.v", WIDTH, WIDTH))
        o = self.emit(f"latent.attention {q}, {k}, {v} scale({HEAD ** -0.5!r}) : "
                      f"{heads}, {heads}, {heads} -> {heads}")
        o = self.emit(f"tensor.collapse_shape {o} [[0], [1, 2]] : {heads} into {self.rows(WIDTH)}")
        return self.linear(o, f"{i}.o", WIDTH, WIDTH)

    def body(self):
        """Emits the network; returns the value of the clean rows."""
        mod = self.modulations()
        cos, sin = (self.embed("%index", f"rope.{t}", self.m, HEAD // 2) for t in ("cos", "sin"))
        kind, wide, channels = self.rows(WIDTH), self.rows(WIDE), self.rows(CHANNELS)
        h = self.linear("%x", "in", WIDTH, CHANNELS)
        # The position table has the bias of this first projection in it.
        place = self.embed("%index", "position", self.m, WIDTH)
        h = self.elements(ADD, [(h, kind, ROWS), (place, kind, ROWS)], kind)
        for i in range(BLOCKS):
            y = self.attention(self.modulated(h, mod, 6 * i), i, cos, sin)
            h = self.gated(h, y, mod, 6 * i + 2)
            y = self.linear(self.modulated(h, mod, 6 * i + 3), f"{i}.up", WIDE, WIDTH)
            y = self.elements(RELU2, [(y, wide, ROWS)], wide)
            h = self.gated(h, self.linear(y, f"{i}.down", WIDTH, WIDE), mod, 6 * i + 5)
        y = self.linear(self.modulated(h, mod, 6 * BLOCKS), "out", CHANNELS, WIDTH)
        return self.elements(ADD, [(y, channels, ROWS), (*self.weight("out.bias"), COLUMNS)],
                             channels)

    def text(self, name):
        """The network as an entry point."""
        rows = self.rows(CHANNELS)
        dynamic = self.m == "?"
        bound = f", tercet.bound = {TOKENS}, tercet.dims = " if dynamic else ""
        matrix, vector = ('["tokens", ""]', '["tokens"]') if dynamic else ("", "")
        head = (f'func.func @{name}(%x: {rows} {{tercet.name = "x"{bound}{matrix}}},\n'
                f'    %index: {tensor(self.m, element="i32")} {{tercet.name = "index", '
                f'tercet.range = [0, {TOKENS}]{bound}{vector}}},\n'
                f'    %sigma: {tensor(1)} {{tercet.name = "sigma"}},\n'
                f'    %class: {tensor(1, element="i32")} {{tercet.name = "class", '
                f'tercet.range = [0, {CLASSES}]}})\n'
                f'    -> ({rows} {{tercet.name = "clean"}}) {{\n'
                "  %c0 = arith.constant 0 : index\n")
        if dynamic:
            head += f"  %m = tensor.dim %x, %c0 : {rows}\n"
        clean = self.body()
        return head + "\n".join(self.lines) + f"\n  return {clean} : {rows}\n}}\n"


def read_weights(folder=HERE):
    """Name -> MLIR type of the tensors of FILES."""
    return {key: tensor(*value.shape)
            for file in FILES for key, value in safetensors_io.load(folder / file).items()}


def globals_text(weights):
    return "".join(f'ml_program.global private @"{key}"(#ml_program.extern : {kind}) : {kind}\n'
                   for key, kind in weights.items())


def main():
    cos, sin = make_data.rotations(PAIRS)
    safetensors_io.save(HERE / FILES[1], {"rope.cos": cos, "rope.sin": sin})
    weights = read_weights()
    (HERE / "video.mlir").write_text(
        "// A diffusion transformer over any subset of the tokens of a 4x16x16 grid. Written by\n"
        "// make_model.py; weights are in video.safetensors and rotary.safetensors under the\n"
        "// names of the globals. See README.md.\n\n"
        + globals_text(weights) + "\n" + Network(weights, "?").text("denoise"))


if __name__ == "__main__":
    main()

"""Writes stream.mlir: an endless clip, chunk after chunk, as one entry point.

    python make_stream.py

`chunk` takes a class and a seed, whose second number is that of the chunk; noise is drawn from it.
It gives 8 frames of 64 x 64 pixels that go on where the last call ended: the state `history` has
the last 14 frames. The network is that of stream_network.py, called twice a step for
classifier-free guidance. stream_reference.py says the same in NumPy and PyTorch.
"""

import make_model
from make_model import (ADD, BLOCKS, CLASSES, COLUMNS, HEAD, HEADS, HERE, MODULATIONS, ONE, RELU2,
                        ROWS, SILU, TOKENS, WIDE, WIDTH, Network, tensor)
from make_sampler import guidance_text, noise_levels

import make_data
from stream_shapes import FRAMES, HISTORY, NAMES, PARTS, THETA, VALUES, WIDTHS
from stream_shapes import ROWS as PART_ROWS

FILES = ("stream.safetensors",)
STEPS = 6
ALL = HISTORY + TOKENS
SIZE, CHANNELS = make_data.SIZE, make_data.CHANNELS
LESS_ONE = ["%one = arith.constant 1.0 : f32", "%s = arith.subf %a0, %one : f32"]


class StreamNetwork(Network):
    """The text of the network over the rows of the history and of the whole clip.

    It reads the values %history [HISTORY, WIDTH] (embedded), %x [TOKENS, CHANNELS], %sigma [1],
    %class [1] (i32), %cos and %sin [ALL, HEAD / 2].
    """

    def __init__(self, weights):
        super().__init__(weights, ALL)
        self.none = self.emit(f"arith.constant dense<0.0> : {tensor(2, WIDTH)}")
        self.ones = self.emit(f"arith.constant dense<1.0> : {tensor(WIDTH)}")

    def modulations(self):
        """The vectors of AdaLN less 1 and as they are, of rows without noise and of the clip's."""
        pair = tensor(2)
        sigmas = self.elements(
            ["%i = linalg.index 0 : index", "%c0 = arith.constant 0 : index",
             "%first = arith.cmpi eq, %i, %c0 : index", "%zero = arith.constant 0.0 : f32",
             "%s = arith.select %first, %zero, %a0 : f32"], [("%sigma", tensor(1), "(d0) -> (0)")], pair)
        rows = tensor(2, WIDTH)
        bumps = self.elements(make_model.BUMPS, [(sigmas, pair, ONE)], tensor(2, make_model.FEATURES))
        label = self.embed("%class", "class.weight", 1, WIDTH)
        c = self.elements(SILU, [(self.linear(bumps, "time", WIDTH, make_model.FEATURES, m=2), rows, ROWS),
                                 (label, tensor(1, WIDTH), "(d0, d1) -> (0, d1)")], rows)
        c = self.linear(c, "cond", WIDTH, WIDTH, m=2)
        c = self.elements(SILU, [(c, rows, ROWS), (*self.weight("cond.bias"), COLUMNS)], rows)
        size = MODULATIONS * WIDTH
        c = self.linear(c, "mod", size, WIDTH, m=2)
        plain = self.elements(ADD, [(c, tensor(2, size), ROWS), (*self.weight("mod.bias"), COLUMNS)],
                              tensor(2, size))
        return self.elements(LESS_ONE, [(plain, tensor(2, size), ROWS)], tensor(2, size)), plain

    def vectors(self, mod, number):
        return self.emit(f"tensor.extract_slice {mod}[0, {number * WIDTH}] [2, {WIDTH}] [1, 1] : "
                         f"{tensor(2, MODULATIONS * WIDTH)} to {tensor(2, WIDTH)}")

    def segments(self, x, scale, shift):
        return self.emit(f"spatial.segment_modulate {x}, {scale}, {shift} lengths([{HISTORY}, {TOKENS}]) : "
                         f"{self.rows(WIDTH)}, {tensor(2, WIDTH)}")

    def modulated(self, h, mod, number):
        """rms_norm(h) * gain + shift."""
        n = self.emit(f"latent.rms_norm {h}, {self.ones} : {self.rows(WIDTH)}, {tensor(WIDTH)}")
        return self.segments(n, self.vectors(mod[0], number), self.vectors(mod[1], number + 1))

    def gated(self, h, x, mod, number):
        """h + gate * x."""
        kind = self.rows(WIDTH)
        x = self.segments(x, self.vectors(mod[0], number), self.none)
        return self.elements(ADD, [(h, kind, ROWS), (x, kind, ROWS)], kind)

    def keys(self, k, i):
        strength, kind = self.weight(f"{i}.strength")
        # The gain is the op's own, 9.
        return self.emit(f"spatial.scale_keys {k}, {strength} count({HISTORY}) : "
                         f"{self.rows(HEADS, HEAD)}, {kind}")

    def rotated(self, y, cos, sin):
        return self.emit(f"spatial.rope halves {y}, {cos}, {sin} : {self.rows(HEADS, HEAD)}, "
                         f"{self.rows(HEAD // 2)}")

    def bit_linear(self, x, key, n, k):
        w, kind = self.weight(key + ".weight")
        scale, _ = self.weight(key + ".scale")
        return self.emit(f"ternary.linear {x}, {w} scale({scale} : tensor<f32>) : {self.rows(k)}, {kind} -> "
                         f"{self.rows(n)}")

    def body(self):
        """Emits the network; returns the value of the clean rows of the clip."""
        mod = self.modulations()
        clip, channels = tensor(TOKENS, WIDTH), tensor(TOKENS, CHANNELS)
        x = self.linear("%x", "in", WIDTH, CHANNELS, m=TOKENS)
        x = self.elements(ADD, [(x, clip, ROWS), (*self.weight("position"), ROWS)], clip)
        h = joined(self, [("%history", HISTORY), (x, TOKENS)], WIDTH)
        wide = self.rows(WIDE)
        for i in range(BLOCKS):
            y = self.attention(self.modulated(h, mod, 6 * i), i, "%cos", "%sin")
            h = self.gated(h, y, mod, 6 * i + 2)
            y = self.bit_linear(self.modulated(h, mod, 6 * i + 3), f"{i}.up", WIDE, WIDTH)
            y = self.elements(RELU2, [(y, wide, ROWS)], wide)
            h = self.gated(h, self.bit_linear(y, f"{i}.down", WIDTH, WIDE), mod, 6 * i + 5)
        y = self.modulated(h, mod, 6 * BLOCKS)
        y = self.emit(f"tensor.extract_slice {y}[{HISTORY}, 0] [{TOKENS}, {WIDTH}] [1, 1] : "
                      f"{self.rows(WIDTH)} to {clip}")
        y = self.linear(y, "out", CHANNELS, WIDTH, m=TOKENS)
        return self.elements(ADD, [(y, channels, ROWS), (*self.weight("out.bias"), COLUMNS)], channels)


def joined(net, parts, width):
    """Rows (value, count) one behind another."""
    total = sum(count for _, count in parts)
    return net.emit("tensor.concat dim(0) " + ", ".join(value for value, _ in parts) + " : ("
                    + ", ".join(tensor(count, width) for _, count in parts) + f") -> {tensor(total, width)}")


def history_text(net):
    """Emits what the history's frames and the places of all rows are; returns their values."""
    frames = f"tensor<{FRAMES}x{SIZE}x{SIZE}x1xf32>"
    old, parts, at = net.emit(f"ml_program.global_load @history : {frames}"), [], 0
    for name, (count, patch), rows, values in zip(NAMES, PARTS, PART_ROWS, VALUES):
        part = f"tensor<{count}x{SIZE}x{SIZE}x1xf32>"
        x = net.emit(f"tensor.extract_slice {old}[{at}, 0, 0, 0] [{count}, {SIZE}, {SIZE}, 1] [1, 1, 1, 1] : "
                     f"{frames} to {part}")
        x = net.emit(f"spatial.patchify {x} patch({list(patch)}) : {part} -> {tensor(rows, values)}")
        x = net.linear(x, name, WIDTH, values, m=rows)
        kind = tensor(rows, WIDTH)
        parts.append((net.elements(ADD, [(x, kind, ROWS), (*net.weight(f"{name}.position"), ROWS)], kind), rows))
        at += count
    rows = joined(net, parts, WIDTH)
    pieces, start = [], 0
    _, h, w = make_data.GRID
    for (count, patch), number in zip((*PARTS, (make_data.FRAMES, make_data.PATCH)), (*PART_ROWS, TOKENS)):
        pool = [n // m for n, m in zip(patch, make_data.PATCH)]
        name = f"%{net.counter}"
        net.counter += 1
        net.lines.append(
            f"  {name}:2 = spatial.rope_table grid(#spatial.grid<{count // 2}, {h}, {w}>) widths({list(WIDTHS)}) "
            f"theta({THETA}) start([{start}, 0, 0]) pool({pool}) : {tensor(number, HEAD // 2)}")
        pieces.append((name, number))
        start += count // 2
    tables = [joined(net, [(f"{name}#{which}", number) for name, number in pieces], HEAD // 2)
              for which in (0, 1)]
    return old, rows, *tables


def text(weights):
    net = StreamNetwork(weights)
    clean = net.body()
    whole, label = tensor(TOKENS, CHANNELS), tensor(1, element="i32")
    kinds = [tensor(HISTORY, WIDTH), whole, tensor(1), label, tensor(ALL, HEAD // 2), tensor(ALL, HEAD // 2)]
    names = ["history", "x", "sigma", "class", "cos", "sin"]
    network = ("func.func private @network(" + ", ".join(f"%{n}: {k}" for n, k in zip(names, kinds))
               + f") -> {whole} {{\n" + "\n".join(net.lines) + f"\n  return {clean} : {whole}\n}}\n")

    outer = Network(weights, ALL)
    old, rows, cos, sin = history_text(outer)
    levels = ", ".join(repr(s) for s in noise_levels(STEPS))
    seed, clip = tensor(2, element="i32"), f"tensor<8x{SIZE}x{SIZE}xf32>"
    frames, chunk = f"tensor<{FRAMES}x{SIZE}x{SIZE}x1xf32>", f"tensor<8x{SIZE}x{SIZE}x1xf32>"
    free, index = tensor("?", CHANNELS), tensor("?", element="i32")
    call = (f"func.call @network({rows}, %x, %sigma, %{{}}, {cos}, {sin}) : ({', '.join(kinds)}) -> {whole}")
    t, h, w = make_data.GRID
    all4 = "affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>"
    return network + f"""
ml_program.global private mutable @history(dense<-1.0> : {frames}) : {frames}

func.func @chunk(%seed: {seed} {{tercet.name = "seed"}},
    %class: {label} {{tercet.name = "class", tercet.range = [0, {CLASSES - 1}]}})
    -> ({clip} {{tercet.name = "clip"}}) {{
  %none = arith.constant dense<{CLASSES - 1}> : {label}
""" + "\n".join(outer.lines) + f"""
  %noise = spatial.random_normal %seed : {seed} -> {whole}
  %tokens = spatial.sample %noise grid<{t}, {h}, {w}> stages [[{STEPS}, {TOKENS}]] sigmas [{levels}]
      gives(clean) : {whole} {{
  ^bb0(%any: {free}, %index: {index}, %sigma: {tensor(1)}):
    // All tokens are active: the sizes are known.
    %x = tensor.cast %any : {free} to {whole}
    %named = {call.format("class")}
    %free = {call.format("none")}
    %empty = tensor.empty() : {whole}{guidance_text(whole)}
    %given = tensor.cast %clean : {whole} to {free}
    spatial.yield %given : {free}
  }}
  %made = spatial.unpatchify %tokens patch({list(make_data.PATCH)}) : {whole} -> {chunk}
  // What overshoots black or white would be amplified from chunk to chunk.
  %blank = tensor.empty() : {chunk}
  %video = linalg.generic {{indexing_maps = [{all4}, {all4}], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}}
      ins(%made : {chunk}) outs(%blank : {chunk}) {{
  ^bb1(%a: f32, %out: f32):
    %low = arith.constant -1.0 : f32
    %high = arith.constant 1.0 : f32
    %b = arith.maximumf %a, %low : f32
    %s = arith.minimumf %b, %high : f32
    linalg.yield %s : f32
  }} -> {chunk}
  %new = spatial.history_push {old}, %video : {frames}, {chunk}
  ml_program.global_store @history = %new : {frames}
  %clip = tensor.collapse_shape %video [[0], [1], [2, 3]] : {chunk} into {clip}
  return %clip : {clip}
}}
"""


def main():
    weights = {}
    for key, value in make_model.safetensors_io.load(HERE / FILES[0]).items():
        element = "!ternary.trit" if value.dtype == "int8" else "f32"
        weights[key] = tensor(*value.shape, element=element)
    (HERE / "stream.mlir").write_text(
        "// An endless clip, chunk after chunk, over the network of stream_network.py. Written by\n"
        "// make_stream.py; weights are in stream.safetensors.\n\n"
        + make_model.globals_text(weights) + "\n" + text(weights))


if __name__ == "__main__":
    main()

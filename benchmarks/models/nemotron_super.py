"""Writes the MLIR of a model with the layers and widths of Nemotron 3 Super: what compiling
a large model costs is measured on it.

    python nemotron_super.py --layers=88 > super.mlir

M is a Mamba-2 layer, E a mixture of 512 experts in a latent space, * attention. `decode`
takes one token at a position, `prefill` any number of them up to the context. Matrices are
ternary, in the weight file or made of its floats (--masters); embedding, router and norms
are f32. --shrink divides the widths, for tests. --values writes a weight file, of values
that repeat, to measure encoding on.
"""
import argparse
import json
import random
import struct

PATTERN = ("MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEM*EMEMEMEME")


class Widths:
    """Widths divided by `shrink`, never below what every kind of layer needs."""

    def __init__(self, shrink, context):
        self.context = context
        self.hidden, self.latent, self.vocabulary = 4096 // shrink, 1024 // shrink, 131072 // shrink
        self.experts, self.expert, self.shared = max(512 // shrink, 8), 2688 // shrink, 5376 // shrink
        self.chosen = min(22, self.experts // 4)
        self.heads, self.groups, self.head = 32 // min(shrink, 8), 2, max(128 // shrink, 16)
        self.mamba_heads, self.mamba_head = max(128 // shrink, 4), max(64 // shrink, 16)
        self.state, self.mamba_groups, self.conv = max(128 // shrink, 16), min(8, max(128 // shrink, 4)), 4
        self.inner = self.mamba_heads * self.mamba_head
        self.mixed = self.inner + 2 * self.mamba_groups * self.state


class Function:
    """The text of one entry point over `m` tokens, "?" or a number."""

    def __init__(self, model, m):
        self.model, self.w, self.m = model, model.widths, m
        self.lines, self.counter, self.loaded = [], 0, {}

    def emit(self, text):
        name = f"%{self.counter}"
        self.counter += 1
        self.lines.append(f"  {name} = {text}")
        return name

    def weight(self, key, *shape, element="f32"):
        """The SSA value and the type of a weight."""
        kind = "tensor<" + "".join(f"{n}x" for n in shape) + element + ">"
        self.model.weights[key] = kind
        if key not in self.loaded:
            self.loaded[key] = self.emit(f'ml_program.global_load_const @"{key}" : {kind}')
        return self.loaded[key], kind

    def rows(self, *shape):
        return "tensor<" + "x".join(str(n) for n in (self.m, *shape)) + "xf32>"

    def matrix(self, key, *shape):
        """A ternary matrix, or one for each expert, its scales and their types."""
        masters = self.model.masters
        w, kind = self.weight(f"{key}.weight", *shape, element=masters or "!ternary.trit")
        scale = "tensor<" + "".join(f"{n}x" for n in shape[:-2]) + "f32>"
        if not masters:
            return w, self.weight(f"{key}.scale", *shape[:-2])[0], kind, scale
        trits = kind.replace(f"x{masters}>", "x!ternary.trit>")
        if key not in self.loaded:
            self.loaded[key] = self.emit(f"ternary.ternarize {w} : {kind} -> {trits}, {scale}")
            self.lines[-1] = self.lines[-1].replace(" =", ":2 =", 1)
        return f"{self.loaded[key]}#0", f"{self.loaded[key]}#1", trits, scale

    def clause(self, word, key, *shape):
        w, s, kind, scale = self.matrix(key, *shape)
        return f"{word}({w}, {s} : {kind}, {scale})"

    def linear(self, x, key, n, k, norm=None):
        w, s, kind, _ = self.matrix(key, n, k)
        scale = f" scale({s} : tensor<f32>)"
        gain = ""
        if norm:
            value, gain_kind = self.weight(norm, k)
            gain = f" norm({value} : {gain_kind})"
        return self.emit(f"latent.project {x}, {w}{scale}{gain} : {self.rows(k)}, {kind} -> {self.rows(n)}")

    def add(self, x, y):
        return self.emit(f"arith.addf {x}, {y} : {self.rows(self.w.hidden)}")

    def state(self, name, *shape):
        kind = "tensor<" + "".join(f"{n}x" for n in shape) + "f32>"
        self.model.states[name] = kind
        return self.emit(f"ml_program.global_load @{name} : {kind}"), kind

    def attention(self, h, layer):
        w, key = self.w, f"{layer}.attention"
        count = "%m" if self.m == "?" else self.m

        def split(x, heads):
            return self.emit(f"tensor.expand_shape {x} [[0], [1, 2]] output_shape [{count}, {heads}, {w.head}] : "
                             f"{self.rows(heads * w.head)} into {self.rows(heads, w.head)}")

        def cached(x, which):
            old, state = self.state(f"cache.{layer}.{which}", w.context, w.groups, w.head)
            new = self.emit(f"tensor.insert_slice {x} into {old}[%position, 0, 0] [{count}, {w.groups}, {w.head}] "
                            f"[1, 1, 1] : {self.rows(w.groups, w.head)} into {state}")
            self.lines.append(f"  ml_program.global_store @cache.{layer}.{which} = {new} : {state}")
            return new, state

        q, k, v = (split(self.linear(h, f"{key}.{part}", heads * w.head, w.hidden, f"{key}.norm"), heads)
                   for part, heads in (("q", w.heads), ("k", w.groups), ("v", w.groups)))
        keys, state = cached(k, "k")
        values, _ = cached(v, "v")
        o = self.emit(f"latent.attention {q}, {keys}, {values} length(%length) causal scale({w.head ** -0.5!r}) : "
                      f"{self.rows(w.heads, w.head)}, {state}, {state} -> {self.rows(w.heads, w.head)}")
        o = self.emit(f"tensor.collapse_shape {o} [[0], [1, 2]] : "
                      f"{self.rows(w.heads, w.head)} into {self.rows(w.heads * w.head)}")
        return self.add(h, self.linear(o, f"{key}.o", w.hidden, w.heads * w.head))

    def mixer(self, h, layer):
        w, key = self.w, f"{layer}.mixer"

        def plain(word, *parts):
            values = [self.weight(f"{key}.{name}", *shape) for name, *shape in parts]
            kinds = [kind for _, kind in values]
            if word == "heads":  # three of one type
                kinds = kinds[:1]
            return f"{word}({', '.join(value for value, _ in values)} : {', '.join(kinds)})"

        steps, steps_kind = self.state(f"conv.{layer}", w.conv - 1, w.mixed)
        state, state_kind = self.state(f"state.{layer}", w.mamba_heads, w.mamba_head, w.state)
        parts = [plain("norm", ("norm", w.hidden)),
                 self.clause("in_project", f"{key}.in", w.inner + w.mixed + w.mamba_heads, w.hidden),
                 plain("conv", ("conv", w.mixed, w.conv), ("conv.bias", w.mixed)),
                 plain("heads", *((name, w.mamba_heads) for name in ("a_log", "dt_bias", "skip"))),
                 plain("gate_norm", ("gate_norm", w.inner)),
                 self.clause("out_project", f"{key}.out", w.hidden, w.inner),
                 f"states({steps}, {state} : {steps_kind}, {state_kind})"]
        name = self.emit(f"latent.mamba groups({w.mamba_groups}) {h}\n      " + "\n      ".join(parts)
                         + f"\n      residual : {self.rows(w.hidden)}")
        self.lines[-1] = self.lines[-1].replace(f"{name} =", f"{name}:3 =", 1)
        self.lines.append(f"  ml_program.global_store @conv.{layer} = {name}#1 : {steps_kind}")
        self.lines.append(f"  ml_program.global_store @state.{layer} = {name}#2 : {state_kind}")
        return f"{name}#0"

    def experts(self, h, layer):
        w, key = self.w, f"{layer}.experts"
        gain, gain_kind = self.weight(f"{key}.norm", w.hidden)
        router, router_kind = self.weight(f"{key}.router", w.experts, w.hidden)
        bias, bias_kind = self.weight(f"{key}.bias", w.experts)
        parts = [f"norm({gain} : {gain_kind})", f"router({router}, {bias} : {router_kind}, {bias_kind})",
                 self.clause("down_project", f"{key}.down_project", w.latent, w.hidden),
                 self.clause("up", f"{key}.up", w.experts, w.expert, w.latent),
                 self.clause("down", f"{key}.down", w.experts, w.latent, w.expert),
                 self.clause("up_project", f"{key}.up_project", w.hidden, w.latent),
                 self.clause("shared_up", f"{key}.shared_up", w.shared, w.hidden),
                 self.clause("shared_down", f"{key}.shared_down", w.hidden, w.shared)]
        return self.emit(f"latent.moe <relu2> #latent.routing<top_k = {w.chosen}, scale = 5.0 : f32> {h}\n      "
                         + "\n      ".join(parts) + f"\n      residual : {self.rows(w.hidden)}")

    def text(self, name, pattern):
        w = self.w
        tokens = f"tensor<{self.m}xi32>"
        bound = f", tercet.bound = {w.context}" if self.m == "?" else ""
        head = (f"func.func @{name}(%tokens: {tokens} {{tercet.name = \"tokens\", "
                f"tercet.range = [0, {w.vocabulary}]{bound}}},\n"
                f"    %position: index {{tercet.name = \"position\", tercet.bound = {w.context - 1}}})\n"
                f"    -> ({self.rows(w.vocabulary)} {{tercet.name = \"logits\"}}) {{\n")
        if self.m == "?":
            head += f"  %c0 = arith.constant 0 : index\n  %m = tensor.dim %tokens, %c0 : {tokens}\n"
        else:
            head += f"  %m = arith.constant {self.m} : index\n"
        head += "  %length = arith.addi %position, %m : index\n"
        table, kind = self.weight("embed", w.vocabulary, w.hidden)
        h = self.emit(f"latent.embed %tokens, {table} : {tokens}, {kind} -> {self.rows(w.hidden)}")
        layers = {"M": self.mixer, "E": self.experts, "*": self.attention}
        for i, layer in enumerate(pattern):
            h = layers[layer](h, i)
        logits = self.linear(h, "head", w.vocabulary, w.hidden, "final.norm")
        return head + "\n".join(self.lines) + f"\n  return {logits} : {self.rows(w.vocabulary)}\n}}"


class Model:
    def __init__(self, widths, pattern, entries, masters=None):
        self.widths, self.masters, self.weights, self.states = widths, masters, {}, {}
        functions = [Function(self, "?" if entry == "prefill" else 1).text(entry, pattern) for entry in entries]
        globals_ = [f'ml_program.global private @"{key}"(#ml_program.extern : {kind}) : {kind}'
                    for key, kind in self.weights.items()]
        globals_ += [f"ml_program.global private mutable @{name}(dense<0.0> : {kind}) : {kind}"
                     for name, kind in self.states.items()]
        self.text = "\n".join(globals_ + functions)


    def write_values(self, path):
        """Every float has a size from 1/2 to 2 and any sign; trits are even."""
        draw, header, blocks, at = random.Random(1), {}, [], 0
        names = {"f32": ("F32", 4), "bf16": ("BF16", 2), "f16": ("F16", 2), "!ternary.trit": ("I8", 1)}
        repeated = {}
        for key, kind in self.weights.items():
            *shape, element = kind[len("tensor<"):-1].split("x")
            dtype, size = names[element]
            for n in shape:
                size *= int(n)
            header[key] = {"dtype": dtype, "shape": [int(n) for n in shape], "data_offsets": [at, at + size]}
            at += size
            blocks.append((dtype, size))
        for dtype in {dtype for dtype, _ in blocks}:
            block = bytearray(draw.randbytes(1 << 22))
            if dtype == "I8":
                block = bytearray(b % 3 + 255 & 255 for b in block)
            else:
                step = {"F32": 4, "BF16": 2, "F16": 2}[dtype]
                block[step - 1::step] = bytes((0x38 if dtype == "F16" else 0x3f) | b & 0x80 for b in block[step - 1::step])
            repeated[dtype] = bytes(block)
        text = json.dumps(header).encode()
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for dtype, size in blocks:
                while size:
                    piece = repeated[dtype][:size]
                    file.write(piece)
                    size -= len(piece)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=len(PATTERN))
    parser.add_argument("--pattern", help="other layers than those of the model, such as EEE*")
    parser.add_argument("--shrink", type=int, default=1, help="a power of 2 that widths are divided by")
    parser.add_argument("--context", type=int, default=4096)
    parser.add_argument("--entries", default="decode", help="decode, prefill or both, with a comma")
    parser.add_argument("--masters", choices=("f32", "bf16", "f16"), help="matrices are made of floats of this type")
    parser.add_argument("--values", metavar="FILE", help="also writes a weight file")
    options = parser.parse_args()
    pattern = options.pattern or PATTERN[:options.layers]
    model = Model(Widths(options.shrink, options.context), pattern, options.entries.split(","), options.masters)
    print(model.text)
    if options.values:
        model.write_values(options.values)


if __name__ == "__main__":
    main()

"""Writes charlm.mlir, the model as text with two entry points, and what goes with it:
rotary.safetensors and alphabet.txt.

    python make_model.py

Both entry points read token ids at a position and keep keys and values in the
session: `prefill` takes any number of tokens up to the context, `decode` one. They
share every weight and every state.
"""
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import safetensors_io  # noqa: E402

CONTEXT, WIDTH, LAYERS = 512, 128, 4
HEADS, GROUPS, HEAD = 4, 2, 32
EXPERTS, TOP_K = 32, 4
FILES = ("charlm.safetensors", "rotary.safetensors")


class Function:
    """The text of one entry point over `m` tokens, "?" or a number."""

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

    def rows(self, *shape, element="f32"):
        return "tensor<" + "x".join(str(d) for d in (self.m, *shape)) + f"x{element}>"

    def norm(self, x, key, *shape):
        gain, kind = self.weight(key)
        return self.emit(f"latent.rms_norm {x}, {gain} : {self.rows(*shape)}, {kind}")

    def linear(self, x, key, n, k, norm=None):
        w, kind = self.weight(key + ".weight")
        scale = f" scale({self.weight(key + '.scale')[0]} : tensor<f32>)" if "trit" in kind else ""
        gain = ""
        if norm:
            value, gain_kind = self.weight(norm)
            gain = f" norm({value} : {gain_kind})"
        return self.emit(f"latent.project {x}, {w}{scale}{gain} : {self.rows(k)}, {kind} -> {self.rows(n)}")

    def split(self, x, heads):
        sizes = f"[{'%m' if self.m == '?' else self.m}, {heads}, {HEAD}]"
        return self.emit(f"tensor.expand_shape {x} [[0], [1, 2]] output_shape {sizes} : "
                         f"{self.rows(heads * HEAD)} into {self.rows(heads, HEAD)}")

    def add(self, x, y):
        return self.emit(f"arith.addf {x}, {y} : {self.rows(WIDTH)}")

    def attention(self, h, layer):
        name = f"{layer}.attn"
        cos, table = self.weight("rope.cos")
        sin, _ = self.weight("rope.sin")

        def rotated(x, heads, gain):
            x = self.norm(self.split(x, heads), gain, heads, HEAD)
            return self.emit(f"latent.rotary {x}, {cos}, {sin} at(%position) : "
                             f"{self.rows(heads, HEAD)}, {table}")

        def cached(x, which):
            state = f"tensor<{CONTEXT}x{GROUPS}x{HEAD}xf32>"
            old = self.emit(f"ml_program.global_load @cache.{layer}.{which} : {state}")
            count = "%m" if self.m == "?" else self.m
            new = self.emit(f"tensor.insert_slice {x} into {old}[%position, 0, 0] "
                            f"[{count}, {GROUPS}, {HEAD}] [1, 1, 1] : {self.rows(GROUPS, HEAD)} into {state}")
            self.lines.append(f"  ml_program.global_store @cache.{layer}.{which} = {new} : {state}")
            return new, state

        q = rotated(self.linear(h, f"{name}.q", WIDTH, WIDTH, f"{name}.norm"), HEADS, f"{name}.q_norm")
        k = rotated(self.linear(h, f"{name}.k", GROUPS * HEAD, WIDTH, f"{name}.norm"), GROUPS, f"{name}.k_norm")
        v = self.split(self.linear(h, f"{name}.v", GROUPS * HEAD, WIDTH, f"{name}.norm"), GROUPS)
        keys, state = cached(k, "k")
        values, _ = cached(v, "v")
        o = self.emit(f"latent.attention {q}, {keys}, {values} length(%length) causal scale({HEAD ** -0.5!r}) : "
                      f"{self.rows(HEADS, HEAD)}, {state}, {state} -> {self.rows(HEADS, HEAD)}")
        o = self.emit(f"tensor.collapse_shape {o} [[0], [1, 2]] : "
                      f"{self.rows(HEADS, HEAD)} into {self.rows(WIDTH)}")
        return self.add(h, self.linear(o, f"{name}.o", WIDTH, WIDTH, f"{name}.o.norm"))

    def moe(self, h, layer):
        def both(keyword, key):
            value, kind = self.weight(f"{layer}.moe.{key}.weight")
            scale, scale_kind = self.weight(f"{layer}.moe.{key}.scale")
            return f"{keyword}({value}, {scale} : {kind}, {scale_kind})"

        def one(keyword, key):
            value, kind = self.weight(f"{layer}.moe.{key}")
            return f"{keyword}({value} : {kind})"

        router, router_kind = self.weight(f"{layer}.moe.router.weight")
        bias, bias_kind = self.weight(f"{layer}.moe.router.bias")
        parts = [one("norm", "norm"), f"router({router}, {bias} : {router_kind}, {bias_kind})",
                 both("down_project", "down"), one("latent_norm", "latent_norm"),
                 both("up", "experts.up"), both("down", "experts.down"),
                 one("combine_norm", "combine_norm"), both("up_project", "up"),
                 both("shared_up", "shared.up"), both("shared_down", "shared.down")]
        return self.emit(f"latent.moe <relu2> #latent.routing<top_k = {TOP_K}, scale = 2.5 : f32> {h}\n      "
                         + "\n      ".join(parts) + f"\n      residual : {self.rows(WIDTH)}")

    def text(self, name, vocabulary):
        tokens = f"tensor<{self.m}xi32>"
        bound = f", tercet.bound = {CONTEXT}" if self.m == "?" else ""
        head = (f"func.func @{name}(%tokens: {tokens} {{tercet.name = \"tokens\", "
                f"tercet.range = [0, {vocabulary}]{bound}}},\n"
                f"    %position: index {{tercet.name = \"position\", tercet.bound = {CONTEXT - 1}}})\n"
                f"    -> ({self.rows(vocabulary)} {{tercet.name = \"logits\"}}) {{\n")
        if self.m == "?":
            head += f"  %c0 = arith.constant 0 : index\n  %m = tensor.dim %tokens, %c0 : {tokens}\n"
        else:
            head += f"  %m = arith.constant {self.m} : index\n"
        head += "  %length = arith.addi %position, %m : index\n"
        table, kind = self.weight("embed.weight")
        h = self.emit(f"latent.embed %tokens, {table} : {tokens}, {kind} -> {self.rows(WIDTH)}")
        for layer in range(LAYERS):
            h = self.moe(self.attention(h, layer), layer)
        logits = self.linear(h, "head", vocabulary, WIDTH, "final.norm")
        return head + "\n".join(self.lines) + f"\n  return {logits} : {self.rows(vocabulary)}\n}}\n"


def write_rotary():
    """Cosines and sines of position * 10000^(-i / 16), [CONTEXT, HEAD / 2]."""
    angles = np.arange(CONTEXT)[:, None] * 10000.0 ** (-np.arange(HEAD // 2) / (HEAD // 2))
    safetensors_io.save(HERE / "rotary.safetensors", {
        "rope.cos": np.cos(angles).astype(np.float32), "rope.sin": np.sin(angles).astype(np.float32)})


def main():
    write_rotary()
    alphabet = safetensors_io.load(HERE / FILES[0])["alphabet"]
    (HERE / "alphabet.txt").write_bytes(bytes(alphabet))
    weights = {}
    for file in FILES:
        for key, value in safetensors_io.load(HERE / file).items():
            element = {"int8": "!ternary.trit", "float32": "f32"}.get(str(value.dtype))
            if element:
                weights[key] = "tensor<" + "".join(f"{d}x" for d in value.shape) + f"{element}>"
    vocabulary = int(weights["head.weight"].split("<")[1].split("x")[0])
    lines = ["// A character model: four blocks of attention and ternary experts in a latent",
             "// space. Written by make_model.py; weights are in charlm.safetensors and",
             "// rotary.safetensors under the names of the globals. See README.md.", ""]
    for key, kind in weights.items():
        lines.append(f'ml_program.global private @"{key}"(#ml_program.extern : {kind}) : {kind}')
    state = f"tensor<{CONTEXT}x{GROUPS}x{HEAD}xf32>"
    for layer in range(LAYERS):
        for which in "kv":
            lines.append(f"ml_program.global private mutable @cache.{layer}.{which}(dense<0.0> : {state}) : {state}")
    for name, m in (("prefill", "?"), ("decode", 1)):
        lines += ["", Function(weights, m).text(name, vocabulary)[:-1]]
    (HERE / "charlm.mlir").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

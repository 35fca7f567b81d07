"""Writes a small model with the layer pattern of Nemotron 3 Super: nemotron_tiny.mlir with
two entry points, and nemotron_tiny.safetensors with random weights, the same every time.

    python make_model.py FOLDER [--pattern=PATTERN]

The names of the weights are those of a released checkpoint, and so are the shapes but for
their widths: the same text with other numbers is the real model. `prefill` takes any number
of tokens up to the context, `decode` one; both continue what the session's states hold.
Needs nothing but Python.
"""
import argparse
import json
import math
import pathlib
import random
import struct

# M: Mamba-2, E: experts in a latent space, *: attention.
PATTERN = ("MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*"
           "EMEMEMEM*EMEMEMEME")
WIDTH, VOCABULARY, CONTEXT = 32, 64, 64
HEADS, KEY_HEADS, HEAD = 4, 2, 8
MAMBA_HEADS, MAMBA_HEAD, GROUPS, STATES, CONV = 4, 12, 2, 16, 4
EXPERTS, TOP_K, LATENT, EXPERT_WIDTH, SHARED_WIDTH, ROUTED_SCALE = 8, 3, 16, 20, 40, 5.0
INNER = MAMBA_HEADS * MAMBA_HEAD
CHANNELS = INNER + 2 * GROUPS * STATES
PROJECTED = INNER + CHANNELS + MAMBA_HEADS
EPS = 1e-5


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def make_weights(pattern):
    """Name -> (shape, floats in row-major order), in the order in which they are drawn."""
    rng = random.Random(2026)
    weights = {}

    def draw(name, shape, next_value):
        weights[name] = (shape, [f32(next_value()) for _ in range(math.prod(shape))])

    def linear(name, *shape):
        scale = shape[-1] ** -0.5
        draw(name, shape, lambda: rng.gauss(0, scale))

    def gain(name, size):
        draw(name, (size,), lambda: rng.uniform(0.5, 1.5))

    draw("model.embeddings.weight", (VOCABULARY, WIDTH), lambda: rng.gauss(0, 1))
    for i, kind in enumerate(pattern):
        gain(f"model.layers.{i}.norm.weight", WIDTH)
        mixer = f"model.layers.{i}.mixer."
        if kind == "M":
            linear(mixer + "in_proj.weight", PROJECTED, WIDTH)
            linear(mixer + "conv1d.weight", CHANNELS, 1, CONV)
            draw(mixer + "conv1d.bias", (CHANNELS,), lambda: rng.gauss(0, 0.1))
            draw(mixer + "A_log", (MAMBA_HEADS,), lambda: math.log(rng.uniform(0.5, 8)))
            # Steps from 0.003 to 0.3 where the projection adds nothing.
            draw(mixer + "dt_bias", (MAMBA_HEADS,), lambda: math.log(math.expm1(10 ** rng.uniform(-2.5, -0.5))))
            draw(mixer + "D", (MAMBA_HEADS,), lambda: rng.uniform(0.5, 1.5))
            gain(mixer + "norm.weight", INNER)
            linear(mixer + "out_proj.weight", WIDTH, INNER)
        elif kind == "E":
            linear(mixer + "gate.weight", EXPERTS, WIDTH)
            draw(mixer + "gate.e_score_correction_bias", (EXPERTS,), lambda: rng.gauss(0, 0.1))
            linear(mixer + "fc1_latent_proj.weight", LATENT, WIDTH)
            linear(mixer + "experts.up_proj", EXPERTS, EXPERT_WIDTH, LATENT)
            linear(mixer + "experts.down_proj", EXPERTS, LATENT, EXPERT_WIDTH)
            linear(mixer + "fc2_latent_proj.weight", WIDTH, LATENT)
            linear(mixer + "shared_experts.up_proj.weight", SHARED_WIDTH, WIDTH)
            linear(mixer + "shared_experts.down_proj.weight", WIDTH, SHARED_WIDTH)
        elif kind == "*":
            linear(mixer + "q_proj.weight", HEADS * HEAD, WIDTH)
            linear(mixer + "k_proj.weight", KEY_HEADS * HEAD, WIDTH)
            linear(mixer + "v_proj.weight", KEY_HEADS * HEAD, WIDTH)
            linear(mixer + "o_proj.weight", WIDTH, HEADS * HEAD)
        else:
            raise SystemExit(f"error: '{kind}' in the pattern is no layer; there are M, E and *")
    gain("model.norm_f.weight", WIDTH)
    linear("lm_head.weight", VOCABULARY, WIDTH)
    return weights


def save(path, weights):
    """A safetensors file."""
    header, offset = {}, 0
    for name, (shape, values) in weights.items():
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + 4 * len(values)]}
        offset += 4 * len(values)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for _, values in weights.values():
            f.write(struct.pack(f"<{len(values)}f", *values))


def type_of(shape):
    return "tensor<" + "".join(f"{d}x" for d in shape) + "f32>"


class Function:
    """The text of one entry point over `m` tokens, "?" or a number."""

    def __init__(self, weights, states, m):
        self.types = {name: type_of(shape) for name, (shape, _) in weights.items()}
        self.states, self.m, self.lines, self.counter = states, m, [], 0

    def emit(self, text, results=1):
        """The value that the operation gives, or the values."""
        name = f"%{self.counter}"
        self.counter += 1
        self.lines.append(f"  {name}{f':{results}' if results > 1 else ''} = {text}")
        return name if results == 1 else [f"{name}#{i}" for i in range(results)]

    def weight(self, key):
        return self.emit(f'ml_program.global_load_const @"{key}" : {self.types[key]}')

    def one(self, keyword, key):
        return f"{keyword}({self.weight(key)} : {self.types[key]})"

    def many(self, keyword, *keys):
        values = ", ".join(self.weight(key) for key in keys)
        return f"{keyword}({values} : {', '.join(self.types[key] for key in keys)})"

    def rows(self, *shape, element="f32"):
        return "tensor<" + "x".join(str(d) for d in (self.m, *shape)) + f"x{element}>"

    def load(self, state):
        return self.emit(f'ml_program.global_load @"{state}" : {type_of(self.states[state])}')

    def store(self, state, value):
        self.lines.append(f'  ml_program.global_store @"{state}" = {value} : {type_of(self.states[state])}')

    def linear(self, x, key, n, k, norm=None):
        weight = self.weight(key)
        gain = f" {self.one('norm', norm)}" if norm else ""
        return self.emit(f"latent.project {x}, {weight}{gain} : {self.rows(k)}, {self.types[key]} -> {self.rows(n)}")

    def mamba(self, h, i):
        mixer = f"model.layers.{i}.mixer."
        taps = self.weight(mixer + "conv1d.weight")
        flat = type_of((CHANNELS, CONV))
        taps = self.emit(f"tensor.collapse_shape {taps} [[0, 1], [2]] : {self.types[mixer + 'conv1d.weight']} into {flat}")
        bias = self.weight(mixer + "conv1d.bias")
        heads = ", ".join(self.weight(mixer + key) for key in ("A_log", "dt_bias", "D"))
        conv, ssm = self.load(f"conv.{i}"), self.load(f"ssm.{i}")
        kinds = f"{type_of(self.states[f'conv.{i}'])}, {type_of(self.states[f'ssm.{i}'])}"
        parts = [self.one("norm", f"model.layers.{i}.norm.weight"), self.one("in_project", mixer + "in_proj.weight"),
                 f"conv({taps}, {bias} : {flat}, {self.types[mixer + 'conv1d.bias']})",
                 f"heads({heads} : {self.types[mixer + 'D']})", self.one("gate_norm", mixer + "norm.weight"),
                 self.one("out_project", mixer + "out_proj.weight"), f"states({conv}, {ssm} : {kinds})"]
        h, conv, ssm = self.emit(f"latent.mamba groups({GROUPS}) {h}\n      " + "\n      ".join(parts)
                                 + f"\n      residual : {self.rows(WIDTH)}", results=3)
        self.store(f"conv.{i}", conv)
        self.store(f"ssm.{i}", ssm)
        return h

    def experts(self, h, i):
        mixer = f"model.layers.{i}.mixer."
        parts = [self.one("norm", f"model.layers.{i}.norm.weight"),
                 self.many("router", mixer + "gate.weight", mixer + "gate.e_score_correction_bias"),
                 self.one("down_project", mixer + "fc1_latent_proj.weight"), self.one("up", mixer + "experts.up_proj"),
                 self.one("down", mixer + "experts.down_proj"), self.one("up_project", mixer + "fc2_latent_proj.weight"),
                 self.one("shared_up", mixer + "shared_experts.up_proj.weight"),
                 self.one("shared_down", mixer + "shared_experts.down_proj.weight")]
        return self.emit(f"latent.moe <relu2> #latent.routing<top_k = {TOP_K}, scale = {ROUTED_SCALE} : f32> {h}\n      "
                         + "\n      ".join(parts) + f"\n      residual : {self.rows(WIDTH)}")

    def split(self, x, heads):
        sizes = f"[{'%m' if self.m == '?' else self.m}, {heads}, {HEAD}]"
        return self.emit(f"tensor.expand_shape {x} [[0], [1, 2]] output_shape {sizes} : "
                         f"{self.rows(heads * HEAD)} into {self.rows(heads, HEAD)}")

    def attention(self, h, i):
        mixer, norm = f"model.layers.{i}.mixer.", f"model.layers.{i}.norm.weight"
        state = type_of((CONTEXT, KEY_HEADS, HEAD))

        def cached(x, which):
            old, count = self.load(f"cache.{i}.{which}"), "%m" if self.m == "?" else self.m
            new = self.emit(f"tensor.insert_slice {x} into {old}[%position, 0, 0] [{count}, {KEY_HEADS}, {HEAD}] "
                            f"[1, 1, 1] : {self.rows(KEY_HEADS, HEAD)} into {state}")
            self.store(f"cache.{i}.{which}", new)
            return new

        q = self.split(self.linear(h, mixer + "q_proj.weight", HEADS * HEAD, WIDTH, norm), HEADS)
        k, v = (cached(self.split(self.linear(h, f"{mixer}{which}_proj.weight", KEY_HEADS * HEAD, WIDTH, norm),
                                  KEY_HEADS), which) for which in "kv")
        o = self.emit(f"latent.attention {q}, {k}, {v} length(%length) causal scale({HEAD ** -0.5!r}) : "
                      f"{self.rows(HEADS, HEAD)}, {state}, {state} -> {self.rows(HEADS, HEAD)}")
        o = self.emit(f"tensor.collapse_shape {o} [[0], [1, 2]] : "
                      f"{self.rows(HEADS, HEAD)} into {self.rows(HEADS * HEAD)}")
        o = self.linear(o, mixer + "o_proj.weight", WIDTH, HEADS * HEAD)
        return self.emit(f"arith.addf {h}, {o} : {self.rows(WIDTH)}")

    def text(self, name, pattern):
        tokens = f"tensor<{self.m}xi32>"
        bound = f", tercet.bound = {CONTEXT}" if self.m == "?" else ""
        head = (f"func.func @{name}(%tokens: {tokens} {{tercet.name = \"tokens\", "
                f"tercet.range = [0, {VOCABULARY}]{bound}}},\n"
                f"    %position: index {{tercet.name = \"position\", tercet.bound = {CONTEXT - 1}}})\n"
                f"    -> ({self.rows(VOCABULARY)} {{tercet.name = \"logits\"}}) {{\n")
        if self.m == "?":
            head += f"  %c0 = arith.constant 0 : index\n  %m = tensor.dim %tokens, %c0 : {tokens}\n"
        else:
            head += f"  %m = arith.constant {self.m} : index\n"
        head += "  %length = arith.addi %position, %m : index\n"
        table = self.weight("model.embeddings.weight")
        h = self.emit(f"latent.embed %tokens, {table} : {tokens}, {self.types['model.embeddings.weight']} -> {self.rows(WIDTH)}")
        for i, kind in enumerate(pattern):
            h = {"M": self.mamba, "E": self.experts, "*": self.attention}[kind](h, i)
        logits = self.linear(h, "lm_head.weight", VOCABULARY, WIDTH, "model.norm_f.weight")
        return head + "\n".join(self.lines) + f"\n  return {logits} : {self.rows(VOCABULARY)}\n}}"


def make_states(pattern):
    """Name -> shape of what a session keeps."""
    states = {}
    for i, kind in enumerate(pattern):
        if kind == "M":
            states[f"conv.{i}"] = (CONV - 1, CHANNELS)
            states[f"ssm.{i}"] = (MAMBA_HEADS, MAMBA_HEAD, STATES)
        elif kind == "*":
            states[f"cache.{i}.k"] = states[f"cache.{i}.v"] = (CONTEXT, KEY_HEADS, HEAD)
    return states


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pattern", default=PATTERN, help="layers, each M, E or *")
    args = parser.parse_args()
    weights, states = make_weights(args.pattern), make_states(args.pattern)
    args.folder.mkdir(parents=True, exist_ok=True)
    save(args.folder / "nemotron_tiny.safetensors", weights)
    lines = ["// Written by make_model.py; the weights are in nemotron_tiny.safetensors."]
    for name, (shape, _) in weights.items():
        lines.append(f'ml_program.global private @"{name}"(#ml_program.extern : {type_of(shape)}) : {type_of(shape)}')
    for name, shape in states.items():
        lines.append(f'ml_program.global private mutable @"{name}"(dense<0.0> : {type_of(shape)}) : {type_of(shape)}')
    for name, m in (("prefill", "?"), ("decode", 1)):
        lines += ["", Function(weights, states, m).text(name, args.pattern)]
    (args.folder / "nemotron_tiny.mlir").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

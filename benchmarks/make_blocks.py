"""The models of the benchmarks beyond single products: whole mixture-of-experts blocks
at the widths of released models, attention, state updates.

A Bench is one artifact and its rows; scripts/bench compiles the artifact and writes what
tercet-block-bench needs to know of each row into a plan.
"""

import dataclasses
import math
import random
import struct

TOKENS = (1, 4, 16, 64, 256)

# What a step reads beside its weights comes from memory: enough copies of it that none
# is in a cache when its turn comes again.
STREAM_BYTES = 640 << 20


@dataclasses.dataclass
class Row:
    name: str
    entry: str
    route: str = ""        # the entry point that gives the chosen experts
    copies: int = 1        # of the inputs, each call takes the next
    sessions: int = 1      # each call takes the next, with states of its own
    scale: float = 1.0     # inputs are even in [-scale, scale)
    int8_ops: float = 0
    f32_ops: float = 0
    bytes: float = 0       # read beside weights, and results
    updated: float = 0     # bytes of states read, and as many written
    calls: int = 5         # at least
    fields: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Bench:
    stem: str
    code: str              # i2, t5: --code; else only a name
    text: str
    rows: list
    zeros: dict = dataclasses.field(default_factory=dict)  # weights that are 0, with their sizes
    weights: list = dataclasses.field(default_factory=list)  # files of others

    def options(self):
        return [f"--code={self.code}"] if self.code in ("i2", "t5") else []

    def write(self, folder):
        """The model's file and the file of its zero weights, if it has some."""
        source, zeros = folder / f"{self.stem}.mlir", folder / f"{self.stem}.safetensors"
        source.write_text(self.text)
        at, header = 0, []
        for name, sizes in self.zeros.items():
            size = 4 * math.prod(sizes)
            header.append(f'"{name}":{{"dtype":"F32","shape":{list(sizes)},"data_offsets":[{at},{at + size}]}}')
            at += size
        if self.zeros:
            head = ("{" + ",".join(header) + "}").encode()
            head += b" " * (-len(head) % 8)
            zeros.write_bytes(struct.pack("<Q", len(head)) + head + bytes(at))
        return source, self.weights + ([zeros] if self.zeros else [])


@dataclasses.dataclass
class Widths:
    hidden: int
    latent: int            # 0: experts work on the hidden width
    experts: int
    chosen: int
    expert: int
    shared: int
    scale: float
    gated: bool = False
    norm: bool = False     # between combination and projection
    real_experts: int = 0  # of the released model, where that is more


BLOCKS = {
    "super": Widths(4096, 1024, 512, 22, 2688, 5376, 5.0),
    "nano": Widths(2688, 0, 128, 6, 1856, 3712, 2.5),
    # The released model has 896 experts, which do not fit in the memory of a small machine.
    "k3": Widths(7168, 3584, 64, 16, 3072, 6144, 1.0, gated=True, norm=True, real_experts=896),
}
CODES = ("i2", "t5", "int8")
ELEMENTS = {"i2": "!ternary.trit", "t5": "!ternary.trit", "int8": "i8"}


def block(name, widths, code, tokens=TOKENS):
    """latent.moe at these widths, an entry point for each number of tokens. The selection
    bias is there and zero, so that the tokens choose."""
    w, element = widths, ELEMENTS[code]
    inner = w.latent or w.hidden
    weights = {"wr": (w.experts, w.hidden, "f32"), "wb": (w.experts, "f32")}

    def matrix(key, *sizes):
        weights[key] = (*sizes, element)
        weights[key + "s"] = (sizes[0], "f32") if len(sizes) == 3 else ("f32",)

    matrix("u", w.experts, w.expert, inner)
    matrix("d", w.experts, inner, w.expert)
    if w.gated:
        matrix("g", w.experts, w.expert, inner)
        matrix("sg", w.shared, w.hidden)
    if w.latent:
        matrix("wd", w.latent, w.hidden)
        matrix("wu", w.hidden, w.latent)
    if w.norm:
        weights["cn"] = (inner, "f32")
    matrix("su", w.shared, w.hidden)
    matrix("sd", w.hidden, w.shared)
    types = {key: "tensor<" + "x".join(map(str, sizes)) + ">" for key, sizes in weights.items()}

    def clause(word, key):
        return f" {word}(%{key}, %{key}s : {types[key]}, {types[key + 's']})" if key in types else ""

    routing = f"#latent.routing<top_k = {w.chosen}, scale = {w.scale} : f32>"
    lines = [f"ml_program.global private @{key}(#ml_program.extern : {type_}) : {type_}"
             for key, type_ in types.items()]
    for m in tokens:
        x, ids = f"tensor<{m}x{w.hidden}xf32>", f"tensor<{m}x{w.chosen}xi32>"
        lines += [f"func.func @t{m}(%x: {x}) -> {x} {{"]
        lines += [f"  %{key} = ml_program.global_load_const @{key} : {type_}" for key, type_ in types.items()]
        norm = f" combine_norm(%cn : {types['cn']})" if w.norm else ""
        lines += [f"  %y = latent.moe <{'situ_glu' if w.gated else 'relu2'}> {routing} %x"
                  f" router(%wr, %wb : {types['wr']}, {types['wb']})" + clause("down_project", "wd")
                  + clause("up", "u") + clause("gate", "g") + clause("down", "d") + norm
                  + clause("up_project", "wu") + clause("shared_up", "su") + clause("shared_gate", "sg")
                  + clause("shared_down", "sd") + f" residual : {x}",
                  f"  return %y : {x}", "}",
                  f"func.func @r{m}(%x: {x}) -> {ids} {{",
                  f"  %wr = ml_program.global_load_const @wr : {types['wr']}",
                  f"  %wb = ml_program.global_load_const @wb : {types['wb']}",
                  f"  %ids, %w = latent.route {routing} %x, %wr bias(%wb : {types['wb']}) : {x}, {types['wr']}"
                  f" -> {ids}, tensor<{m}x{w.chosen}xf32>",
                  f"  return %ids : {ids}", "}"]
    products = 3 if w.gated else 2
    each = products * (w.chosen * inner * w.expert + w.hidden * w.shared) + 2 * w.hidden * w.latent
    fields = {"code": code, "hidden": w.hidden, "latent": w.latent, "experts": w.experts, "chosen": w.chosen,
              "expert_width": w.expert, "shared_width": w.shared}
    if w.real_experts:
        fields["experts_of_the_released_model"] = w.real_experts
    rows = [Row(f"latent/block/{name}/{code}/tokens={m}", f"t{m}", f"r{m}", copies=max(2, 1024 // m),
                # The router's weights are even in [-1, 1): logits of deviation 1.
                scale=3 / math.sqrt(w.hidden), int8_ops=2.0 * m * each, f32_ops=2.0 * m * w.experts * w.hidden,
                bytes=8.0 * m * w.hidden, fields={**fields, "tokens": m}) for m in tokens]
    return Bench(f"block_{name}_{code}", code, "\n".join(lines) + "\n", rows, {"wb": (w.experts,)})


# Heads, heads of keys, tokens, dim.
ATTENTION = ((8, 8, 2048, 64), (32, 2, 2048, 128))


def attention(heads, groups, tokens, dim):
    """All queries of a text at once, with and without the causal mask, and one query at its
    end."""
    lines, rows = [], []
    keys = f"tensor<{tokens}x{groups}x{dim}xf32>"
    for kind, m in (("prefill", tokens), ("causal", tokens), ("decode", 1)):
        x = f"tensor<{m}x{heads}x{dim}xf32>"
        lines += [f"func.func @{kind}(%q: {x}, %k: {keys}, %v: {keys}) -> {x} {{",
                  f"  %y = latent.attention %q, %k, %v {'causal ' if kind == 'causal' else ''}"
                  f"scale({1 / math.sqrt(dim)}) : {x}, {keys}, {keys} -> {x}",
                  f"  return %y : {x}", "}"]
        pairs = tokens * (tokens + 1) / 2 if kind == "causal" else m * tokens
        cache = 8.0 * tokens * groups * dim
        rows.append(Row(f"attention/{kind}/{heads}x{tokens}x{dim}", kind,
                        copies=int(STREAM_BYTES // cache) + 1 if kind == "decode" else 2,
                        f32_ops=4.0 * heads * dim * pairs, bytes=cache + 8.0 * m * heads * dim,
                        fields={"heads": heads, "key_heads": groups, "tokens": tokens, "dim": dim}))
    return Bench(f"attention_{heads}_{groups}x{tokens}x{dim}", "f32", "\n".join(lines) + "\n", rows)


# Heads, tokens, dim, tokens of a block.
SPATIAL = (8, 4096, 64, 64)
DENSITIES = (1, 0.5, 0.25, 0.1)


def block_attention(heads, tokens, dim, block):
    """Attention over chosen pairs of blocks beside the dense one: every block of queries has
    the same number of blocks of keys, drawn by a fixed generator."""
    blocks = tokens // block
    x, lse = f"tensor<{tokens}x{heads}x{dim}xf32>", f"tensor<{tokens}x{heads}xf32>"
    mask, offsets = f"tensor<{heads}x{blocks}x{blocks}xi8>", f"tensor<{blocks + 1}xi32>"
    draw, lines, rows = random.Random(1), [], []
    for density in (None, *DENSITIES):
        entry = "dense" if density is None else f"d{round(100 * density)}"
        chosen = blocks if density is None else max(1, round(density * blocks))
        lines += [f"func.func @{entry}(%q: {x}, %k: {x}, %v: {x}) -> {x} {{"]
        clause = ""
        if density is not None:
            bits = []
            for _ in range(heads * blocks):
                row = set(draw.sample(range(blocks), chosen))
                bits.append("".join(f"{int(j in row):02X}" for j in range(blocks)))
            lines += [f'  %m = arith.constant dense<"0x{"".join(bits)}"> : {mask}',
                      f"  %o = arith.constant dense<{[i * block for i in range(blocks + 1)]}> : {offsets}"]
            clause = f"mask(%m, %o, %o : {mask}, {offsets}, {offsets}) "
        lines += [f"  %y, %l = spatial.block_attention %q, %k, %v {clause}scale({1 / math.sqrt(dim)}) : "
                  f"{x}, {x}, {x} -> {x}, {lse}", f"  return %y : {x}", "}"]
        name = "dense" if density is None else f"density={density:g}"
        fields = {"heads": heads, "tokens": tokens, "dim": dim, "block": block}
        if density is not None:
            fields["density"] = chosen / blocks
        rows.append(Row(f"spatial/block_attention/{name}", entry, copies=2,
                        f32_ops=4.0 * heads * dim * tokens * chosen * block, bytes=16.0 * tokens * heads * dim,
                        fields=fields))
    # What chooses the blocks.
    means = f"tensor<{blocks}x{heads}x{dim}xf32>"
    lines += [f"func.func @mean(%x: {x}) -> {means} {{",
              f"  %o = arith.constant dense<{[i * block for i in range(blocks + 1)]}> : {offsets}",
              f"  %m = spatial.block_mean %x, %o : {x}, {offsets} -> {means}", f"  return %m : {means}", "}",
              f"func.func @select(%q: {means}, %k: {means}) -> {mask} {{",
              f"  %m = spatial.block_select %q, %k scale({1 / math.sqrt(dim)}) top_k({max(1, blocks // 8)}) top_p(0.3) "
              f"neighbours(1) : {means}, {means} -> {mask}", f"  return %m : {mask}", "}"]
    fields = {"heads": heads, "tokens": tokens, "dim": dim, "block": block}
    rows += [Row("spatial/block_mean", "mean", copies=2, bytes=4.0 * (tokens + blocks) * heads * dim, fields=fields),
             Row("spatial/block_select", "select", copies=2, f32_ops=2.0 * heads * dim * blocks * blocks,
                 bytes=8.0 * blocks * heads * dim + heads * blocks * blocks, fields=fields)]
    return Bench(f"block_attention_{heads}x{tokens}x{dim}_{block}", "f32", "\n".join(lines) + "\n", rows)


# Points, clusters, dimensions.
KMEANS = ((65536, 1024, 64), (100000, 1000, 128))


def kmeans(n, k, d):
    """The nearest centroids alone, and with the means of a whole iteration."""
    x, c, ids = f"tensor<{n}x{d}xf32>", f"tensor<{k}x{d}xf32>", f"tensor<{n}xi32>"
    assign = f"spatial.kmeans_assign %x, %c : {x}, {c} -> {ids}, tensor<{n}xf32>"
    text = "\n".join([f"func.func @assign(%x: {x}, %c: {c}) -> {ids} {{", f"  %i, %s = {assign}", f"  return %i : {ids}", "}",
                      f"func.func @iteration(%x: {x}, %c: {c}) -> ({ids}, {c}) {{", f"  %i, %s = {assign}",
                      f"  %m, %n = spatial.kmeans_update %x, %i, %c : {x}, {ids}, {c} -> tensor<{k}xi32>",
                      f"  return %i, %m : {ids}, {c}", "}"])
    fields = {"points": n, "clusters": k, "dimensions": d}
    rows = [Row(f"spatial/kmeans/{entry}/{n}x{k}x{d}", entry, copies=1, f32_ops=2.0 * n * k * d,
                bytes=4.0 * d * (n * reads + k) + 4.0 * n, fields=fields) for entry, reads in (("assign", 1), ("iteration", 2))]
    return Bench(f"kmeans_{n}x{k}x{d}", "f32", text + "\n", rows)


# Hidden width, heads, width of a head, states, groups, width of the convolution.
MIXERS = {"super": (4096, 128, 64, 128, 8, 4), "nano": (2688, 64, 64, 128, 8, 4)}


def mamba(name, hidden, heads, width, states, groups, window, code="i2"):
    """One token of a Mamba-2 mixer whose states are in memory: the recurrence alone, and the
    whole mixer. A session has states of its own, and calls take one session after another."""
    inner = heads * width
    channels = inner + 2 * groups * states
    columns = inner + channels + heads
    state, conv = f"tensor<{heads}x{width}x{states}xf32>", f"tensor<{window - 1}x{channels}xf32>"
    trits = ELEMENTS[code]
    types = {"a": f"tensor<{heads}xf32>", "wi": f"tensor<{columns}x{hidden}x{trits}>", "wis": "tensor<f32>",
             "wc": f"tensor<{channels}x{window}xf32>", "bc": f"tensor<{channels}xf32>", "gn": f"tensor<{inner}xf32>",
             "wo": f"tensor<{hidden}x{inner}x{trits}>", "wos": "tensor<f32>"}
    x, dt, b = f"tensor<1x{heads}x{width}xf32>", f"tensor<1x{heads}xf32>", f"tensor<1x{groups}x{states}xf32>"
    y = f"tensor<1x{hidden}xf32>"
    lines = [f"ml_program.global private @{key}(#ml_program.extern : {type_}) : {type_}" for key, type_ in types.items()]
    lines += [f"ml_program.global private mutable @{key}(dense<0.0> : {type_}) : {type_}"
              for key, type_ in (("scan.s", state), ("mixer.s", state), ("mixer.c", conv))]
    load = lambda key: f"  %{key} = ml_program.global_load_const @{key} : {types[key]}"  # noqa: E731
    lines += [f"func.func @scan(%x: {x}, %dt: {dt}, %b: {b}, %c: {b}) -> {x} {{", load("a"),
              f"  %s0 = ml_program.global_load @scan.s : {state}",
              f"  %y, %s1 = latent.scan %x, %dt, %b, %c heads(%a, %a, %a) state(%s0) : {x}, {dt}, {b}, {types['a']}, {state}",
              f"  ml_program.global_store @scan.s = %s1 : {state}", f"  return %y : {x}", "}",
              f"func.func @mixer(%x: {y}) -> {y} {{", *[load(key) for key in types],
              f"  %s0 = ml_program.global_load @mixer.s : {state}", f"  %c0 = ml_program.global_load @mixer.c : {conv}",
              f"  %y, %c1, %s1 = latent.mamba groups({groups}) %x in_project(%wi, %wis : {types['wi']}, {types['wis']}) "
              f"conv(%wc, %bc : {types['wc']}, {types['bc']}) heads(%a, %a, %a : {types['a']}) "
              f"gate_norm(%gn : {types['gn']}) out_project(%wo, %wos : {types['wo']}, {types['wos']}) "
              f"states(%c0, %s0 : {conv}, {state}) residual : {y}",
              f"  ml_program.global_store @mixer.s = %s1 : {state}",
              f"  ml_program.global_store @mixer.c = %c1 : {conv}", f"  return %y : {y}", "}"]
    bytes_ = 4.0 * heads * width * states
    fields = {"heads": heads, "dim": width, "states": states, "tokens": 1, "state_bytes": bytes_}
    # A state is read and written; five operations for each of its numbers.
    common = dict(copies=16, sessions=max(2, min(256, int(STREAM_BYTES // bytes_))), updated=2 * bytes_,
                  f32_ops=5.0 * heads * width * states)
    rows = [Row(f"mamba/step/scan/{heads}x{width}x{states}", "scan", fields=fields, **common),
            Row(f"mamba/step/mixer/{name}/{code}", "mixer", int8_ops=2.0 * hidden * (columns + inner),
                fields={**fields, "code": code, "hidden": hidden}, **common)]
    return Bench(f"mamba_{name}_{code}", code, "\n".join(lines) + "\n", rows)


def benches(tiny=False):
    """All, or as many small ones to try that they work."""
    if tiny:
        small = {"tiny-super": Widths(64, 32, 16, 3, 48, 96, 5.0), "tiny-nano": Widths(64, 0, 8, 2, 32, 64, 2.5),
                 "tiny-k3": Widths(64, 32, 8, 2, 48, 64, 1.0, gated=True, norm=True, real_experts=896)}
        blocks, tokens, shapes = small, (1, 4), ((4, 2, 64, 32),)
        mixers, spatial, clusters = {"tiny": (64, 4, 16, 32, 2, 4)}, (2, 64, 16, 8), ((64, 5, 8),)
    else:
        blocks, tokens, shapes, mixers, spatial, clusters = BLOCKS, TOKENS, ATTENTION, MIXERS, SPATIAL, KMEANS
    for name, widths in blocks.items():
        for code in CODES:
            yield block(name, widths, code, tokens)
    for shape in shapes:
        yield attention(*shape)
    for name, widths in mixers.items():
        yield mamba(name, *widths)
    yield block_attention(*spatial)
    for shape in clusters:
        yield kmeans(*shape)

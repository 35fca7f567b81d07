"""Writes sampler.mlir: clips from noise, dense and just in time, as entry points.

    python make_sampler.py

Each sampler takes noise (tokens of the grid) and a class, and gives a clip, 8 x 64 x 64
pixels from -1 to 1. The network is that of make_model.py, called twice a step for
classifier-free guidance. `dense` has as many steps as `jit`, which computes a growing part of the
tokens and whose steps are entry points, too (`jit_step0`, ...). `step` is one dense step between
any two noise levels, `noise` gives noise of a seed, `first` the tokens of jit's first stage.
reference.py samples the same.
"""

import make_model
from make_model import CHANNELS, CLASSES, HERE, TOKENS, Network, tensor

GUIDANCE, SHIFT = 3.0, 3.0
GRID = "4, 16, 16"
# Entry point -> steps and active tokens of its stages.
SAMPLERS = {"dense": [(9, 1024)], "jit": [(3, 360), (3, 636), (3, 1024)]}
CHECKPOINTS = ("jit",)
ANCHORS = "pattern(stride) stride(2) seed(7)"


def noise_levels(steps):
    levels = [1 - i / steps for i in range(steps + 1)]
    return [SHIFT * s / (1 + (SHIFT - 1) * s) for s in levels]


def network_text(weights):
    """The network as a function that entry points call."""
    net, rows = Network(weights, "?"), tensor("?", CHANNELS)
    clean = net.body()
    return (f'func.func private @network(%x: {rows}, %index: {tensor("?", element="i32")}, '
            f'%sigma: {tensor(1)}, %class: {tensor(1, element="i32")}) -> {rows} {{\n'
            f"  %c0 = arith.constant 0 : index\n  %m = tensor.dim %x, %c0 : {rows}\n"
            + "\n".join(net.lines) + f"\n  return {clean} : {rows}\n}}\n")


WHOLE, ROWS = tensor(TOKENS, CHANNELS), tensor("?", CHANNELS)
INDEX, ONE, LABEL = tensor("?", element="i32"), tensor(1), tensor(1, element="i32")
CLASS = f'%class: {LABEL} {{tercet.name = "class", tercet.range = [0, {CLASSES - 1}]}}'
SAME, FIRST = "affine_map<(d0, d1) -> (d0, d1)>", "affine_map<(d0, d1) -> (0)>"


def guidance_text(kind):
    """%clean: %named, away from %free, both of the type `kind`, as %empty is."""
    return f"""
    %clean = linalg.generic {{indexing_maps = [{SAME}, {SAME}, {SAME}], iterator_types = ["parallel", "parallel"]}}
        ins(%named, %free : {kind}, {kind}) outs(%empty : {kind}) {{
    ^bb1(%a: f32, %b: f32, %out: f32):
      %g = arith.constant {GUIDANCE} : f32
      %d = arith.subf %a, %b : f32
      %p = arith.mulf %g, %d : f32
      %s = arith.addf %b, %p : f32
      linalg.yield %s : f32
    }} -> {kind}"""


def guided_text():
    """%clean: what the network makes of %rows with the class, away from what without."""
    call = f"func.call @network(%rows, %index, %sigma, %{{}}) : ({ROWS}, {INDEX}, {ONE}, {LABEL}) -> {ROWS}"
    return f"""
    %none = arith.constant dense<{CLASSES - 1}> : {LABEL}
    %named = {call.format("class")}
    %free = {call.format("none")}
    %c0 = arith.constant 0 : index
    %m = tensor.dim %rows, %c0 : {ROWS}
    %empty = tensor.empty(%m) : {ROWS}""" + guidance_text(ROWS)


def sampler_text(name, stages):
    clip = "tensor<8x64x64xf32>"
    levels = ", ".join(repr(s) for s in noise_levels(sum(steps for steps, _ in stages)))
    pairs = ", ".join(f"[{steps}, {count}]" for steps, count in stages)
    more = " blend [1.0]" if len(stages) > 1 else ""
    more += " gives(clean) lifts(clean) scores(clean)"
    more += " checkpoints" if name in CHECKPOINTS else ""
    return f"""
func.func @{name}(%noise: {WHOLE} {{tercet.name = "noise"}},
    {CLASS})
    -> ({clip} {{tercet.name = "clip"}}) {{
  %tokens = spatial.sample %noise grid<{GRID}> stages [{pairs}] sigmas [{levels}]
      {ANCHORS}{more} : {WHOLE} {{
  ^bb0(%rows: {ROWS}, %index: {INDEX}, %sigma: {ONE}):{guided_text()}
    spatial.yield %clean : {ROWS}
  }}
  %video = spatial.unpatchify %tokens patch([2, 4, 4]) : {WHOLE} -> tensor<8x64x64x1xf32>
  %clip = tensor.collapse_shape %video [[0], [1], [2, 3]] : tensor<8x64x64x1xf32> into {clip}
  return %clip : {clip}
}}
"""


def step_text():
    places = ", ".join(str(i) for i in range(TOKENS))
    return f"""
func.func @step(%latent: {WHOLE} {{tercet.name = "latent"}}, %sigma: {ONE} {{tercet.name = "sigma"}},
    %next: {ONE} {{tercet.name = "next"}}, {CLASS})
    -> ({WHOLE} {{tercet.name = "latent"}}) {{
  %all = arith.constant dense<[{places}]> : {tensor(TOKENS, element="i32")}
  %index = tensor.cast %all : {tensor(TOKENS, element="i32")} to {INDEX}
  %rows = tensor.cast %latent : {WHOLE} to {ROWS}{guided_text()}
    %guess = tensor.cast %clean : {ROWS} to {WHOLE}
  %fresh = tensor.empty() : {WHOLE}
  // latent + (next - sigma) * velocity
  %result = linalg.generic {{indexing_maps = [{SAME}, {SAME}, {FIRST}, {FIRST}, {SAME}], iterator_types = ["parallel", "parallel"]}}
      ins(%latent, %guess, %sigma, %next : {WHOLE}, {WHOLE}, {ONE}, {ONE}) outs(%fresh : {WHOLE}) {{
  ^bb0(%y: f32, %x: f32, %now: f32, %then: f32, %out: f32):
    %rest = arith.subf %y, %x : f32
    %v = arith.divf %rest, %now : f32
    %length = arith.subf %then, %now : f32
    %move = arith.mulf %length, %v : f32
    %r = arith.addf %y, %move : f32
    linalg.yield %r : f32
  }} -> {WHOLE}
  return %result : {WHOLE}
}}
"""


def small_text():
    first = tensor(SAMPLERS["jit"][0][1], element="i32")
    seed = tensor(2, element="i32")
    return f"""
func.func @noise(%seed: {seed} {{tercet.name = "seed"}}) -> ({WHOLE} {{tercet.name = "noise"}}) {{
  %noise = spatial.random_normal %seed : {seed} -> {WHOLE}
  return %noise : {WHOLE}
}}
func.func @first() -> ({first} {{tercet.name = "tokens"}}) {{
  %tokens = spatial.anchors grid<{GRID}> {ANCHORS} : {first}
  return %tokens : {first}
}}
"""


def main():
    weights = make_model.read_weights()
    (HERE / "sampler.mlir").write_text(
        "// Samplers over the network of video.mlir. Written by make_sampler.py.\n\n"
        + make_model.globals_text(weights) + "\n" + network_text(weights)
        + "".join(sampler_text(*item) for item in SAMPLERS.items()) + step_text() + small_text())


if __name__ == "__main__":
    main()

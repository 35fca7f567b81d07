"""Writes sampler.mlir: clips from noise, dense and just in time, as entry points.

    python make_sampler.py

Each entry point takes noise (tokens of the grid) and a class, and gives a clip, 8 x 64 x 64
pixels from -1 to 1. The network is that of make_model.py, called twice a step for
classifier-free guidance. `dense_many` is what quality is compared with; `dense` has as many
steps as `jit`, which computes a growing part of the tokens. reference.py samples the same.
"""

import make_model
from make_model import CHANNELS, CLASSES, HERE, TOKENS, Network, tensor

GUIDANCE, SHIFT = 3.0, 3.0
GRID = "4, 16, 16"
# Entry point -> steps and active tokens of its stages.
SAMPLERS = {"dense": [(9, 1024)], "jit": [(3, 360), (3, 636), (3, 1024)]}


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


def sampler_text(name, stages):
    whole, rows = tensor(TOKENS, CHANNELS), tensor("?", CHANNELS)
    index, one, label = tensor("?", element="i32"), tensor(1), tensor(1, element="i32")
    clip = "tensor<8x64x64xf32>"
    levels = ", ".join(repr(s) for s in noise_levels(sum(steps for steps, _ in stages)))
    pairs = ", ".join(f"[{steps}, {count}]" for steps, count in stages)
    blend = " blend [1.0]" if len(stages) > 1 else ""
    call = f"func.call @network(%rows, %index, %sigma, %{{}}) : ({rows}, {index}, {one}, {label}) -> {rows}"
    same = "affine_map<(d0, d1) -> (d0, d1)>"
    return f"""
func.func @{name}(%noise: {whole} {{tercet.name = "noise"}},
    %class: {label} {{tercet.name = "class", tercet.range = [0, {CLASSES - 1}]}})
    -> ({clip} {{tercet.name = "clip"}}) {{
  %none = arith.constant dense<{CLASSES - 1}> : {label}
  %tokens = spatial.sample %noise grid<{GRID}> stages [{pairs}] sigmas [{levels}]
      pattern(stride) stride(2) seed(7){blend} gives(clean) lifts(clean) scores(clean) : {whole} {{
  ^bb0(%rows: {rows}, %index: {index}, %sigma: {one}):
    %named = {call.format("class")}
    %free = {call.format("none")}
    %c0 = arith.constant 0 : index
    %m = tensor.dim %rows, %c0 : {rows}
    %empty = tensor.empty(%m) : {rows}
    %clean = linalg.generic {{indexing_maps = [{same}, {same}, {same}], iterator_types = ["parallel", "parallel"]}}
        ins(%named, %free : {rows}, {rows}) outs(%empty : {rows}) {{
    ^bb1(%a: f32, %b: f32, %out: f32):
      %g = arith.constant {GUIDANCE} : f32
      %d = arith.subf %a, %b : f32
      %p = arith.mulf %g, %d : f32
      %s = arith.addf %b, %p : f32
      linalg.yield %s : f32
    }} -> {rows}
    spatial.yield %clean : {rows}
  }}
  %video = spatial.unpatchify %tokens patch([2, 4, 4]) : {whole} -> tensor<8x64x64x1xf32>
  %clip = tensor.collapse_shape %video [[0], [1], [2, 3]] : tensor<8x64x64x1xf32> into {clip}
  return %clip : {clip}
}}
"""


def main():
    weights = make_model.read_weights()
    (HERE / "sampler.mlir").write_text(
        "// Samplers over the network of video.mlir. Written by make_sampler.py.\n\n"
        + make_model.globals_text(weights) + "\n" + network_text(weights)
        + "".join(sampler_text(*item) for item in SAMPLERS.items()))


if __name__ == "__main__":
    main()

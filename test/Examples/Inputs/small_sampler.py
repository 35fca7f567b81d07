"""Writes the sampler `jit` of examples/video over a smaller grid, with other stages: for
emulators, which take minutes for a whole clip. Arguments: sampler.mlir, the file to write, the
grid, tokens of each stage, of a step each. The network and its weights stay as they are; places
of a smaller grid have the rotations and positions of other places of the whole one."""
import re
import sys

source, target, grid, *stages = sys.argv[1:]
t, h, w = (int(n) for n in grid.split("x"))
text = open(source).read()
network = re.search(r"\nfunc\.func private @network\(.*?\n}\n", text, re.S).group()
sampler = re.search(r"\nfunc\.func @jit\(.*?\n}\n", text, re.S).group()
levels = [1 - i / len(stages) for i in range(len(stages) + 1)]
changes = [(r"tensor<1024x32xf32>", f"tensor<{t * h * w}x32xf32>"), (r"grid<4, 16, 16>", f"grid<{t}, {h}, {w}>"),
           (r"stages \[\[.*?\]\]", "stages [" + ", ".join(f"[1, {n}]" for n in stages) + "]"),
           (r"sigmas \[.*?\]", f"sigmas {levels}"), (r" checkpoints\b", ""),
           (r"tensor<8x64x64x", f"tensor<{2 * t}x{4 * h}x{4 * w}x")]
for old, new in changes:
    sampler, count = re.subn(old, new, sampler)
    if not count and "checkpoints" not in old:
        sys.exit(f"{source}: no {old} in @jit")
with open(target, "w") as file:
    file.write(text[:text.index("\nfunc.func")] + network + sampler)

"""The models of the benchmarks over videos: a step of a sampler with all tokens and with some, the
work of a step that is not the network's, and a stream with its history.

The networks and their weights are those of examples/video, taken from its text.
"""

import pathlib
import re

from make_blocks import Bench, Row

VIDEO = pathlib.Path(__file__).resolve().parent.parent / "examples" / "video"
# Tokens, of TOKENS, that a step computes.
TOKENS, VALUES, ACTIVE = 1024, 32, (360, 636, 1024)
# Multiply-adds of the network for a row, and for a pair of rows, of either of its two calls.
BLOCKS, WIDTH, WIDE = 4, 128, 512
PER_ROW = BLOCKS * (4 * WIDTH * WIDTH + 2 * WIDTH * WIDE) + 2 * WIDTH * VALUES
PER_PAIR = BLOCKS * 2 * WIDTH
# Rows of the history of a stream.
HISTORY = 16 + 64 + 256
# Grids of the work beside the network: that of the example, and one of an image model.
GRIDS = {"example": ((4, 16, 16), 32, 360, 636), "flux": ((1, 64, 64), 64, 1433, 2539)}


def step_ops(rows):
    return 2 * 2.0 * (rows * PER_ROW + rows * rows * PER_PAIR)


def jit():
    """A step of the example's sampler, network and all: what `active` of the tokens cost."""
    text = (VIDEO / "sampler.mlir").read_text()
    network = re.search(r"\nfunc\.func private @network\(.*?\n}\n", text, re.S).group()
    sampler = re.search(r"\nfunc\.func @dense\(.*?\n}\n", text, re.S).group()
    # The latent stays as tokens, and the class is not an argument: inputs are floats.
    body = re.search(r"\n  %tokens = spatial.sample.*?\n  }\n", sampler, re.S).group()
    whole, entries, rows = f"tensor<{TOKENS}x{VALUES}xf32>", "", []
    for count in ACTIVE:
        step = re.sub(r"stages \[\[.*?\]\] sigmas \[.*?\]", f"stages [[1, {count}]] sigmas [1.0, 0.9]", body)
        entries += (f"func.func @step{count}(%noise: {whole}) -> {whole} {{\n"
                    f"  %class = arith.constant dense<3> : tensor<1xi32>{step}  return %tokens : {whole}\n}}\n")
        rows.append(Row(f"spatial/jit/active={count / TOKENS:.2g}", f"step{count}", f32_ops=step_ops(count),
                        bytes=8.0 * TOKENS * VALUES,
                        fields={"tokens": TOKENS, "active_tokens": count, "active": count / TOKENS}))
    return Bench("video_step", "f32", text[:text.index("\nfunc.func")] + network + entries, rows,
                 weights=[VIDEO / "video.safetensors", VIDEO / "rotary.safetensors"])


def pointwise():
    """What a step does beside the network, which gives its own rows here: gather, lift and Euler; and
    the step that ends a stage, with importance, selection and the new tokens' way to their targets."""
    text, rows = "", []
    for name, (grid, d, few, more) in GRIDS.items():
        n = grid[0] * grid[1] * grid[2]
        whole, some = f"tensor<{n}x{d}xf32>", f"tensor<?x{d}xf32>"
        for entry, stages, sigmas, rest in (("step", f"[[1, {few}]]", "[1.0, 0.9]", ""),
                                            ("stage", f"[[1, {few}], [1, {more}]]", "[1.0, 0.9, 0.8]",
                                             " blend [0.33333334]")):
            text += (f"func.func @{name}_{entry}(%noise: {whole}) -> {whole} {{\n"
                     f"  %y = spatial.sample %noise grid<{', '.join(map(str, grid))}> stages {stages} sigmas {sigmas}"
                     f"{rest} : {whole} {{\n  ^bb0(%rows: {some}, %index: tensor<?xi32>, %sigma: tensor<1xf32>):\n"
                     f"    spatial.yield %rows : {some}\n  }}\n  return %y : {whole}\n}}\n")
            # The latent is read and written once a step, and so are the rows; where a stage ends
            # the noise is read, too.
            moved = 4.0 * d * (2 * n + 2 * few)
            if entry == "stage":
                moved += 4.0 * d * (3 * n + 2 * more)
            rows.append(Row(f"spatial/pointwise/{entry}/{n}x{d}", f"{name}_{entry}", bytes=moved,
                            fields={"tokens": n, "channels": d, "active_tokens": few}))
    return Bench("video_pointwise", "f32", text, rows)


def stream(calls):
    """A chunk of 8 frames behind 14, with one step of the sampler, and what the process holds after
    the first and after a hundred."""
    text = (VIDEO / "stream.mlir").read_text()
    changes = ((r"func\.func @chunk\(.*?\)\s*->", f"func.func @chunk(%noise: tensor<{TOKENS}x{VALUES}xf32>) ->"),
               (r"\n  %noise = spatial\.random_normal[^\n]*", "\n  %class = arith.constant dense<3> : tensor<1xi32>"),
               (r"stages \[\[.*?\]\] sigmas \[.*?\]", f"stages [[1, {TOKENS}]] sigmas [1.0, 0.0]"))
    for old, new in changes:
        text, count = re.subn(old, new, text, flags=re.S)
        if count != 1:
            raise ValueError(f"stream.mlir has {count} times {old}")
    n = TOKENS + HISTORY
    f32 = 2 * 2.0 * (n * BLOCKS * 4 * WIDTH * WIDTH + n * n * PER_PAIR + 2 * TOKENS * WIDTH * VALUES)
    row = Row("spatial/stream/chunk", "chunk", calls=calls, f32_ops=f32, int8_ops=2 * 2.0 * n * BLOCKS * 2 * WIDTH * WIDE,
              fields={"frames": 8, "history": 14, "steps": 1})
    return Bench("video_stream", "f32", text, [row], weights=[VIDEO / "stream.safetensors"])


def benches(tiny=False):
    yield jit()
    yield pointwise()
    yield stream(5 if tiny else 100)

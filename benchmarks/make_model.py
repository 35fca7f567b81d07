"""The models that the kernel benchmarks run.

A model has equal layers, each with its own weight, and an entry point
rROWS_LAYER for each number of rows and layer: quantise, multiply, dequantise.
"""

import pathlib

CODES = ("i2", "t5", "b33", "c5")
SHAPES = ((4096, 4096), (2560, 6912), (2688, 1024), (1024, 2688))
ROWS = (1, 2, 4, 8, 32, 64, 256)

# What a weight must obey for the sparse codes to hold it.
SPARSITY = {"b33": "<2:4>", "c5": "<3:4, exact>"}

# Trits of all layers together: enough that a layer is out of the inner caches
# when its turn comes again, few enough to encode quickly.
MODEL_TRITS = 64 << 20


def layers(n, k, trits=MODEL_TRITS):
    return -(-trits // (n * k))


def kind(rows):
    return "gemv" if rows == 1 else "batch" if rows <= 8 else "gemm"


def names(code, n, k, threads):
    """The benchmarks of a model, as the program names them."""
    for rows in ROWS:
        for source in ("dram", "cache"):
            yield (f"ternary/{kind(rows)}/{code}/{n}x{k}/rows:{rows}"
                   f"/threads:{threads}/{source}")


def text(code, n, k, trits=MODEL_TRITS):
    weight = f"tensor<{n}x{k}x!ternary.trit>"
    note = f" {{ternary.sparsity = #ternary.sparsity{SPARSITY[code]}}}" if code in SPARSITY else ""
    lines = ["ml_program.global private @scale(#ml_program.extern : tensor<f32>) : tensor<f32>"]
    for layer in range(layers(n, k, trits)):
        lines.append(f"ml_program.global private @w{layer}(#ml_program.extern : {weight})"
                     f" : {weight}{note}")
    for rows in ROWS:
        x, y = f"tensor<{rows}x{k}xf32>", f"tensor<{rows}x{n}xf32>"
        for layer in range(layers(n, k, trits)):
            lines += [
                f"func.func @r{rows}_{layer}(%x: {x}) -> {y} {{",
                f"  %w = ml_program.global_load_const @w{layer} : {weight}",
                "  %s = ml_program.global_load_const @scale : tensor<f32>",
                f"  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : {x}, {weight} -> {y}",
                f"  return %y : {y}",
                "}",
            ]
    return "\n".join(lines) + "\n"


def write(folder, code, n, k):
    path = pathlib.Path(folder) / f"{code}_{n}x{k}.mlir"
    path.write_text(text(code, n, k))
    return path

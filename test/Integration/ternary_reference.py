# RUN: rm -rf %t && mkdir %t && %python %s %t %llvm_bin/../lib %shlibext "%emu_cuda" "%emu_hip" | FileCheck %s
# CHECK: all {{[0-9]+}} results are equal to the bit
"""Ternary models on the CPU target and, in emulation, on GPUs of both vendors,
from one artifact, against the reference path, to the bit.

All get the same inputs and weights: the compiled artifact from files, through
tercet-run; the reference functions as constants of a main function, through MLIR's
ordinary lowering and mlir-runner.
"""
import itertools
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "differential"))
from reference import Call, Failure, evaluate, run  # noqa: E402
from tensors import activations, difference, floats, read_npy_bits, trits, write_safetensors  # noqa: E402

folder, libraries, suffix, emulated_cuda, emulated_hip = sys.argv[1:]
# Chips with and without matrix instructions for bytes, and what runs them.
executors = {"cpu:host": [], "cuda:sm_75": emulated_cuda.split(), "cuda:sm_80": emulated_cuda.split(),
             "hip:gfx942": emulated_hip.split(), "hip:gfx1100": emulated_hip.split()}
rng = random.Random(2024)


class Case:
    def __init__(self, name, m, n, k, sparsity="", master=False, norm=False, bias=False,
                 per_output=False, hadamard=False, mode="absmax_i8", split=False, dynamic=False):
        self.name, self.x = name, activations(rng, m, k)
        self.weights, globals_, body = {}, [], []

        def weight(key, tensor, element=None, attributes=""):
            self.weights[f"{name}.{key}"] = tensor
            type_ = tensor.type(element)
            globals_.append(f"ml_program.global private @{name}.{key}"
                            f"(#ml_program.extern : {type_}) : {type_}{attributes}")
            body.append(f"%{key} = ml_program.global_load_const @{name}.{key} : {type_}")
            return type_

        w = f"tensor<{n}x{k}x!ternary.trit>"
        if master:
            type_ = weight("master", floats(rng, n, k))
            clause = f" sparsity({sparsity})" if sparsity else ""
            body.append(f"%w, %scale = ternary.ternarize %master{clause} : {type_} -> {w}, tensor<f32>")
            scale = "tensor<f32>"
        else:
            values = {"": lambda: trits(rng, n, k), "<2:4>": lambda: trits(rng, n, k, 2),
                      "<3:4, exact>": lambda: trits(rng, n, k, 3, exact=True)}[sparsity]()
            attributes = f" {{ternary.sparsity = #ternary.sparsity{sparsity}}}" if sparsity else ""
            weight("w", values, "!ternary.trit", attributes)
            scale = weight("scale", floats(rng, n, low=0.01) if per_output else floats(rng, low=0.01))
        rows = "?" if dynamic else str(m)
        x = f"tensor<{rows}x{k}xf32>"
        bound = f', tercet.bound = {m + 3}' if dynamic else ""
        if split:
            body += [f"%q, %a = ternary.quantize %x <{mode}>{' hadamard' if hadamard else ''} : {x} -> "
                     f"tensor<{rows}x{k}xi8>, tensor<{rows}xf32>",
                     f"%y = ternary.matmul %q, %w : tensor<{rows}x{k}xi8>, {w} -> tensor<{rows}x{n}xi32>"]
            self.result = "i32"
        else:
            clauses = f"scale(%scale : {scale})"
            if norm:
                clauses += f" norm(%gain : {weight('gain', floats(rng, k))})"
            if bias:
                clauses += f" bias(%bias : {weight('bias', floats(rng, n))})"
            if hadamard:
                clauses += " hadamard"
            body.append(f"%y = ternary.linear %x, %w {clauses} {{mode = #ternary.mode<{mode}>}} : "
                        f"{x}, {w} -> tensor<{rows}x{n}xf32>")
            self.result = "f32"
        self.x_type, self.y_type = x, f"tensor<{rows}x{n}x{self.result}>"
        self.text = "\n".join(globals_) + (
            f'\nfunc.func @{name}(%x: {x} {{tercet.name = "x"{bound}}}) -> '
            f'({self.y_type} {{tercet.name = "y"}}) {{\n  '
            + "\n  ".join(body) + f"\n  return %y : {self.y_type}\n}}\n")


cases = [
    Case("plain", 5, 33, 37),
    Case("layer", 5, 17, 100, norm=True, bias=True, per_output=True),
    Case("one_row", 1, 16, 64, norm=True),
    Case("one_row_hadamard", 1, 16, 64, hadamard=True),
    Case("hadamard", 5, 48, 64, norm=True, hadamard=True),
    Case("absmean", 5, 20, 50, mode="absmean_i4", bias=True),
    Case("sparse", 6, 19, 44, sparsity="<2:4>", norm=True),
    Case("exact", 6, 16, 28, sparsity="<3:4, exact>", norm=True),
    Case("master", 3, 24, 40, master=True, norm=True),
    Case("master_sparse", 3, 24, 40, master=True, sparsity="<2:4>", bias=True),
    Case("master_exact", 3, 24, 40, master=True, sparsity="<3:4, exact>"),
    Case("split", 5, 31, 21, split=True),
    Case("dynamic", 7, 18, 72, norm=True, dynamic=True),
    Case("long", 2, 16, 1000, norm=True),
]

model = os.path.join(folder, "model.mlir")
with open(model, "w") as f:
    f.write("\n".join(case.text for case in cases))
weights = os.path.join(folder, "weights.safetensors")
write_safetensors(weights, {name: t for case in cases for name, t in case.weights.items()})
for case in cases:
    case.x.write_npy(f"{folder}/{case.name}.npy")

try:
    calls = [Call(case.name, case.x, case.x_type, case.y_type, case.weights) for case in cases]
    expected = evaluate(model, calls, libraries, suffix)
    compared, failed = 0, False
    for code in ("", "i2", "t5"):
        artifact = f"{folder}/model{code}.tercet"
        run("tercet-compile", model, f"--weights={weights}", "-o", artifact,
            *["--target=" + target for target in executors], *([f"--code={code}"] if code else []))
        for (case, want), (target, device) in itertools.product(zip(cases, expected), executors.items()):
            out = f"{folder}/out.npy"
            run("tercet-run", artifact, f"--function={case.name}", f"--input=x=@{folder}/{case.name}.npy",
                f"--output=y=@{out}", *device, *([f"--target={target}"] if device else []))
            got = read_npy_bits(out)
            if differs := difference(case.result, got, want):
                print(f"{case.name} {code} {target}: {differs}")
                failed = True
            compared += len(got)
except Failure as failure:
    sys.exit(str(failure))
if failed:
    sys.exit(1)
print(f"all {compared} results are equal to the bit")

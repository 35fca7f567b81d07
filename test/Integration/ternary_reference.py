# RUN: rm -rf %t && mkdir %t && %python %s %t %llvm_bin/../lib %shlibext | FileCheck %s
# CHECK: all {{[0-9]+}} results are equal to the bit
"""Ternary models on the CPU target against the reference path, to the bit.

Both get the same inputs and weights: the compiled artifact from files, through
tercet-run; the reference functions as constants of a main function, through MLIR's
ordinary lowering and mlir-runner.
"""
import json
import os
import random
import re
import struct
import subprocess
import sys

folder, libraries, suffix = sys.argv[1:]
rng = random.Random(2024)
INF, NAN = float("inf"), float("nan")


def run(*command, text=None):
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)}\n{result.stderr}")
    return result.stdout


class Tensor:
    """Values with a shape; kind is f32, i8 or i32."""

    def __init__(self, kind, shape, values):
        self.kind, self.shape = kind, shape
        # Rounded to what is stored.
        self.data = struct.pack(f"<{len(values)}{ {'f32': 'f', 'i8': 'b', 'i32': 'i'}[kind]}", *values)

    def type(self, element=None):
        return "tensor<" + "".join(f"{n}x" for n in self.shape) + (element or self.kind) + ">"

    def constant(self):
        return f'dense<"0x{self.data.hex().upper()}"> : {self.type()}'

    def write_npy(self, path):
        dtype = {"f32": "<f4", "i8": "|i1", "i32": "<i4"}[self.kind]
        header = str({"descr": dtype, "fortran_order": False, "shape": tuple(self.shape)})
        header += " " * (-(len(header) + 11) % 64) + "\n"
        with open(path, "wb") as f:
            f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + self.data)


def floats(*shape, low=-2.0, high=2.0):
    count = 1
    for n in shape:
        count *= n
    return Tensor("f32", shape, [rng.uniform(low, high) for _ in range(count)])


def activations(m, k):
    """Rows of very different sizes; some zero, tied, infinite or not numbers."""
    rows = []
    for r in range(m):
        row = [rng.gauss(0, 10.0 ** rng.randint(-3, 3)) for _ in range(k)]
        if r == 1:
            row = [0.0] * k
        elif r == 2:
            row = [rng.choice([0.5, -0.5, 1.5, -1.5, 127.0]) for _ in range(k)]
        elif r == 3:
            row[k // 2] = INF
        elif r == 4:
            row[k // 3] = NAN
        rows += row
    return Tensor("f32", (m, k), rows)


def trits(n, k, nonzeros=None, group=4, exact=False):
    values = []
    for r in range(n):
        while len(values) < (r + 1) * k:
            if nonzeros is None:
                values.append(rng.choice([-1, 0, 1]))
                continue
            chosen = rng.sample(range(group), nonzeros if exact else rng.randint(0, nonzeros))
            values += [rng.choice([-1, 1]) if j in chosen else 0 for j in range(group)]
    return Tensor("i8", (n, k), values)


class Case:
    def __init__(self, name, m, n, k, sparsity="", master=False, norm=False, bias=False,
                 per_output=False, hadamard=False, mode="absmax_i8", split=False, dynamic=False):
        self.name, self.x = name, activations(m, k)
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
            type_ = weight("master", floats(n, k))
            clause = f" sparsity({sparsity})" if sparsity else ""
            body.append(f"%w, %scale = ternary.ternarize %master{clause} : {type_} -> {w}, tensor<f32>")
            scale = "tensor<f32>"
        else:
            values = {"": lambda: trits(n, k), "<2:4>": lambda: trits(n, k, 2),
                      "<3:4, exact>": lambda: trits(n, k, 3, exact=True)}[sparsity]()
            attributes = f" {{ternary.sparsity = #ternary.sparsity{sparsity}}}" if sparsity else ""
            weight("w", values, "!ternary.trit", attributes)
            scale = weight("scale", floats(n, low=0.01) if per_output else floats(low=0.01))
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
                clauses += f" norm(%gain : {weight('gain', floats(k))})"
            if bias:
                clauses += f" bias(%bias : {weight('bias', floats(n))})"
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
header, data = {}, b""
for case in cases:
    case.x.write_npy(f"{folder}/{case.name}.npy")
    for key, tensor in case.weights.items():
        header[key] = {"dtype": tensor.kind.upper(), "shape": tensor.shape,
                       "data_offsets": [len(data), len(data) + len(tensor.data)]}
        data += tensor.data
text = json.dumps(header).encode()
weights = os.path.join(folder, "weights.safetensors")
with open(weights, "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)

# The reference: a main function feeds each function its input and weights.
reference = run("tercet-opt", model, "--tercet-to-reference").rstrip()
assert reference.endswith("}")
reference = reference[:-1]
main = ["func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}",
        "func.func @main() {"]
for i, case in enumerate(cases):
    signature = re.search(rf"func\.func @{case.name}\((.*?)\) ->", reference).group(1)
    fed = [case.x] + [case.weights[key] for key in re.findall(r'tercet\.name = "([^"]*\.[^"]*)"', signature)]
    types, names = [], []
    for j, tensor in enumerate(fed):
        names.append(f"%c{i}_{j}")
        types.append(tensor.type())
        main.append(f"  {names[-1]} = arith.constant {tensor.constant()}")
    if case.x_type != types[0]:
        main.append(f"  %x{i} = tensor.cast {names[0]} : {types[0]} to {case.x_type}")
        names[0], types[0] = f"%x{i}", case.x_type
    main.append(f"  %y{i} = func.call @{case.name}({', '.join(names)}) : ({', '.join(types)}) -> {case.y_type}")
    bits = case.y_type.replace("f32", "i32")
    if case.result == "f32":
        main.append(f"  %b{i} = arith.bitcast %y{i} : {case.y_type} to {bits}")
    source = f"%b{i}" if case.result == "f32" else f"%y{i}"
    main.append(f"  %u{i} = tensor.cast {source} : {bits} to tensor<*xi32>")
    main.append(f"  func.call @printMemrefI32(%u{i}) : (tensor<*xi32>) -> ()")
main += ["  return", "}", "}"]
lowered = run(
    "mlir-opt", "--convert-elementwise-to-linalg",
    "--one-shot-bufferize=bufferize-function-boundaries", "--convert-linalg-to-loops",
    "--expand-strided-metadata", "--lower-affine", "--convert-scf-to-cf", "--convert-to-llvm",
    "--reconcile-unrealized-casts", text=reference + "\n".join(main))
printed = run("mlir-runner", "-e", "main", "--entry-point-result=void",
              f"--shared-libs={libraries}/libmlir_runner_utils{suffix},{libraries}/libmlir_c_runner_utils{suffix}",
              text=lowered)
expected = [[int(v) for v in re.findall(r"-?\d+", block.split("data =")[1])]
            for block in printed.split("Unranked Memref")[1:]]
assert len(expected) == len(cases)


def is_nan(bits):
    return bits & 0x7F800000 == 0x7F800000 and bits & 0x7FFFFF != 0


compared, failed = 0, False
for code in ("", "i2", "t5"):
    artifact = f"{folder}/model{code}.tercet"
    run("tercet-compile", model, f"--weights={weights}", "--target=cpu:host", "-o", artifact,
        *([f"--code={code}"] if code else []))
    for case, want in zip(cases, expected):
        out = f"{folder}/{case.name}{code}.out.npy"
        run("tercet-run", artifact, f"--function={case.name}", f"--input=x=@{folder}/{case.name}.npy",
            f"--output=y=@{out}")
        with open(out, "rb") as f:
            content = f.read()
        body = content[10 + struct.unpack_from("<H", content, 8)[0]:]
        got = struct.unpack(f"<{len(body) // 4}i", body)
        if len(got) != len(want):
            print(f"{case.name} {code}: {len(got)} results, expected {len(want)}")
            failed = True
            continue
        wrong = [i for i, (a, b) in enumerate(zip(got, want))
                 if a != b and not (case.result == "f32" and is_nan(a) and is_nan(b))]
        if wrong:
            i = wrong[0]
            pair = [struct.unpack("<f", struct.pack("<i", v))[0] if case.result == "f32" else v
                    for v in (got[i], want[i])]
            print(f"{case.name} {code}: {len(wrong)} of {len(got)} results differ, the first is "
                  f"{i}: {pair[0]!r}, expected {pair[1]!r}")
            failed = True
        compared += len(got)
if failed:
    sys.exit(1)
print(f"all {compared} results are equal to the bit")

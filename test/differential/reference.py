"""What a model means: the reference path, through MLIR's ordinary lowering, executed
by mlir-runner. A main function feeds each function its input and its weights."""
import re
import subprocess
from tensors import Tensor


class Failure(Exception):
    """A tool ended with an error."""


def run(*command, text=None, timeout=300):
    """The standard output of a command that must succeed."""
    try:
        result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Failure(f"{' '.join(command)}\ntook more than {timeout} s") from None
    if result.returncode:
        raise Failure(f"{' '.join(command)}\nends with {result.returncode}\n{result.stdout[-2000:]}{result.stderr[-4000:]}")
    return result.stdout


class Call:
    """A function with one input and one result. The types are those of the function, in
    which a size may be '?'; `weights` has tensors by name."""

    def __init__(self, function, x: Tensor, x_type, y_type, weights):
        self.function, self.x, self.x_type, self.y_type, self.weights = function, x, x_type, y_type, weights

    @property
    def kind(self):
        return re.search(r"x?(\w+)>$", self.y_type).group(1).split("x")[-1]


def execute(module, libraries, suffix=".so"):
    """What the function main of a module at the linalg level prints."""
    lowered = run(
        "mlir-opt", "--convert-elementwise-to-linalg",
        "--one-shot-bufferize=bufferize-function-boundaries", "--convert-linalg-to-loops",
        "--expand-strided-metadata", "--lower-affine", "--convert-scf-to-cf", "--convert-math-to-libm",
        "--convert-to-llvm", "--reconcile-unrealized-casts", text=module)
    return run("mlir-runner", "-e", "main", "--entry-point-result=void",
               f"--shared-libs={libraries}/libmlir_runner_utils{suffix},{libraries}/libmlir_c_runner_utils{suffix}",
               text=lowered)


def evaluate(model, calls, libraries, suffix=".so"):
    """The results of calls of a model, given as a file's path; elements as integers of
    their bits."""
    reference = run("tercet-opt", model, "--tercet-to-reference").rstrip()
    assert reference.endswith("}")
    main = ["func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}",
            "func.func @main() {"]
    for i, call in enumerate(calls):
        signature = re.search(rf"func\.func @{call.function}\((.*?)\) ->", reference).group(1)
        # The weights are arguments behind the input, named as their file names them.
        names = re.findall(r'tercet\.name = "([^"]*\.[^"]*)"', signature)
        fed = [call.x] + [call.weights[name] for name in names]
        values, types = [], []
        for j, tensor in enumerate(fed):
            values.append(f"%c{i}_{j}")
            types.append(tensor.type())
            main.append(f"  {values[-1]} = arith.constant {tensor.constant()}")
        if call.x_type != types[0]:
            main.append(f"  %x{i} = tensor.cast {values[0]} : {types[0]} to {call.x_type}")
            values[0], types[0] = f"%x{i}", call.x_type
        main.append(f"  %y{i} = func.call @{call.function}({', '.join(values)}) : "
                    f"({', '.join(types)}) -> {call.y_type}")
        bits, source = call.y_type.replace("f32", "i32"), f"%y{i}"
        if bits != call.y_type:
            main.append(f"  %b{i} = arith.bitcast %y{i} : {call.y_type} to {bits}")
            source = f"%b{i}"
        main.append(f"  %u{i} = tensor.cast {source} : {bits} to tensor<*xi32>")
        main.append(f"  func.call @printMemrefI32(%u{i}) : (tensor<*xi32>) -> ()")
    main += ["  return", "}", "}"]
    printed = execute(reference[:-1] + "\n".join(main), libraries, suffix)
    results = [[int(v) for v in re.findall(r"-?\d+", block.split("data =")[1])]
               for block in printed.split("Unranked Memref")[1:]]
    assert len(results) == len(calls)
    return results

"""Functions over latent ops, run on the reference path and compared with what a test
computed from the definitions."""
import os
import random
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "differential"))
from reference import Failure, execute, run  # noqa: E402
from tensors import Tensor  # noqa: E402


def flat(v):
    return [e for r in v for e in flat(r)] if isinstance(v, list) else [v]


def tensor(value, *shape, kind="f32"):
    return Tensor(kind, shape, flat(value))


class Cases:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.functions, self.main, self.expected = [], [], []

    def draw(self, *shape):
        """Nested lists of floats that f32 holds."""
        if len(shape) > 1:
            return [self.draw(*shape[1:]) for _ in range(shape[0])]
        return [struct.unpack("<f", struct.pack("<f", self.rng.gauss(0, 1)))[0] for _ in range(shape[0])]

    def test(self, name, arguments, signature, body, result, want):
        """Calls a function of these tensors and numbers; the types of the signature may be
        less static than the tensors. `body` ends in a value %y; several results are lists
        of types and values, and are %y, %y1, ..."""
        results, wants = (result, want) if isinstance(result, list) else ([result], [want])
        number, values = len(self.functions), []
        names = ", ".join(f"%y{i or ''}" for i in range(len(results)))
        self.functions.append(
            f"func.func @{name}({', '.join(f'%a{j}: {t}' for j, t in enumerate(signature))}) -> ({', '.join(results)}) {{\n"
            f"{body}\n  return {names} : {', '.join(results)}\n}}")
        for j, (argument, type_) in enumerate(zip(arguments, signature)):
            v = f"%v{number}_{j}"
            if type_ == "index":
                self.main.append(f"  {v} = arith.constant {argument} : index")
            else:
                self.main.append(f"  {v} = arith.constant {argument.constant()}")
                if type_ != argument.type():
                    self.main.append(f"  {v}_less = tensor.cast {v} : {argument.type()} to {type_}")
                    v += "_less"
            values.append(v)
        self.main.append(f"  %y{number}:{len(results)} = func.call @{name}({', '.join(values)}) : "
                         f"({', '.join(signature)}) -> ({', '.join(results)})")
        for i, (kind, values) in enumerate(zip(results, wants)):
            bits = kind.replace("f32", "i32")
            self.main.extend([f"  %b{number}_{i} = arith.bitcast %y{number}#{i} : {kind} to {bits}",
                              f"  %u{number}_{i} = tensor.cast %b{number}_{i} : {bits} to tensor<*xi32>",
                              f"  func.call @printMemrefI32(%u{number}_{i}) : (tensor<*xi32>) -> ()"])
            self.expected.append((name if len(results) == 1 else f"{name}, result {i}", flat(values)))

    def check(self, libraries, suffix, bound):
        """Compares, relative to the largest element of a result, and says how many agree."""
        try:
            reference = run("tercet-opt", "-", "--tercet-to-reference", text="\n".join(self.functions)).rstrip()
            text = "\n".join([reference[:-1],
                              "func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}",
                              "func.func @main() {", *self.main, "  return", "}", "}"])
            printed = execute(text, libraries, suffix).split("Unranked Memref")[1:]
        except Failure as failure:
            sys.exit(str(failure))
        failed = len(printed) != len(self.expected)
        compared = 0
        for (name, want), block in zip(self.expected, printed):
            got = [struct.unpack("<f", struct.pack("<i", int(v)))[0]
                   for v in re.findall(r"-?\d+", block.split("data =")[1])]
            largest = max([abs(v) for v in want] + [1e-30])
            wrong = [i for i, (a, b) in enumerate(zip(got, want)) if not abs(a - b) <= bound * largest]
            if wrong or len(got) != len(want):
                print(f"{name}: {len(got)} results for {len(want)}; wrong are {wrong[:5]}, "
                      f"{[got[i] for i in wrong[:5]]}, expected {[want[i] for i in wrong[:5]]}")
                failed = True
            compared += len(got)
        if failed:
            sys.exit(1)
        print(f"{compared} results agree")

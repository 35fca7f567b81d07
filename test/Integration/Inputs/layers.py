"""Writes a model of N equal decoder-like layers of three BitLinears each."""
import sys

SHAPES = (("a", 64, 64), ("b", 128, 64), ("c", 64, 128))


def main():
    layers = int(sys.argv[1])
    lines, body, x = [], [], "%x0"
    for i in range(layers):
        for name, n, k in SHAPES:
            trits = f"tensor<{n}x{k}x!ternary.trit>"
            for suffix, t in (("w", trits), ("s", "tensor<f32>"), ("g", f"tensor<{k}xf32>")):
                key = f"{name}{i}{suffix}"
                lines.append(f"ml_program.global private @{key}(#ml_program.extern : {t}) : {t}")
                body.append(f"  %{key} = ml_program.global_load_const @{key} : {t}")
            v = f"{name}{i}"
            body.append(f"  %{v} = ternary.linear {x}, %{v}w scale(%{v}s : tensor<f32>) "
                        f"norm(%{v}g : tensor<{k}xf32>) : tensor<?x{k}xf32>, {trits} -> tensor<?x{n}xf32>")
            x = f"%{v}"
    print("\n".join(lines))
    print('func.func @f(%x0: tensor<?x64xf32> {tercet.name = "x", tercet.bound = 4}) -> (tensor<?x64xf32> {tercet.name = "y"}) {')
    print("\n".join(body))
    print(f"  return {x} : tensor<?x64xf32>\n}}")


main()

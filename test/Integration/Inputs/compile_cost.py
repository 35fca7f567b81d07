"""Processor time and memory of compiling 9 and 88 layers without weights.

    python compile_cost.py COMPILER NINE.mlir ALL.mlir
"""
import os
import subprocess
import sys

SECONDS, MEGABYTES, SECONDS_PER_LAYER = 10, 500, 0.05


def cost(compiler, model):
    """Seconds of processors and megabytes."""
    process = subprocess.Popen([compiler, model, "--target=cpu:x86-64-v3", "--weights=external",
                                "-o", model + ".tercet"])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the compiler ended with status {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3


def main():
    compiler, nine, everything = sys.argv[1:]
    for _ in range(3):  # other work on the machine disturbs
        few, all_ = cost(compiler, nine), cost(compiler, everything)
        layer = (all_[0] - few[0]) / (88 - 9)
        print(f"9 layers {few[0]:.2f} s, {few[1]:.0f} MB; 88 layers {all_[0]:.2f} s, {all_[1]:.0f} MB; "
              f"{layer * 1000:.1f} ms a layer")
        if all_[0] <= SECONDS and all_[1] <= MEGABYTES and layer <= SECONDS_PER_LAYER:
            print("ok")
            return
    print("too much")


main()

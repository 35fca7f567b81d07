"""Processor time and memory of compiling 9 and 88 layers without weights.

    python compile_cost.py COMPILER NINE.mlir ALL.mlir
"""
import os
import subprocess
import sys

SECONDS, MEGABYTES, SECONDS_PER_LAYER = 10, 500, 0.05


def cost(compiler, model):
    """Seconds of processors and megabytes: the best of two, as other work disturbs."""
    best = None
    for _ in range(2):
        process = subprocess.Popen([compiler, model, "--target=cpu:x86-64-v3", "--weights=external",
                                    "-o", model + ".tercet"])
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"the compiler ended with status {status}")
        found = (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3)
        best = found if best is None else min(best, found)
    return best


def main():
    compiler, nine, everything = sys.argv[1:]
    few, all_ = cost(compiler, nine), cost(compiler, everything)
    layer = (all_[0] - few[0]) / (88 - 9)
    print(f"9 layers {few[0]:.2f} s, {few[1]:.0f} MB; 88 layers {all_[0]:.2f} s, {all_[1]:.0f} MB; "
          f"{layer * 1000:.1f} ms a layer")
    good = all_[0] <= SECONDS and all_[1] <= MEGABYTES and layer <= SECONDS_PER_LAYER
    print("ok" if good else "too much")


main()

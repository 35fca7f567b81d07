"""Compares the processor time of compiling 1 and 30 layers: the best of three."""
import os
import subprocess
import sys


def seconds(compiler, model):
    best = None
    for _ in range(3):
        before = os.times()
        subprocess.run([compiler, model, "--target=cpu:x86-64-v3", "--weights=random:1",
                        "-o", model + ".tercet"], check=True)
        after = os.times()
        used = (after.children_user - before.children_user
                + after.children_system - before.children_system)
        best = used if best is None else min(best, used)
    return best


def main():
    compiler, one, thirty = sys.argv[1:]
    first, last = seconds(compiler, one), seconds(compiler, thirty)
    layer = (last - first) / 29
    print(f"{first:.2f} s, {last:.2f} s: {layer * 1000:.1f} ms a layer")
    print("ok" if layer <= 0.03 else "too slow")


main()

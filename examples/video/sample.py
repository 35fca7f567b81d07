#!/usr/bin/env python3
"""Compiles the samplers and draws a clip of each digit, dense and just in time.

  sample.py TOOLS OUT [--seed=N]

TOOLS is the folder of tercet-compile, tercet-run and tercet-bench, OUT a folder for what is made:
dense.png and jit.png, a clip a row, its frames side by side. Both get the same noise. Prints what
a clip takes on one thread. Needs numpy.
"""
import json
import pathlib
import subprocess
import sys

import make_data
import numpy
from make_sampler import HERE, SAMPLERS, TOKENS


def run(*command):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout


def main():
    options = dict(a[2:].split("=") for a in sys.argv[1:] if a.startswith("--"))
    tools, out = [pathlib.Path(a) for a in sys.argv[1:] if not a.startswith("--")]
    out.mkdir(parents=True, exist_ok=True)
    artifact = out / "sampler.tercet"
    run(tools / "tercet-compile", HERE / "sampler.mlir", f"--weights={HERE / 'video.safetensors'}",
        f"--weights={HERE / 'rotary.safetensors'}", "--target=cpu:host", "-o", artifact)
    draw = numpy.random.RandomState(int(options.get("seed", 1)))
    noises = draw.randn(make_data.CLASSES, TOKENS, make_data.CHANNELS).astype("float32")
    seconds = {}
    for name, stages in SAMPLERS.items():
        clips = []
        for label, noise in enumerate(noises):
            numpy.save(out / "noise.npy", noise)
            numpy.save(out / "class.npy", numpy.array([label], "int32"))
            run(tools / "tercet-run", artifact, f"--function={name}", f"--input=noise=@{out / 'noise.npy'}",
                f"--input=class=@{out / 'class.npy'}", f"--output=clip=@{out / 'clip.npy'}")
            clips.append(numpy.load(out / "clip.npy"))
        make_data.write_png(out / f"{name}.png", numpy.stack(clips))
        run(tools / "tercet-bench", artifact, f"--function={name}", "--threads=1", "--seconds=3",
            f"--json={out / 'bench.json'}")
        figures = json.loads((out / "bench.json").read_text())
        seconds[name] = next(v for v in figures.values() if isinstance(v, list))[0]["seconds"]
        steps = sum(count * tokens for count, tokens in stages)
        print(f"{name:<6} {' + '.join(f'{count} x {tokens}' for count, tokens in stages)} tokens: "
              f"{steps} token-steps, {seconds[name]:.3f} s a clip, {seconds[name] / seconds['dense']:.2f} of dense")


main()

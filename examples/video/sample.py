#!/usr/bin/env python3
"""Draws clips of digits with a compiled sampler, dense and just in time, from the same noise.

  sample.py TOOLS OUT [--clips=10] [--seed=0] [--threads=1] [--samplers=many,dense,cheap,jit]

TOOLS is the folder of tercet-compile, OUT one for what is made: the artifact; a strip for each
sampler (dense.png: a clip a row, its frames side by side); clips.png, the same clips as an
animation, a sampler a row; stages.png, which tokens jit computed in each stage of the first clips,
and the latent behind the stage. Prints the time of each step, and what a clip costs and is worth.
Needs numpy.
"""

import argparse
import pathlib
import sys
import time

import numpy as np

import make_data
import pictures
import quality
from make_sampler import HERE, SAMPLERS, TOKENS, noise_levels

sys.path.insert(0, str(HERE.parent / "python"))
import tercet  # noqa: E402

# What quality is compared with, the samplers of sampler.mlir, and what costs as much as jit.
STAGES = {"many": [(40, TOKENS)], "dense": SAMPLERS["dense"], "cheap": [(6, TOKENS)], "jit": SAMPLERS["jit"]}
NAMES = {"many": "dense, many steps", "dense": "dense, steps of jit", "cheap": "dense, cost of jit",
         "jit": "just in time"}
SCALE = 2  # of pictures
DARK = np.array([28, 34, 66], np.float32)


def compile_sampler(tools, out):
    artifact, start = out / "sampler.tercet", time.perf_counter()
    tercet.compile_file(tools, HERE / "sampler.mlir", artifact, f"--weights={HERE / 'video.safetensors'}",
                        f"--weights={HERE / 'rotary.safetensors'}", "--target=cpu:host")
    print(f"compiled in {time.perf_counter() - start:.1f} s, {artifact.stat().st_size / 1e6:.1f} MB")
    return artifact


class Sampler:
    """One of the samplers, its clips, and how long they took."""

    def __init__(self, session, name):
        self.session, self.name, self.stages = session, name, STAGES[name]
        self.clips, self.seconds = [], []  # of each clip: its seconds, step by step
        self.sets, self.latents = [], []  # of each clip: a set, a latent for each stage

    def timed(self, seconds, entry, inputs):
        start = time.perf_counter()
        results = self.session.call(entry, inputs)
        seconds.append(time.perf_counter() - start)
        return results

    def draw(self, noise, label):
        draw = self.draw_staged if len(self.stages) > 1 else self.draw_dense
        self.clips.append(draw(noise, [label]))

    def draw_dense(self, noise, label):
        seconds, latent = [], noise
        levels = noise_levels(self.stages[0][0])
        for now, then in zip(levels, levels[1:]):
            latent = self.timed(seconds, "step", {"latent": latent, "class": label, "sigma": [now],
                                                  "next": [then]})["latent"]
        self.seconds.append(seconds)
        return make_data.unpatchify(latent[None])[0]

    def draw_staged(self, noise, label):
        """By the sampler's steps; what is between them is in states, which can be looked at."""
        seconds, latents = [], []
        for count, _ in self.stages:
            for _ in range(count):
                results = self.timed(seconds, f"{self.name}_step{len(seconds)}",
                                     {"noise": noise, "class": label})
            latents.append(self.session.state(f"{self.name}_latent"))
        self.seconds.append(seconds)
        self.latents.append(latents)
        self.sets.append([self.session.call("first")["tokens"]]
                         + [self.session.state(f"{self.name}_active{i}")
                            for i in range(1, len(self.stages))])
        return results["clip"]

    @property
    def total(self):
        return np.median(np.sum(self.seconds, axis=1))

    @property
    def token_steps(self):
        return sum(count * tokens for count, tokens in self.stages)

    def print_steps(self):
        times, step = np.median(self.seconds, axis=0) * 1000, 0
        for number, (count, tokens) in enumerate(self.stages):
            part = times[step : step + count]
            print(f"{self.name if not number else '':<6} {count} steps of {tokens:>4} tokens  "
                  f"{part.sum():7.1f} ms:  {' '.join(f'{t:.1f}' for t in part)}")
            step += count


def stage_picture(sampler, number):
    """A stage a row: the clip where tokens were computed, and the latent behind the stage."""
    clip, rows = pictures.grey(sampler.clips[number]).astype(np.float32)[..., None], []
    for tokens, latent in zip(sampler.sets[number], sampler.latents[number]):
        lit = np.zeros((TOKENS, make_data.CHANNELS), np.float32)
        lit[tokens] = 1
        lit = make_data.unpatchify(lit[None])[0][..., None]
        shown = lit * (64 + 0.75 * clip) + (1 - lit) * (DARK + 0.15 * clip)
        behind = pictures.grey(make_data.unpatchify(latent[None])[0])[..., None].repeat(3, -1)
        rows.append(np.concatenate([shown.astype(np.uint8)[::2], behind[::2]]))
    return enlarge(pictures.strips(np.stack(rows)))


def enlarge(image):
    return image.repeat(SCALE, 0).repeat(SCALE, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--clips", type=int, default=10, help="clips to draw, classes in turn")
    parser.add_argument("--seed", type=int, default=0, help="of the first clip's noise")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--samplers", default=",".join(STAGES), help="which of them")
    args = parser.parse_args()
    chosen = args.samplers.split(",")
    if not set(chosen) <= set(STAGES) or args.clips < 1:
        sys.exit(f"draws one clip or more with samplers of {', '.join(STAGES)}")
    args.out.mkdir(parents=True, exist_ok=True)

    model = tercet.Artifact(compile_sampler(args.tools, args.out), threads=args.threads,
                            library=tercet.find_library(args.tools))
    session = model.session()
    print(f"{session.target}, {args.threads} thread{'s' * (args.threads != 1)}\n")
    samplers = [Sampler(session, name) for name in chosen]
    labels = np.arange(args.clips) % make_data.CLASSES
    for i, label in enumerate(labels):
        noise = session.call("noise", {"seed": [args.seed + i, 0]})["noise"]
        for sampler in samplers:
            sampler.draw(noise, label)

    print("median time of steps")
    for sampler in samplers:
        if sampler.name != "many":
            sampler.print_steps()
        pictures.write_png(args.out / f"{sampler.name}.png",
                           pictures.strips(pictures.grey(sampler.clips)))
    frames = [enlarge(pictures.strips(pictures.grey([[clip[f] for clip in sampler.clips[:10]]
                                                     for sampler in samplers])))
              for f in range(make_data.FRAMES)]
    pictures.write_png(args.out / "clips.png", *frames, seconds=0.15)

    by_name = {sampler.name: sampler for sampler in samplers}
    print(f"\n{'sampler':<20} {'token-steps':>11} {'s a clip':>9} {'of dense':>9} "
          f"{'frames right':>13} {'PSNR to many':>13}")
    for sampler in samplers:
        seconds = sampler.total
        ratio = f"{seconds / by_name['dense'].total:.2f}" if "dense" in by_name else "-"
        many = by_name.get("many", sampler)
        decibels = "-" if many is sampler else f"{quality.psnr(sampler.clips, many.clips):.1f} dB"
        print(f"{NAMES[sampler.name]:<20} {sampler.token_steps:>11} {seconds:>9.3f} {ratio:>9} "
              f"{quality.frames_right(sampler.clips, labels):>13.2f} {decibels:>13}")
    if "jit" in by_name:
        pictures.write_png(args.out / "stages.png", stage_picture(by_name["jit"], len(labels) // 3))
    print(f"\npictures in {args.out}")


if __name__ == "__main__":
    try:
        main()
    except tercet.Error as error:
        sys.exit(f"sample.py: {error}")

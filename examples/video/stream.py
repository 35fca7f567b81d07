#!/usr/bin/env python3
"""Draws endless clips, chunk after chunk, with one compiled entry point.

  stream.py TOOLS OUT [--streams=5] [--chunks=8] [--seed=0] [--threads=1]

A stream is a session over the one artifact, its state the last 14 frames; a chunk is a call, which
goes on where the last one ended. TOOLS is the folder of tercet-compile, OUT one for what is made:
the artifact; stream.png, the streams side by side as an animation; strip.png, a stream a row, every
eighth frame. Prints the rate, the memory of the process, and what the judge says, chunk by chunk.
Needs numpy.
"""

import argparse
import os
import pathlib
import sys
import time

import numpy as np

import make_data
import pictures
import quality

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))
import tercet  # noqa: E402

SCALE = 2


def resident():
    """MiB of memory that the process has."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


def compile_stream(tools, out):
    artifact, start = out / "stream.tercet", time.perf_counter()
    tercet.compile_file(tools, HERE / "stream.mlir", artifact, f"--weights={HERE / 'stream.safetensors'}",
                        "--target=cpu:host")
    print(f"compiled in {time.perf_counter() - start:.1f} s, {artifact.stat().st_size / 1e6:.1f} MB")
    return artifact


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--streams", type=int, default=5, help="streams, classes in turn")
    parser.add_argument("--chunks", type=int, default=8, help="chunks of each")
    parser.add_argument("--seed", type=int, default=0, help="of the first stream's noise")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.streams < 1 or args.chunks < 1:
        sys.exit("draws one stream or more, of one chunk or more")
    args.out.mkdir(parents=True, exist_ok=True)

    model = tercet.Artifact(compile_stream(args.tools, args.out), threads=args.threads,
                            library=tercet.find_library(args.tools))
    labels = np.arange(args.streams) % make_data.CLASSES
    sessions = [model.session() for _ in labels]
    print(f"{sessions[0].target}, {args.threads} thread{'s' * (args.threads != 1)}; "
          f"{sessions[0].memory / 2**20:.1f} MiB a session\n")
    print("chunk  ms a chunk  frames/s  MiB without the frames kept  frames right")
    chunks, all_seconds = [], []
    for number in range(args.chunks):
        seconds, clips = [], []
        for i, (session, label) in enumerate(zip(sessions, labels)):
            start = time.perf_counter()
            clips.append(session.call("chunk", {"seed": [args.seed + i, number], "class": [label]})["clip"])
            seconds.append(time.perf_counter() - start)
        chunks.append(clips)
        all_seconds += seconds
        if number < 8 or (number + 1) % 10 == 0:
            middle = np.median(seconds)
            print(f"{number + 1:>5}  {middle * 1000:>10.0f}  {make_data.FRAMES / middle:>8.1f}  "
                  f"{resident() - sum(clip.nbytes for part in chunks for clip in part) / 2**20:>27.1f}  {quality.frames_right(clips, labels):>12.2f}", flush=True)
    streams = np.concatenate(chunks, axis=1)  # [streams, frames, h, w]
    right = quality.frames_right(streams, labels)
    print(f"\n{streams.shape[1]} frames a stream, {make_data.FRAMES / np.median(all_seconds):.1f} a second; "
          f"{right:.2f} of them are named by their class")

    shown = [pictures.strips(pictures.grey(streams[:, None, f])) for f in range(min(streams.shape[1], 96))]
    frames = [np.concatenate(np.split(image, args.streams), axis=1).repeat(SCALE, 0).repeat(SCALE, 1)
              for image in shown]
    pictures.write_png(args.out / "stream.png", *frames, seconds=0.1)
    pictures.write_png(args.out / "strip.png", pictures.strips(pictures.grey(streams[:, :: make_data.FRAMES])))
    print(f"pictures in {args.out}")


if __name__ == "__main__":
    try:
        main()
    except tercet.Error as error:
        sys.exit(f"stream.py: {error}")

"""The stream of stream.mlir in NumPy and PyTorch, written from the definitions.

    python stream_reference.py [--out=stream_clips.npy] [--class=3] [--seed=0] [--chunks=2]

Writes the first chunks [chunks, 8, 64, 64] of a stream. Noise is that of `spatial.random_normal`,
the sampler Euler's method on the velocity of a network that predicts clean rows.
"""

import argparse
import pathlib

import numpy as np
import torch

import make_data
import network
import stream_network as streams
from train import HERE, safetensors_io

F32 = np.float32
STEPS, SHIFT, GUIDANCE = 6, 3.0, 3.0


def philox(counters, seed):
    """The four words of Philox4x32-10 of counters (n, k, 0, 0), [4, n]."""
    mask, word = np.uint64(0xFFFFFFFF), np.uint64(32)
    c = [np.asarray(v, np.uint64) for v in counters]
    k0, k1 = (np.uint64(int(s) & 0xFFFFFFFF) for s in seed)
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> word) ^ c[1] ^ k0, b & mask, (a >> word) ^ c[3] ^ k1, a & mask]
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & mask, (k1 + np.uint64(0xBB67AE85)) & mask
    return np.stack(c)


def random_normal(seed, shape):
    n = np.arange(int(np.prod(shape)), dtype=np.uint64)
    zero = np.zeros_like(n)
    words = np.concatenate([philox((n, zero, zero, zero), seed),
                            philox((n, zero + np.uint64(1), zero, zero), seed)[:2]])
    total = ((words & np.uint64(0xFFFF)) + (words >> np.uint64(16))).sum(0).astype(np.int64)
    r = (total - 393210).astype(F32) * F32(2.0**-18)
    q, value = r * r, F32(0.029899776)
    for factor in (0.008355968, 0.076542912, 0.252408784, 3.949846138):
        value = value * q + F32(factor)
    return (value * r).reshape(shape)


class Stream:
    def __init__(self, weights, label):
        self.p = {k: torch.from_numpy(v.copy()) for k, v in safetensors_io.load(weights).items()}
        self.tables, self.label = streams.rotary_tables(), np.atleast_1d(label)
        n = len(self.label)
        self.history = np.full((n, streams.FRAMES, make_data.SIZE, make_data.SIZE), -1, F32)

    def clean(self, y, sigma):
        n = len(self.label)
        history = [torch.from_numpy(rows) for rows in streams.history_rows(self.history)]
        index = torch.arange(make_data.TOKENS).expand(n, -1)
        guesses = []
        for label in (self.label, np.full(n, network.NO_CLASS)):
            with torch.no_grad():
                guesses.append(streams.forward(
                    self.p, torch.from_numpy(y), index, history, torch.full((n,), float(sigma)),
                    torch.from_numpy(label.astype(np.int64)), self.tables).numpy())
        return guesses[1] + F32(GUIDANCE) * (guesses[0] - guesses[1])

    def chunk(self, noise, steps=STEPS):
        """The next 8 frames of each stream from noise [n, TOKENS, CHANNELS]."""
        s = 1 - np.arange(steps + 1) / steps
        sigmas = (SHIFT * s / (1 + (SHIFT - 1) * s)).astype(F32)
        y = noise
        for now, then in zip(sigmas, sigmas[1:]):
            y = y + (then - now) * ((y - self.clean(y, now)) / now)
        clip = np.clip(make_data.unpatchify(y), -1, 1)
        self.history = np.concatenate([self.history, clip], 1)[:, -streams.FRAMES :]
        return clip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=pathlib.Path, default=HERE / "stream.safetensors")
    parser.add_argument("--class", type=int, default=3, dest="label")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chunks", type=int, default=2)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "stream_clips.npy")
    args = parser.parse_args()
    torch.set_num_threads(1)
    stream = Stream(args.weights, args.label)
    shape = (make_data.TOKENS, make_data.CHANNELS)
    np.save(args.out, np.concatenate(
        [stream.chunk(random_normal((args.seed, i), shape)[None]) for i in range(args.chunks)]))


if __name__ == "__main__":
    main()

"""Quality figures of clips, in NumPy: what the judge of judge.py calls their frames, and PSNR.

judge.safetensors is the judge with its normalisations folded into the convolutions before them,
written by `judge.py --fold`.
"""

import pathlib
import sys

import numpy as np

import make_data

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "digits"))
import safetensors_io  # noqa: E402


def convolve(x, weight, bias, stride, padding):
    """Convolution of [n, c, h, w], then ReLU."""
    size = weight.shape[-1]
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    out = np.einsum("nchwij,ocij->nohw", windows[:, :, ::stride, ::stride], weight, optimize=True)
    return np.maximum(out + bias[:, None, None], 0)


def judge(frames, path=HERE / "judge.safetensors"):
    """The class of each frame [n, 64, 64] of values in -1..1."""
    p, x = safetensors_io.load(path), np.asarray(frames, np.float32)[:, None]
    for i in range(4):
        x = convolve(x, p[f"{i}.weight"], p[f"{i}.bias"], 2, 1)
    x = convolve(x, p["wide.weight"], p["wide.bias"], 1, 0).max((2, 3))
    return (x @ p["head.weight"].T + p["head.bias"]).argmax(1)


def frames_right(clips, labels):
    """Share of the frames of clips [n, FRAMES, SIZE, SIZE] that show their clip's class."""
    named = judge(np.reshape(clips, (-1, make_data.SIZE, make_data.SIZE)))
    return float(np.mean(named == np.repeat(labels, len(named) // len(labels))))


def psnr(a, b):
    """Decibels over all clips; values span 2."""
    return 10 * np.log10(4 / np.mean(np.square(np.subtract(a, b, dtype=np.float64))))

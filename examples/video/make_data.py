"""Clips of a moving handwritten digit, and the split between training and test digits.

A clip is 8 frames of 64x64 pixels in -1..1 (background -1). One digit of 24 to 32
pixels moves by 0.5 to 2 pixels a frame along a straight line and bounces off the
borders. The digits are those of scikit-learn, 8x8 pixels, so that one of theirs is about
a token here; a frame samples them with the kernel of the cubic B-spline at the place
where the digit is. Content and motion, by parts of a pixel, are smooth.

train.py, judge.py, reference.py and sample.py import this file. Clips are functions of a seed:

    python make_data.py --out digits.npz       # the digits, split; needs scikit-learn
    python make_data.py --show strip.png       # a look at some clips
"""

import argparse
import pathlib
import sys

import numpy as np

import pictures

HERE = pathlib.Path(__file__).resolve().parent
FRAMES, SIZE = 8, 64
# Tokens: patches of 2 frames x 4 x 4 pixels on a grid of 4 x 16 x 16.
PATCH, GRID, TOKENS, CHANNELS = (2, 4, 4), (4, 16, 16), 1024, 32
CLASSES = 10
MIN_SIDE, MAX_SIDE, MIN_SPEED, MAX_SPEED = 24.0, 32.0, 0.5, 2.0
CONTRAST = 1.35  # strokes that the smoothing made faint are bright again


def load_digits(path=None):
    """Returns (train_x [n, 8, 8], train_y, test_x, test_y), pixels in 0..1.

    Read from the file that this script wrote, or from scikit-learn without one.
    """
    if path:
        data = np.load(path)
        return tuple(data[k] for k in ("train_x", "train_y", "test_x", "test_y"))
    sys.path.insert(0, str(HERE.parent / "digits"))
    import make_inputs

    x, y, test_x, test_y = make_inputs.load_split()
    return x.reshape(-1, 8, 8), y, test_x.reshape(-1, 8, 8), test_y


def cubic(t):
    """The kernel of the cubic B-spline, which smooths."""
    t = np.abs(t)
    near = (0.5 * t - 1) * t * t + 2 / 3
    far = np.maximum(2 - t, 0) ** 3 / 6
    return np.where(t < 1, near, far)


def bounce(p, low, high):
    """Reflects positions into low..high: a triangle wave."""
    span = high - low
    u = np.mod(p - low, 2 * span)
    return low + np.where(u > span, 2 * span - u, u)


def make_clips(digits, picks, rng, frames=FRAMES):
    """Clips [n, frames, SIZE, SIZE] of the digits `picks`, float32."""
    n = len(picks)
    side = rng.uniform(MIN_SIDE, MAX_SIDE, n)
    speed = rng.uniform(MIN_SPEED, MAX_SPEED, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    velocity = speed * np.stack([np.sin(angle), np.cos(angle)])
    # The centre stays so far inside that the digit's box touches the border at most.
    low, high = side / 2, SIZE - side / 2
    start = low + (high - low) * rng.random_sample((2, n))
    path = start[:, :, None] + velocity[:, :, None] * np.arange(frames)
    centre = bounce(path, low[:, None], high[:, None])
    # Pixel p of the frame reads the digit at u; pixel centres lie at halves.
    pixel = np.arange(SIZE) + 0.5
    u = (pixel - centre[..., None]) * (8 / side)[:, None, None] + 3.5
    weights = cubic(u[..., None] - np.arange(8)).astype(np.float32)
    ink = weights[0] @ digits[picks][:, None] @ weights[1].swapaxes(-1, -2)
    return 2 * np.minimum(CONTRAST * ink, 1) - 1


def batch(digits, labels, n, rng, frames=FRAMES):
    """n clips of digits drawn at random, and their classes."""
    picks = rng.randint(len(digits), size=n)
    return make_clips(digits, picks, rng, frames), labels[picks].astype(np.int64)


def patchify(clips):
    """[n, FRAMES, SIZE, SIZE] -> [n, TOKENS, CHANNELS]; channel = (frame, row, column)."""
    (a, b, c), (t, h, w) = PATCH, GRID
    x = clips.reshape(-1, t, a, h, b, w, c).transpose(0, 1, 3, 5, 2, 4, 6)
    return x.reshape(-1, TOKENS, CHANNELS)


def unpatchify(tokens):
    (a, b, c), (t, h, w) = PATCH, GRID
    x = tokens.reshape(-1, t, h, w, a, b, c).transpose(0, 1, 4, 2, 5, 3, 6)
    return x.reshape(-1, FRAMES, SIZE, SIZE)


def rotations(pairs):
    """Cosines and sines [TOKENS, sum(pairs)] of the places, pairs = those of t, y and x.

    Pair i of the n pairs of an axis turns by position * 32^(-i / n): from one radian a
    token to about one over the whole axis.
    """
    axes = np.unravel_index(np.arange(TOKENS), GRID)
    angle = np.concatenate([p[:, None] * 32.0 ** (-np.arange(n) / n) for p, n in zip(axes, pairs)],
                           axis=1)
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, help="digits written by --out before")
    parser.add_argument("--out", type=pathlib.Path, help="write the digits, split (.npz)")
    parser.add_argument("--show", type=pathlib.Path, help="write ten clips as a picture (.png)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    x, y, test_x, test_y = load_digits(args.data)
    if args.out:
        np.savez(args.out, train_x=x, train_y=y, test_x=test_x, test_y=test_y)
    if args.show:
        rng = np.random.RandomState(args.seed)
        picks = [np.flatnonzero(y == c)[0] for c in range(CLASSES)]
        clips = make_clips(x, np.array(picks), rng)
        pictures.write_png(args.show, pictures.strips(pictures.grey(clips)))
    print(f"{len(x)} training digits, {len(test_x)} test digits; clips of {FRAMES} frames, "
          f"{TOKENS} tokens of {CHANNELS} values")


if __name__ == "__main__":
    main()

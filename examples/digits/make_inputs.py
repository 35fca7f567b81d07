"""Writes the test images and labels of the digits example as .npy files.

Also home of the train/test split, which train.py imports: a split that exists
twice can drift, and then test images would leak into training.
"""

import argparse
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
TEST_COUNT = 360
SPLIT_SEED = 20240


def stratified_pick(labels, count, seed):
    """Returns a sorted index array of `count` samples with every class's share kept."""
    # RandomState's stream is frozen by NumPy, default_rng's is not: the split
    # must stay the same for the committed expected outputs to stay valid.
    rng = np.random.RandomState(seed)
    classes, sizes = np.unique(labels, return_counts=True)
    exact = sizes * count / len(labels)
    take = np.floor(exact).astype(int)
    # Largest remainder; the stable sort makes equal remainders prefer the lower class.
    for c in np.argsort(-(exact - take), kind="stable")[: count - take.sum()]:
        take[c] += 1
    picked = [rng.permutation(np.flatnonzero(labels == c))[:n] for c, n in zip(classes, take)]
    return np.sort(np.concatenate(picked))


def load_split():
    """Returns (train_x, train_y, test_x, test_y): pixels float32 in [0, 1], labels int32."""
    from sklearn.datasets import load_digits  # only needed to retrain or to rebuild the inputs

    digits = load_digits()
    x = (digits.data / 16.0).astype(np.float32)  # pixels are 0..16: exact in float32
    y = digits.target.astype(np.int32)
    test = stratified_pick(y, TEST_COUNT, SPLIT_SEED)
    train = np.setdiff1d(np.arange(len(y)), test)
    return x[train], y[train], x[test], y[test]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="folder to write to")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    _, _, x, y = load_split()
    np.save(args.out / "images.npy", x)
    np.save(args.out / "labels.npy", y)
    print(f"images.npy {x.dtype} {x.shape}, labels.npy {y.dtype} {y.shape}")


if __name__ == "__main__":
    main()

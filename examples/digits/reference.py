"""NumPy reference of the digits networks: accuracy and expected logits.

Every float32 operation is written in the order that the compiled kernels use.
Up to the integer sum a ternary layer has one right answer to the bit, so a
compiled result can be checked against this file and not merely for accuracy.
"""

import argparse
import pathlib

import numpy as np

import safetensors_io

HERE = pathlib.Path(__file__).resolve().parent
VARIANTS = ("float", "ternary", "sparse")
LAYERS = 3
LANES = 16
F32 = np.float32
NORM_EPS = F32(1e-5)
SCALE_MIN = F32(1e-5)


def rms_norm(x, gain):
    """RMSNorm with gain over the last axis: (x * inv) * gain."""
    width = x.shape[1]
    assert x.dtype == F32 and width % LANES == 0
    # 16 strided partial sums and a binary tree: the order of a vector loop,
    # because a sum in another order can move an int8 rounding in the next step.
    p = np.zeros((len(x), LANES), F32)
    for i in range(0, width, LANES):
        block = x[:, i : i + LANES]
        p += block * block
    for s in (8, 4, 2, 1):
        p[:, :s] += p[:, s : 2 * s]
    inv = F32(1) / np.sqrt(p[:, :1] / F32(width) + NORM_EPS)
    return x * inv * gain


def ternarise(w):
    """Returns (int8 weights in {-1, 0, 1}, beta) of a float32 matrix."""
    # Summed in float64 so that beta does not depend on NumPy's summation order.
    beta = max(F32(np.mean(np.abs(w), dtype=np.float64)), SCALE_MIN)
    # Multiply by the reciprocal instead of dividing: ties round differently otherwise.
    s = F32(1) / beta
    return np.clip(np.rint(w * s), -1, 1).astype(np.int8), beta


def mask_2_4(w):
    """True for the 2 largest magnitudes in every 4 consecutive inputs; a tie keeps the lower index."""
    groups = np.abs(w).reshape(-1, 4)
    keep = np.argsort(-groups, axis=1, kind="stable")[:, :2]
    mask = np.zeros(groups.shape, bool)
    np.put_along_axis(mask, keep, True, axis=1)
    return mask.reshape(w.shape)


def quantise_rows(x):
    """Returns (int8 rows, gamma): absmax quantisation with one gamma per row."""
    gamma = np.maximum(np.max(np.abs(x), axis=1, keepdims=True), SCALE_MIN)
    s_x = F32(127) / gamma
    return np.clip(np.rint(x * s_x), -128, 127).astype(np.int8), gamma


def bit_linear(x, w, beta):
    """Ternary linear layer: exact int32 sums, then one float32 scale per row."""
    xq, gamma = quantise_rows(x)
    acc = xq.astype(np.int32) @ w.astype(np.int32).T
    act_scale = gamma / F32(127)
    return acc.astype(F32) * (act_scale * F32(beta))


def linear(x, w):
    """Float linear layer; float64 sums, because a float32 sum has no agreed order."""
    return (x.astype(np.float64) @ w.astype(np.float64).T).astype(F32)


def forward(tensors, variant, x, after_norm=lambda h: h):
    """Returns the logits; `after_norm` lets the robustness check disturb the norm outputs."""
    h = x
    for layer in range(1, LAYERS + 1):
        h = after_norm(rms_norm(h, tensors[f"{variant}.norm{layer}.gain"]))
        w = tensors[f"{variant}.fc{layer}.weight"]
        if variant == "float":
            h = linear(h, w)
        else:
            h = bit_linear(h, w, tensors[f"{variant}.fc{layer}.scale"])
        if layer < LAYERS:
            h = np.maximum(h, F32(0))
        else:
            h = h + tensors[f"{variant}.fc{layer}.bias"]
    assert h.dtype == F32
    return h


def fragile_count(logits, relative=1e-4):
    """Images whose two best logits swap when each moves by `relative` of the largest magnitude."""
    top = np.sort(logits, axis=1)
    gap = top[:, -1] - top[:, -2]
    return int(np.sum(gap <= 2 * relative * np.max(np.abs(logits), axis=1)))


def noisy_flips(tensors, variant, x, trials, relative, seed=0):
    """Images whose class changes in any trial with relative noise on every norm output.

    A last-bit difference before the int8 rounding moves a whole quantisation
    step, which the gap between logits alone does not show.
    """
    rng = np.random.RandomState(seed)
    clean = forward(tensors, variant, x).argmax(1)
    changed = np.zeros(len(x), bool)
    for _ in range(trials):
        noisy = forward(
            tensors, variant, x,
            lambda h: h * (1 + relative * rng.uniform(-1, 1, h.shape)).astype(F32),
        )
        changed |= noisy.argmax(1) != clean
    return int(changed.sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=pathlib.Path, default=HERE / "digits.safetensors")
    parser.add_argument("--inputs", type=pathlib.Path, default=HERE,
                        help="folder with images.npy and labels.npy")
    parser.add_argument("--out", type=pathlib.Path,
                        help="write expected_VARIANT.npy (logits) to this folder")
    parser.add_argument("--robustness", action="store_true",
                        help="also count the images that a small numeric difference would flip")
    args = parser.parse_args()
    tensors = safetensors_io.load(args.weights)
    x = np.load(args.inputs / "images.npy")
    y = np.load(args.inputs / "labels.npy")
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    for variant in VARIANTS:
        logits = forward(tensors, variant, x)
        right = int(np.sum(logits.argmax(1) == y))
        print(f"{variant:8s} {right}/{len(y)} = {right / len(y):.4f}")
        if args.robustness:
            top = np.sort(logits, axis=1)
            gap = np.min((top[:, -1] - top[:, -2]) / np.max(np.abs(logits), axis=1))
            print(f"  smallest relative gap {gap:.2e}; flipped by 1e-4 on the logits: "
                  f"{fragile_count(logits)}; by noise on the norms, 20 trials: "
                  + ", ".join(f"{r:g}: {noisy_flips(tensors, variant, x, 20, r)}"
                              for r in (1e-7, 1e-6, 1e-5, 1e-4)))
        if args.out:
            np.save(args.out / f"expected_{variant}.npy", logits)


if __name__ == "__main__":
    main()

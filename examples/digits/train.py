"""Trains the float, ternary and 2:4-sparse ternary digits networks.

64-256-256-10: RMSNorm, linear, ReLU. The ternary layers train float32 master
weights with a straight-through estimator. The learning rate is chosen on a
validation part of the training images; the chosen one is then trained on all
training images. The test images are looked at once, at the end.
"""

import argparse
import os
import pathlib
import time

# Before NumPy is loaded: the number of BLAS threads changes the summation order,
# and with it the trained weights.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402

import make_inputs  # noqa: E402
import reference  # noqa: E402
import safetensors_io  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
WIDTHS = (64, 256, 256, 10)
LAYERS = len(WIDTHS) - 1
VALIDATION_COUNT = 240
VALIDATION_SEED = 7
BATCH = 64
WARMUP = 50
WEIGHT_DECAY = 0.05
BETAS = (0.9, 0.98)
ADAM_EPS = 1e-8
SMOOTHING = 0.1
F32 = np.float32


def init_params(rng):
    params = {}
    for i in range(LAYERS):
        fan_in, fan_out = WIDTHS[i], WIDTHS[i + 1]
        params[f"norm{i + 1}.gain"] = np.ones(fan_in, F32)
        params[f"fc{i + 1}.weight"] = (rng.randn(fan_out, fan_in) / np.sqrt(fan_in)).astype(F32)
    params[f"fc{LAYERS}.bias"] = np.zeros(WIDTHS[-1], F32)
    return params


def augment(images, rng):
    """Rotates, scales and shifts every image at random (bilinear, zero outside)."""
    n = len(images)
    angle = rng.uniform(-0.2, 0.2, (n, 1))
    scale = rng.uniform(0.9, 1.1, (n, 1))
    shift = rng.uniform(-0.8, 0.8, (2, n, 1))
    row, col = np.divmod(np.arange(64), 8)
    row, col = row - 3.5, col - 3.5
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    # A border of two zero pixels stands for everything outside of the image.
    r = np.clip(cos * row - sin * col + 3.5 + shift[0], -1.5, 8.5) + 2
    c = np.clip(sin * row + cos * col + 3.5 + shift[1], -1.5, 8.5) + 2
    padded = np.pad(images.reshape(n, 8, 8), ((0, 0), (2, 2), (2, 2))).reshape(n, 144)
    r0, c0 = r.astype(int), c.astype(int)
    fr, fc = r - r0, c - c0
    at = r0 * 12 + c0

    def pixel(offset):
        return np.take_along_axis(padded, at + offset, axis=1)

    out = (pixel(0) * (1 - fr) + pixel(12) * fr) * (1 - fc)
    out += (pixel(1) * (1 - fr) + pixel(13) * fr) * fc
    return out.astype(F32)


def effective_weight(w, variant):
    """The weight that the forward pass uses, as float32."""
    if variant == "float":
        return w
    wq, beta = reference.ternarise(w)
    if variant == "sparse":
        wq = wq * reference.mask_2_4(w)  # recomputed every step, so a weight can come back
    return wq.astype(F32) * beta


def loss_and_grads(params, variant, x, y):
    """Mean smoothed cross entropy of a batch, and the gradient of every parameter."""
    tape, h = [], x
    for i in range(1, LAYERS + 1):
        gain = params[f"norm{i}.gain"]
        inv = 1 / np.sqrt(np.mean(h * h, axis=1, keepdims=True) + reference.NORM_EPS)
        n = h * inv
        a = n * gain
        if variant != "float":
            q, gamma = reference.quantise_rows(a)
            a = q.astype(F32) * (gamma / F32(127))
        w = effective_weight(params[f"fc{i}.weight"], variant)
        out = a @ w.T
        tape.append((inv, n, a, w, out))
        h = np.maximum(out, 0) if i < LAYERS else out + params[f"fc{i}.bias"]

    z = h - h.max(axis=1, keepdims=True)
    log_p = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    target = np.full_like(h, SMOOTHING / WIDTHS[-1])
    target[np.arange(len(y)), y] += 1 - SMOOTHING
    loss = -float(np.sum(target * log_p)) / len(y)

    grads = {}
    d = (np.exp(log_p) - target) / F32(len(y))
    grads[f"fc{LAYERS}.bias"] = d.sum(axis=0)
    for i in range(LAYERS, 0, -1):
        inv, n, a, w, out = tape[i - 1]
        if i < LAYERS:
            d = d * (out > 0)
        # Straight through: both roundings and the 2:4 mask count as the identity,
        # so masked weights receive a gradient too.
        grads[f"fc{i}.weight"] = d.T @ a
        d = d @ w
        grads[f"norm{i}.gain"] = np.sum(d * n, axis=0)
        d = d * params[f"norm{i}.gain"]
        d = inv * (d - n * np.mean(d * n, axis=1, keepdims=True))
    return loss, grads


def train(variant, x, y, lr_max, epochs, seed):
    """Returns the trained parameters (master weights)."""
    rng = np.random.RandomState(seed)
    params = init_params(rng)
    first = {k: np.zeros_like(v) for k, v in params.items()}
    second = {k: np.zeros_like(v) for k, v in params.items()}
    per_epoch = len(x) // BATCH
    total, step = per_epoch * epochs, 0
    for _ in range(epochs):
        order = rng.permutation(len(x))
        images = augment(x, rng)
        for b in range(per_epoch):
            rows = order[b * BATCH : (b + 1) * BATCH]
            step += 1
            _, grads = loss_and_grads(params, variant, images[rows], y[rows])
            cosine = 0.5 * (1 + np.cos(np.pi * max(0, step - WARMUP) / max(1, total - WARMUP)))
            lr = lr_max * min(1.0, step / WARMUP) * cosine
            bias1, bias2 = 1 - BETAS[0] ** step, 1 - BETAS[1] ** step
            for k, p in params.items():
                first[k] = F32(BETAS[0]) * first[k] + F32(1 - BETAS[0]) * grads[k]
                second[k] = F32(BETAS[1]) * second[k] + F32(1 - BETAS[1]) * grads[k] ** 2
                if p.ndim == 2:  # gains and biases are not decayed
                    p *= F32(1 - lr * WEIGHT_DECAY)
                p -= F32(lr / bias1) * first[k] / (np.sqrt(second[k] / F32(bias2)) + F32(ADAM_EPS))
    return params


def export(params, variant):
    """The tensors of one variant as they are stored: ternary weights as int8 and beta."""
    tensors = {}
    for name, value in params.items():
        if name.endswith("weight") and variant != "float":
            wq, beta = reference.ternarise(value)
            if variant == "sparse":
                wq = wq * reference.mask_2_4(value)
                assert np.all(np.count_nonzero(wq.reshape(-1, 4), axis=1) <= 2)
            tensors[f"{variant}.{name}"] = wq.astype(np.int8)
            tensors[f"{variant}.{name.replace('weight', 'scale')}"] = np.array(beta, F32)
        else:
            tensors[f"{variant}.{name}"] = value
    return tensors


def evaluate(tensors, variant, x, y):
    """(images right, mean cross entropy) by the reference."""
    z = reference.forward(tensors, variant, x).astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return int(np.sum(z.argmax(1) == y)), -float(np.mean(log_p[np.arange(len(y)), y]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "digits.safetensors")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--lr", type=float, nargs="+", default=[1.5e-3, 3e-3, 6e-3],
                        help="learning rates to choose from on the validation images")
    parser.add_argument("--choose-seeds", type=int, default=3,
                        help="runs to average for each learning rate")
    args = parser.parse_args()

    start = time.monotonic()
    x, y, test_x, test_y = make_inputs.load_split()
    held = make_inputs.stratified_pick(y, VALIDATION_COUNT, VALIDATION_SEED)
    rest = np.setdiff1d(np.arange(len(y)), held)
    tensors = {}
    for variant in reference.VARIANTS:
        best = None
        for lr in args.lr:
            if len(args.lr) == 1:
                best = (0, 0.0, lr)
                break
            # Seeds beside the final one, so that the choice is of a learning rate, not of a seed.
            runs = []
            for k in range(args.choose_seeds):
                params = train(variant, x[rest], y[rest], lr, args.epochs, args.seed + 1000 + k)
                runs.append(evaluate(export(params, variant), variant, x[held], y[held]))
            right, loss = np.mean(runs, axis=0)
            print(f"{variant:8s} lr {lr:g}: validation {right:.1f}/{len(held)}, loss {loss:.4f}",
                  flush=True)
            # Equal counts are common with 240 images; the loss then decides.
            if best is None or (-right, loss) < best[:2]:
                best = (-right, loss, lr)
        began = time.monotonic()
        params = train(variant, x, y, best[2], args.epochs, args.seed)
        seconds = time.monotonic() - began
        tensors.update(export(params, variant))
        right, _ = evaluate(tensors, variant, test_x, test_y)
        print(f"{variant:8s} lr {best[2]:g}: test {right}/{len(test_y)} = "
              f"{right / len(test_y):.4f}, {seconds:.1f} s", flush=True)
    safetensors_io.save(args.out, tensors)
    print(f"{args.out.name}: {args.out.stat().st_size} bytes, "
          f"{time.monotonic() - start:.0f} s in all")


if __name__ == "__main__":
    main()

"""A small convolutional network that names the digit of a frame: it judges samples.

It is trained on frames of the training digits in a minute or two, and scored on frames of
digits that it never saw; what it says about sampled frames is worth as much as that score.

    python judge.py --out judge.pt --fold judge.safetensors
"""

import argparse
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import nn

import make_data

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "digits"))
import safetensors_io  # noqa: E402

STEPS, BATCH, RATE = 1500, 16, 2e-3  # 16 clips give 64 frames, every second one


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        widths = (1, 16, 32, 64, 64)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in zip(widths, widths[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in widths[1:])
        self.wide = nn.Conv2d(64, 128, 2)
        self.head = nn.Linear(128, make_data.CLASSES)

    def forward(self, frames):
        """Logits [n, 10] of frames [n, 64, 64] in -1..1."""
        x = frames[:, None]
        for convolution, norm in zip(self.convolutions, self.norms):
            x = nnf.relu(norm(convolution(x)))
        return self.head(nnf.relu(self.wide(x)).amax((2, 3)))


def frames_right(judge, clips, labels):
    """Share of the frames of clips [n, FRAMES, SIZE, SIZE] that show their clip's class."""
    judge.eval()
    with torch.no_grad():
        frames = torch.as_tensor(clips).reshape(-1, make_data.SIZE, make_data.SIZE)
        guess = torch.cat([judge(part).argmax(1) for part in frames.split(256)])
    labels = torch.as_tensor(labels).repeat_interleave(make_data.FRAMES)
    return (guess == labels).double().mean().item()


def train(data, seed=0, steps=STEPS):
    digits, labels, _, _ = data
    torch.manual_seed(seed)
    rng = np.random.RandomState(seed)
    judge = Judge()
    optimiser = torch.optim.AdamW(judge.parameters(), weight_decay=0.05)
    for step in range(steps):
        clips, label = make_data.batch(digits, labels, BATCH, rng)
        frames = torch.from_numpy(clips)[:, ::2].reshape(-1, make_data.SIZE, make_data.SIZE)
        # Samples are never quite free of noise, and neither are these.
        frames = frames + torch.rand(len(frames), 1, 1) * 0.2 * torch.randn_like(frames)
        loss = nnf.cross_entropy(judge(frames),
                                 torch.from_numpy(label).repeat_interleave(4), label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.param_groups[0]["lr"] = RATE * min(1, (step + 1) / 50) * (1 - step / steps)
        optimiser.step()
    return judge


def score(judge, data, seed=1):
    """The judge's accuracy on frames of the test digits, each in two clips."""
    _, _, digits, labels = data
    picks = np.tile(np.arange(len(digits)), 2)
    clips = make_data.make_clips(digits, picks, np.random.RandomState(seed))
    return frames_right(judge, clips, labels[picks].astype(np.int64))


def load_or_train(path, data):
    """The judge of the file `path`; without the file it is trained and the file written."""
    if path.exists():
        judge = Judge()
        judge.load_state_dict(torch.load(path))
        return judge
    judge = train(data)
    torch.save(judge.state_dict(), path)
    return judge


def fold(judge):
    """The judge for quality.py: its normalisations are part of the convolutions before them."""
    tensors = {}
    for i, (convolution, norm) in enumerate(zip(judge.convolutions, judge.norms)):
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        tensors[f"{i}.weight"] = convolution.weight * scale[:, None, None, None]
        tensors[f"{i}.bias"] = (convolution.bias - norm.running_mean) * scale + norm.bias
    for name, part in (("wide", judge.wide), ("head", judge.head)):
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = part.weight, part.bias
    return {name: value.detach().numpy() for name, value in tensors.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, help="digits written by make_data.py --out")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="file for the judge")
    parser.add_argument("--fold", type=pathlib.Path, help="file for the judge as quality.py reads it")
    args = parser.parse_args()
    torch.set_num_threads(1)
    data = make_data.load_digits(args.data)
    judge = load_or_train(args.out, data)
    if args.fold:
        safetensors_io.save(args.fold, fold(judge))
    print(f"{100 * score(judge, data):.2f} % of the frames of unseen digits are named right")


if __name__ == "__main__":
    main()

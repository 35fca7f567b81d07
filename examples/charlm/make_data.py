"""Writes the held-out text of the charlm example, and on request the training text.

The text is the King James Bible as the `bible` program of Debian's packages
bible-kjv and bible-kjv-text prints it: one verse a line, without the reference
in front of it. Every 20th chapter is held out, so that no held-out verse stands
in a context that was trained on. train.py imports the split from here.
"""

import argparse
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
HOLD_EVERY = 20


def chapters():
    """Returns the text of every chapter in order, one line a verse."""
    # -f turns pretty-printing off: one verse a line, its reference in front.
    printed = subprocess.run(["bible", "-f", "Gen1:1-Rev22:21"], check=True,
                             capture_output=True, text=True, encoding="ascii").stdout
    found = {}
    for line in printed.splitlines():
        if not line.strip():
            continue
        match = re.fullmatch(r"(\S+):\d+ (.*)", line)
        if not match:
            raise ValueError(f"a line without a verse reference: {line!r}")
        found.setdefault(match[1], []).append(match[2].strip() + "\n")
    return ["".join(lines) for lines in found.values()]


def load_split():
    """Returns (training text, held-out text, alphabet): the alphabet is in order of code."""
    parts = chapters()
    held = "".join(parts[HOLD_EVERY - 1 :: HOLD_EVERY])
    rest = "".join(p for i, p in enumerate(parts) if i % HOLD_EVERY != HOLD_EVERY - 1)
    alphabet = "".join(sorted(set(rest)))
    if not set(held) <= set(alphabet):
        raise ValueError("the held-out text has characters that the training text lacks")
    return rest, held, alphabet


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "heldout.txt")
    parser.add_argument("--train-out", type=pathlib.Path, help="also write the training text")
    args = parser.parse_args()
    rest, held, alphabet = load_split()
    args.out.write_bytes(held.encode("ascii"))
    if args.train_out:
        args.train_out.write_bytes(rest.encode("ascii"))
    print(f"{len(rest)} training characters, {len(held)} held out, alphabet of {len(alphabet)}")


if __name__ == "__main__":
    main()

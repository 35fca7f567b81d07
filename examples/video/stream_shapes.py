"""Sizes of the history of stream_network.py, for scripts without PyTorch."""

import make_data

# Frames, and boxes that they are cut into, oldest first.
PARTS = ((8, (8, 16, 16)), (4, (4, 8, 8)), (2, (2, 4, 4)))
NAMES = ("long", "middle", "short")
FRAMES = sum(frames for frames, _ in PARTS)
ROWS = [frames // a * (make_data.SIZE // b) * (make_data.SIZE // c) for frames, (a, b, c) in PARTS]
HISTORY = sum(ROWS)
VALUES = [a * b * c for _, (a, b, c) in PARTS]
THETA, WIDTHS, GAIN = 32.0, (8, 12, 12), 9.0

"""PNG files of clips, still and animated, in NumPy and zlib."""

import pathlib
import struct
import zlib

import numpy as np


def grey(values):
    """Pixels of values from -1 to 1."""
    return np.clip(np.rint(127.5 * (np.asarray(values) + 1)), 0, 255).astype(np.uint8)


def strips(clips):
    """Clips [n, frames, h, w] as one image: a clip a row, its frames side by side."""
    n, frames, height, width = np.shape(clips)[:4]
    rest = np.shape(clips)[4:]
    return np.swapaxes(clips, 1, 2).reshape(n * height, frames * width, *rest)


def _chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def write_png(path, *images, seconds=0.1):
    """Writes an image [h, w] or [h, w, 3] of u8; several are the frames of an endless animation
    (APNG, which viewers that do not know it show as its first frame)."""
    height, width = images[0].shape[:2]
    colour = 2 if images[0].ndim == 3 else 0
    parts = [b"\x89PNG\r\n\x1a\n",
             _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))]
    if len(images) > 1:
        parts.append(_chunk(b"acTL", struct.pack(">II", len(images), 0)))
    number = 0
    for i, image in enumerate(images):
        lines = np.concatenate([np.zeros((height, 1), np.uint8), image.reshape(height, -1)], axis=1)
        data = zlib.compress(lines.tobytes(), 9)
        if len(images) > 1:
            parts.append(_chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, width, height, 0, 0,
                                                     round(1000 * seconds), 1000, 0, 0)))
            number += 1
        if i:  # the first frame is the image of those who know no animations
            parts.append(_chunk(b"fdAT", struct.pack(">I", number) + data))
            number += 1
        else:
            parts.append(_chunk(b"IDAT", data))
    pathlib.Path(path).write_bytes(b"".join(parts) + _chunk(b"IEND", b""))

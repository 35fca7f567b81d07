"""Reads PNG files, animated ones too, chunk by chunk: sizes, checksums, whole lines.

  read_png.py FILE...
"""
import pathlib
import struct
import sys
import zlib

for path in map(pathlib.Path, sys.argv[1:]):
    raw = path.read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    at, images, animated = 8, {}, 1
    while at < len(raw):
        length, kind = struct.unpack_from(">I4s", raw, at)
        body = raw[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack_from(">I", raw, at + 8 + length)[0]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", body)
        elif kind == b"acTL":
            animated = struct.unpack_from(">I", body)[0]
        elif kind == b"IDAT":
            images[0] = zlib.decompress(body)
        elif kind == b"fdAT":
            images[len(images)] = zlib.decompress(body[4:])
        at += 12 + length
    channels = {0: 1, 2: 3}[colour]
    assert depth == 8 and kind == b"IEND" and len(images) == animated
    assert all(len(lines) == height * (1 + width * channels) for lines in images.values())
    print(f"{path.name}: {width}x{height}, {channels} channel{'s' * (channels > 1)}, "
          f"{animated} frame{'s' * (animated > 1)}")

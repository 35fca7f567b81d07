"""Writes a safetensors file: make_weights.py OUT NAME:DTYPE:SHAPE:FILL ...

SHAPE is like 16x32 ("" for a scalar). FILL is a number for every element, `trits`
(-1, 0, 1 in turn), `sparse` (two of every four nonzero), or `random:SEED`.
"""
import json
import random
import struct
import sys

FORMATS = {"F64": "d", "F32": "f", "I64": "q", "I32": "i", "I16": "h", "I8": "b", "U8": "B"}


def values(dtype, count, fill):
    if fill == "trits":
        return [i % 3 - 1 for i in range(count)]
    if fill == "sparse":
        return [(1, 0, -1, 0)[i % 4] for i in range(count)]
    if fill.startswith("random:"):
        rng = random.Random(int(fill[7:]))
        if dtype.startswith("F"):
            return [rng.uniform(-1, 1) for _ in range(count)]
        return [rng.randint(-1, 1) for _ in range(count)]
    return [float(fill) if dtype.startswith("F") else int(fill)] * count


def main(out, specs):
    header, data = {}, b""
    for spec in specs:
        name, dtype, shape, fill = spec.split(":", 3)
        shape = [int(n) for n in shape.split("x")] if shape else []
        count = 1
        for n in shape:
            count *= n
        raw = struct.pack("<%d%s" % (count, FORMATS[dtype]), *values(dtype, count, fill))
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(out, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

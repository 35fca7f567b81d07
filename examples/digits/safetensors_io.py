"""Minimal safetensors reader and writer with deterministic bytes.

The example must run without the safetensors package, and a retrained file
should differ only where the weights differ, so the header is sorted JSON
without a timestamp or metadata.
"""

import json
import struct

import numpy as np

_NAME_TO_DTYPE = {"F32": np.dtype("<f4"), "I8": np.dtype("i1"), "U8": np.dtype("u1"),
                  "I32": np.dtype("<i4")}
_DTYPE_TO_NAME = {dtype: name for name, dtype in _NAME_TO_DTYPE.items()}


def save(path, tensors):
    """Writes a dict of name -> array to `path`."""
    # ascontiguousarray would turn a scalar into a vector of one element.
    arrays = {name: np.asarray(a, order="C") for name, a in tensors.items()}
    # The format allows no gap between tensors. Whole multiples of 8 bytes first,
    # then wide elements before narrow ones: every tensor is naturally aligned.
    order = sorted(arrays, key=lambda n: (arrays[n].nbytes % 8 != 0, -arrays[n].itemsize, n))
    header, offset = {}, 0
    for name in order:
        a = arrays[name]
        header[name] = {
            "dtype": _DTYPE_TO_NAME[a.dtype.newbyteorder("<")],
            "shape": list(a.shape),
            "data_offsets": [offset, offset + a.nbytes],
        }
        offset += a.nbytes
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the data must start at a multiple of 8
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            a = arrays[name]
            f.write(a.astype(a.dtype.newbyteorder("<"), copy=False).tobytes())


def load(path):
    """Reads `path` into a dict of name -> array."""
    with open(path, "rb") as f:
        raw = f.read()
    if len(raw) < 8:
        raise ValueError(f"{path}: too short for a safetensors file")
    (length,) = struct.unpack_from("<Q", raw)
    if 8 + length > len(raw):
        raise ValueError(f"{path}: the header is longer than the file")
    header = json.loads(raw[8 : 8 + length])
    data = raw[8 + length :]
    tensors = {}
    for name, info in header.items():
        if name == "__metadata__":
            continue
        begin, end = info["data_offsets"]
        dtype = _NAME_TO_DTYPE[info["dtype"]]
        if not 0 <= begin <= end <= len(data):
            raise ValueError(f"{path}: {name} lies outside the file")
        tensors[name] = np.frombuffer(data[begin:end], dtype).reshape(info["shape"])
    return tensors

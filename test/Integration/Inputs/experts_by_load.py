"""Biases for experts_by_load.mlir, and what a profile of it has to hold.

  experts_by_load.py bias OUT.safetensors [PROFILE ALPHA BETA]
      a bias that makes some experts rare; with a profile, minus infinity for those
      that the pruning rule drops
  experts_by_load.py check PROFILE PAIRS CALLS
"""

import json
import struct
import sys

EXPERTS = 16


def read_counts(path):
    with open(path) as file:
        profile = json.load(file)
    assert profile["format"] == "tercet-experts" and profile["version"] == 1
    (layer,) = profile["layers"]
    assert layer["name"] == "block.router", layer["name"]
    assert len(layer["counts"]) == EXPERTS
    return layer["counts"]


def dropped(counts, alpha, beta):
    """By the words of the rule: every expert is looked at by itself."""
    total = sum(counts)
    rank = {e: (c, e) for e, c in enumerate(counts)}
    for e, c in enumerate(counts):
        up_to = sum(other for o, other in enumerate(counts) if rank[o] <= rank[e])
        if c <= alpha * total / len(counts) and up_to <= beta * total:
            yield e


def write(path, values):
    data = struct.pack(f"<{len(values)}f", *values)
    header = json.dumps({"bias": {"dtype": "F32", "shape": [len(values)], "data_offsets": [0, len(data)]}}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + data)


if sys.argv[1] == "bias":
    bias = [-0.02 * (5 * e % EXPERTS) for e in range(EXPERTS)]
    if len(sys.argv) > 3:
        gone = list(dropped(read_counts(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])))
        assert 3 <= len(gone) <= EXPERTS - 3, gone
        for e in gone:
            bias[e] = float("-inf")
        print("dropped", len(gone))
    write(sys.argv[2], bias)
else:
    counts = read_counts(sys.argv[2])
    pairs, calls = int(sys.argv[3]), int(sys.argv[4])
    assert sum(counts) == pairs * calls, counts
    assert all(c % calls == 0 for c in counts), counts
    assert len(set(counts)) > 3, counts

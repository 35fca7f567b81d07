"""Inputs and expected values of cache.test, as .npy files in the folder given.

Calls of `step`, in order: name, position, the rows that it brings. The state is the
rows that were written last; `sums` are its columns' sums; `places` are position +
number of the token + id.
"""
import os
import struct
import sys

out = sys.argv[1]


def write(name, kind, shape, values):
    head = "{'descr': '<%s', 'fortran_order': False, 'shape': (%s), }" % (
        kind, "".join("%d, " % n for n in shape))
    head += " " * ((-len(head) - 11) % 64) + "\n"
    with open(os.path.join(out, name + ".npy"), "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        f.write(struct.pack("<%d%s" % (len(values), kind[0] if kind[0] == "f" else "i"), *values))


def flat(rows):
    return [x for row in rows for x in row]


state = [[0.0] * 4 for _ in range(8)]
calls = [
    ("prefill", 0, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], [0, 4, 2]),
    ("decode1", 3, [[13, 14, 15, 16]], [1]),
    ("decode2", 4, [[17, 18, 19, 20]], [3]),
    ("again", 1, [[-1, -2, -3, -4], [-5, -6, -7, -8]], [4, 4]),
    ("end", 7, [[100, 200, 300, 400]], [0]),
]
for name, position, rows, ids in calls:
    for i, row in enumerate(rows):
        state[position + i] = [float(x) for x in row]
    write(name + ".k", "f4", [len(rows), 4], flat(rows))
    write(name + ".ids", "i4", [len(ids)], ids)
    write(name + ".all", "f4", [8, 4], flat(state))
    write(name + ".sums", "f4", [4], [sum(c) for c in zip(*state)])
    write(name + ".places", "f4", [len(ids)],
          [position + i + id for i, id in enumerate(ids)])

# `twice` after them: three rows from row 2 on, and one at the end.
rows = [[21.0 + 4 * i + j for j in range(4)] for i in range(3)]
state[2:5] = rows
state[7] = [0.5, 0.25, 0.125, 0.0625]
write("twice.k", "f4", [3, 4], flat(rows))
write("twice.last", "f4", [1, 4], state[7])
write("twice.after", "f4", [8, 4], flat(state))

write("bad.ids", "i4", [3], [0, 4, 5])

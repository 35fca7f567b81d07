"""Tensors as bytes, and the two files that Tercet's tools take them from."""
import json
import random
import struct

FORMATS = {"f32": "f", "f16": "e", "bf16": "H", "i8": "b", "i32": "i"}
DTYPES = {"f32": "<f4", "i8": "|i1", "i32": "<i4"}
INF, NAN = float("inf"), float("nan")


class Tensor:
    """Values with a shape, rounded to what is stored; kind is f32, f16, bf16, i8 or i32."""

    def __init__(self, kind, shape, values):
        if kind == "bf16":  # the upper half of an f32, rounded to even
            bits = struct.unpack(f"<{len(values)}I", struct.pack(f"<{len(values)}f", *values))
            values = [b + 0x7FFF + (b >> 16 & 1) >> 16 for b in bits]
        self.kind, self.shape = kind, tuple(shape)
        self.data = struct.pack(f"<{len(values)}{FORMATS[kind]}", *values)

    def type(self, element=None):
        return "tensor<" + "".join(f"{n}x" for n in self.shape) + (element or self.kind) + ">"

    def constant(self):
        return f'dense<"0x{self.data.hex().upper()}"> : {self.type()}'

    def write_npy(self, path):
        header = str({"descr": DTYPES[self.kind], "fortran_order": False, "shape": self.shape})
        header += " " * (-(len(header) + 11) % 64) + "\n"
        with open(path, "wb") as f:
            f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + self.data)


def read_npy_bits(path):
    """The elements of a file of four-byte elements, as signed integers."""
    with open(path, "rb") as f:
        content = f.read()
    body = content[10 + struct.unpack_from("<H", content, 8)[0]:]
    return list(struct.unpack(f"<{len(body) // 4}i", body))


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        header[name] = {"dtype": tensor.kind.upper(), "shape": tensor.shape,
                        "data_offsets": [len(data), len(data) + len(tensor.data)]}
        data += tensor.data
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def floats(rng, *shape, low=-2.0, high=2.0):
    count = 1
    for n in shape:
        count *= n
    return Tensor("f32", shape, [rng.uniform(low, high) for _ in range(count)])


def activations(rng, m, k):
    """Rows of very different sizes; some zero, tied, infinite or not numbers."""
    rows = []
    for r in range(m):
        row = [rng.gauss(0, 10.0 ** rng.randint(-3, 3)) for _ in range(k)]
        if r == 1:
            row = [0.0] * k
        elif r == 2:
            row = [rng.choice([0.5, -0.5, 1.5, -1.5, 127.0]) for _ in range(k)]
        elif r == 3:
            row[k // 2] = INF
        elif r == 4:
            row[k // 3] = NAN
        rows += row
    return Tensor("f32", (m, k), rows)


def trits(rng, n, k, nonzeros=None, group=4, exact=False):
    values = []
    for r in range(n):
        while len(values) < (r + 1) * k:
            if nonzeros is None:
                values.append(rng.choice([-1, 0, 1]))
                continue
            chosen = rng.sample(range(group), nonzeros if exact else rng.randint(0, nonzeros))
            values += [rng.choice([-1, 1]) if j in chosen else 0 for j in range(group)]
    return Tensor("i8", (n, k), values)


def is_nan(bits):
    return bits & 0x7F800000 == 0x7F800000 and bits & 0x7FFFFF != 0


def difference(kind, got, want):
    """A sentence about how bits differ, or None. All NaNs are one value."""
    if len(got) != len(want):
        return f"{len(got)} results, expected {len(want)}"
    wrong = [i for i, (a, b) in enumerate(zip(got, want))
             if a != b and not (kind == "f32" and is_nan(a) and is_nan(b))]
    if not wrong:
        return None
    i = wrong[0]
    pair = [struct.unpack("<f", struct.pack("<i", v))[0] if kind == "f32" else v for v in (got[i], want[i])]
    return f"{len(wrong)} of {len(got)} results differ, the first is {i}: {pair[0]!r}, expected {pair[1]!r}"


def distance(got, want, columns, bound):
    """A sentence about rows of f32 that are farther from what they should be than `bound`
    times the largest value of the row, or None. NaN and infinity have to be where they
    are expected."""
    if len(got) != len(want):
        return f"{len(got)} results, expected {len(want)}"
    a, b = (struct.unpack(f"<{len(v)}f", struct.pack(f"<{len(v)}i", *v)) for v in (got, want))
    for row in range(0, len(a), max(columns, 1)):
        pairs = list(zip(a[row:row + columns], b[row:row + columns]))
        largest = max([abs(y) for _, y in pairs if abs(y) < INF] + [1e-30])
        for i, (x, y) in enumerate(pairs):
            if x != y and (x == x or y == y) and not abs(x - y) <= bound * largest:
                return (f"result {row + i} is {x!r}, expected {y!r} within {bound * largest:.2e}, "
                        f"{bound:g} of the largest of its row")
    return None

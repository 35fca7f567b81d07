"""labels.py OUT.npy COUNT VALUE: an i64 vector of one value, without NumPy."""
import struct
import sys

path, count, value = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
header = "{'descr': '<i8', 'fortran_order': False, 'shape': (%d,), }" % count
header += " " * ((-len(header) - 11) % 64) + "\n"
with open(path, "wb") as f:
    f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    f.write(struct.pack("<q", value) * count)

"""Masks of blocks as .npy files."""


def write_mask(path, heads, blocks):
    """Every other pair of blocks or so: of random bytes hardly one would be 0."""
    mask = bytes(i * 7 // 3 % 2 for i in range(heads * blocks * blocks))
    header = f"{{'descr': '|i1', 'fortran_order': False, 'shape': ({heads}, {blocks}, {blocks}), }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + mask)

"""Runs nemotron_tiny.tercet over the tokens of expected.json, cut into calls in several
ways, and compares the logits with those that another implementation gave.

    check_nemotron.py EXAMPLE_FOLDER ARTIFACT PARTS... [-- OPTIONS]

PARTS is 5+7, or 3+1+1 for a prefill and two steps. OPTIONS go to tercet-run. Without PARTS
it compares the plain reference with expected.json instead.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
example, artifact, *rest = sys.argv[1:]
parts, options = rest, []
if "--" in rest:
    parts, options = rest[:rest.index("--")], rest[rest.index("--") + 1:]
with open(os.path.join(example, "expected.json"), encoding="utf-8") as f:
    expected = json.load(f)
tokens, logits = expected["tokens"], expected["logits"]
LARGEST = max(abs(v) for row in logits for v in row)
BOUND = 1e-4


def write(path, values):
    head = "{'descr': '<i4', 'fortran_order': False, 'shape': (%d,), }" % len(values)
    head += " " * ((-len(head) - 11) % 64) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        f.write(struct.pack("<%di" % len(values), *values))


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    begin = 10 + struct.unpack_from("<H", data, 8)[0]
    return list(struct.unpack("<%df" % ((len(data) - begin) // 4), data[begin:]))


def compare(what, got, want):
    worst = max(abs(a - b) for a, b in zip(got, want)) / LARGEST if len(got) == len(want) else float("inf")
    if not worst <= BOUND:
        sys.exit(f"error: {what}: {len(got)} logits for {len(want)} differ by {worst:.2e} of the largest")
    return worst


worst = 0
if not parts:
    sys.path.insert(0, example)
    import make_model
    import reference
    model = reference.Model(make_model.PATTERN)
    for i, token in enumerate(tokens):
        worst = max(worst, compare(f"token {i} of the plain reference", model.step(token), logits[i]))
    print(f"the plain reference agrees, worst {worst:.1e}")
for part in parts:
    with tempfile.TemporaryDirectory() as folder:
        state, position = os.path.join(folder, "state"), 0
        for count in map(int, part.split("+")):
            x, y = os.path.join(folder, "x.npy"), os.path.join(folder, "y.npy")
            write(x, tokens[position:position + count])
            command = ["tercet-run", artifact, "--function=" + ("decode" if count == 1 else "prefill"),
                       f"--input=tokens=@{x}", f"--input=position={position}", f"--output=logits=@{y}",
                       f"--state-save={state}", *options]
            if position:
                command.append(f"--state-restore={state}")
            result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if result.returncode:
                sys.exit(f"{' '.join(command)}\nends with {result.returncode}\n{result.stdout}")
            want = sum(logits[position:position + count], [])
            worst = max(worst, compare(f"{part}, {count} tokens from {position} on", read(y), want))
            position += count
    print(f"{part} agrees")

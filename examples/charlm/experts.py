#!/usr/bin/env python3
"""Prunes and places the experts of the character model by what real text chooses.

  experts.py TOOLS CHARLM OUT [--windows=N] [--profile-windows=N]

TOOLS is the folder of tercet-compile and tercet-run, CHARLM the program of this example, OUT a
folder for what is made. Profiles the model over the last windows of the held-out text, compiles
it pruned by several rules and placed, and prints bits a character over the first windows (all
that were not profiled, where --windows is not given).
"""

import array
import pathlib
import re
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
WINDOW = 512
RULES = ["alpha=1,beta=0.05", "alpha=1,beta=0.1", "alpha=1,beta=0.2", "alpha=0.6,beta=0.2"]


def run(*command):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout + result.stderr


def write_npy(path, numbers):
    header = f"{{'descr': '<i4', 'fortran_order': False, 'shape': ({len(numbers)},), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    data = array.array("i", numbers).tobytes()
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


def main():
    options = dict(a[2:].split("=") for a in sys.argv[1:] if a.startswith("--"))
    tools, charlm, out = [pathlib.Path(a) for a in sys.argv[1:] if not a.startswith("--")]
    out.mkdir(parents=True, exist_ok=True)
    alphabet = (HERE / "alphabet.txt").read_text()
    text = (HERE / "heldout.txt").read_text()
    windows = [text[i : i + WINDOW] for i in range(0, len(text) - WINDOW + 1, WINDOW)]
    profiled = windows[-int(options.get("profile-windows", 64)) :]
    tested = int(options.get("windows", len(windows) - len(profiled)))

    def compile_model(name, *flags):
        path = out / f"{name}.tercet"
        said = run(tools / "tercet-compile", HERE / "charlm.mlir", f"--weights={HERE / 'charlm.safetensors'}",
                   f"--weights={HERE / 'rotary.safetensors'}", "--target=cpu:host", "-o", path, *flags)
        return path, said

    def measure(path):
        said = run(charlm, path, HERE / "alphabet.txt", HERE / "heldout.txt", f"--windows={tested}", "--generate=100")
        bits = re.search(r"([0-9.]+) bits a character", said).group(1)
        read, size = re.search(r"weights: (\d+) KB read a token of (\d+) KB", said).groups()
        return float(bits), int(read), int(size), next(line for line in said.splitlines() if line.startswith("And"))

    counting, _ = compile_model("counting", "--count-experts")
    state = []
    for window in profiled:
        write_npy(out / "window.npy", [alphabet.index(c) for c in window])
        run(tools / "tercet-run", counting, "--function=prefill", f"--input=tokens=@{out / 'window.npy'}",
            "--input=position=0", *state, f"--state-save={out / 'counts.state'}", f"--output=logits=@{out / 'logits.npy'}",
            f"--profile-experts={out / 'experts.json'}")
        state = [f"--state-restore={out / 'counts.state'}"]
    print(f"profiled {len(profiled)} windows of {WINDOW} characters, measured over {tested} others")

    bits, _, size, text = measure(compile_model("whole")[0])
    print(f"{'whole':<22} {bits:.4f} bits a character, {size} KB of weights")
    for rule in RULES:
        path, said = compile_model("pruned", f"--prune-experts={out / 'experts.json'},{rule}")
        kept = re.search(r"(\d+ of \d+) are kept", said)
        lost = re.search(r"([0-9.]+) % of the choices", said)
        bits, _, size, _ = measure(path)
        note = f"{kept.group(1)} experts, {lost.group(1)} % of choices elsewhere" if kept else "nothing goes"
        print(f"{rule:<22} {bits:.4f} bits a character, {size} KB of weights; {note}")
    _, _, size, placed = measure(compile_model("placed", f"--place-experts={out / 'experts.json'},devices=4,replicas=4")[0])
    print(f"{'placed, 4 copies':<22} {'the same text' if placed == text else 'ANOTHER TEXT'}, {size} KB of weights")


main()

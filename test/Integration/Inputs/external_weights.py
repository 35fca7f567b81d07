"""Weights outside of an artifact: the same results as with weights inside of it, files
that are refused, encodings that are stopped.

    python external_weights.py LIBRARY FOLDER
"""
import ctypes
import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import time

# A projection of each kind, experts made of float masters and a plain tensor.
MODEL = """
ml_program.global private @embed(#ml_program.extern : tensor<16x32xf32>) : tensor<16x32xf32>
ml_program.global private @t(#ml_program.extern : tensor<32x32x!ternary.trit>) : tensor<32x32x!ternary.trit>
ml_program.global private @i(#ml_program.extern : tensor<32x32xi8>) : tensor<32x32xi8>
ml_program.global private @b(#ml_program.extern : tensor<32x32xbf16>) : tensor<32x32xbf16>
ml_program.global private @up(#ml_program.extern : tensor<4x32x32xf32>) : tensor<4x32x32xf32>
ml_program.global private @down(#ml_program.extern : tensor<4x32x32xf16>) : tensor<4x32x32xf16>
ml_program.global private @router(#ml_program.extern : tensor<4x32xf32>) : tensor<4x32xf32>
ml_program.global private @one(#ml_program.extern : tensor<f32>) : tensor<f32>
func.func @f(%ids: tensor<3xi32> {tercet.name = "ids", tercet.range = [0, 16]})
    -> (tensor<3x32xf32> {tercet.name = "y"}) {
  %e = ml_program.global_load_const @embed : tensor<16x32xf32>
  %t = ml_program.global_load_const @t : tensor<32x32x!ternary.trit>
  %i = ml_program.global_load_const @i : tensor<32x32xi8>
  %b = ml_program.global_load_const @b : tensor<32x32xbf16>
  %up = ml_program.global_load_const @up : tensor<4x32x32xf32>
  %down = ml_program.global_load_const @down : tensor<4x32x32xf16>
  %router = ml_program.global_load_const @router : tensor<4x32xf32>
  %one = ml_program.global_load_const @one : tensor<f32>
  %x0 = latent.embed %ids, %e : tensor<3xi32>, tensor<16x32xf32> -> tensor<3x32xf32>
  %x1 = latent.project %x0, %t scale(%one : tensor<f32>) : tensor<3x32xf32>, tensor<32x32x!ternary.trit> -> tensor<3x32xf32>
  %x2 = latent.project %x1, %i scale(%one : tensor<f32>) : tensor<3x32xf32>, tensor<32x32xi8> -> tensor<3x32xf32>
  %x3 = latent.project %x2, %b : tensor<3x32xf32>, tensor<32x32xbf16> -> tensor<3x32xf32>
  %u, %us = ternary.ternarize %up : tensor<4x32x32xf32> -> tensor<4x32x32x!ternary.trit>, tensor<4xf32>
  %d, %ds = ternary.ternarize %down : tensor<4x32x32xf16> -> tensor<4x32x32x!ternary.trit>, tensor<4xf32>
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x3
      router(%router : tensor<4x32xf32>)
      up(%u, %us : tensor<4x32x32x!ternary.trit>, tensor<4xf32>)
      down(%d, %ds : tensor<4x32x32x!ternary.trit>, tensor<4xf32>) residual : tensor<3x32xf32>
  return %y : tensor<3x32xf32>
}
"""
SMALL = """
ml_program.global private @t(#ml_program.extern : tensor<32x32x!ternary.trit>) : tensor<32x32x!ternary.trit>
func.func @f(%x: tensor<3x32xf32> {tercet.name = "ids"}) -> (tensor<3x32xf32> {tercet.name = "y"}) {
  %t = ml_program.global_load_const @t : tensor<32x32x!ternary.trit>
  %one = arith.constant dense<1.0> : tensor<f32>
  %y = latent.project %x, %t scale(%one : tensor<f32>) : tensor<3x32xf32>, tensor<32x32x!ternary.trit> -> tensor<3x32xf32>
  return %y : tensor<3x32xf32>
}
"""
SHAPES = {"embed": ("F32", 16, 32), "t": ("I8", 32, 32), "i": ("I8", 32, 32), "b": ("BF16", 32, 32),
          "up": ("F32", 4, 32, 32), "down": ("F16", 4, 32, 32), "router": ("F32", 4, 32), "one": ("F32",)}
SIZES = {"F32": 4, "I8": 1, "BF16": 2, "F16": 2}
TARGET = "--target=cpu:x86-64-v2"
OTHER_TARGET = "--target=cpu:x86-64-v3"


def write_safetensors(path, seed):
    draw, data, header = random.Random(seed), b"", {}
    for name, (dtype, *shape) in SHAPES.items():
        count = 1
        for n in shape:
            count *= n
        if dtype == "I8":
            low, high = (-1, 1) if name == "t" else (-127, 127)
            values = struct.pack(f"{count}b", *(draw.randint(low, high) for _ in range(count)))
        elif dtype == "BF16":
            values = b"".join(struct.pack("<f", draw.uniform(-1, 1))[2:] for _ in range(count))
        else:
            values = struct.pack(f"<{count}{'f' if dtype == 'F32' else 'e'}",
                                 *(draw.uniform(-1, 1) for _ in range(count)))
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def call(*command, good=True):
    if command[0] == "tercet-compile":
        command += ("--opt-level=0",)
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    assert (done.returncode == 0) == good, (command, done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("skip", ctypes.c_int), ("weight_file", ctypes.c_char_p)]


class Runtime:
    """Opens artifacts through the C API; what goes wrong is a text."""

    def __init__(self, library):
        self.library = ctypes.CDLL(library)
        self.library.tercet_status_message.restype = ctypes.c_char_p
        self.library.tercet_artifact_open.restype = ctypes.c_void_p
        self.library.tercet_artifact_open_memory.restype = ctypes.c_void_p
        self.library.tercet_artifact_verify.restype = ctypes.c_void_p

    def text(self, status):
        if not status:
            return ""
        message = self.library.tercet_status_message(ctypes.c_void_p(status)).decode()
        self.library.tercet_status_free(ctypes.c_void_p(status))
        return message

    def open(self, path, weight_file=None, verify=False, memory=False):
        artifact = ctypes.c_void_p()
        options = Options(ctypes.sizeof(Options), 0, None if weight_file is None else str(weight_file).encode())
        if memory:
            data = pathlib.Path(path).read_bytes()
            buffer = ctypes.create_string_buffer(len(data) + 64)
            start = (ctypes.addressof(buffer) + 63) // 64 * 64
            ctypes.memmove(start, data, len(data))
            status = self.library.tercet_artifact_open_memory(
                ctypes.c_void_p(start), ctypes.c_size_t(len(data)), ctypes.byref(options), ctypes.byref(artifact))
        else:
            status = self.library.tercet_artifact_open(str(path).encode(), ctypes.byref(options),
                                                       ctypes.byref(artifact))
        message = self.text(status)
        if not status and verify:
            message = self.text(self.library.tercet_artifact_verify(artifact))
        self.library.tercet_artifact_close(artifact)
        return message


def results(artifact, *options):
    output = artifact.with_suffix(".npy")
    call("tercet-run", artifact, "--input=ids=random:3", f"--output=y=@{output}", *options)
    return output.read_bytes()


def same_results(folder):
    inside, outside = folder / "inside.tercet", folder / "m.tercet"
    call("tercet-compile", folder / "m.mlir", TARGET, "--code=t5", f"--weights={folder}/m.safetensors", "-o", inside)
    call("tercet-compile", folder / "m.mlir", TARGET, "--code=t5", "--weights=external", "-o", outside)
    report = call("tercet-encode", outside, f"--weights={folder}/m.safetensors")
    assert re.search(r"m\.weights: .* GB/s, peak memory \d+ MB", report), report
    expected = results(inside)
    assert any(expected[128:]) and results(outside) == expected
    assert results(outside, f"--weight-file={folder}/m.weights") == expected
    # Made-up weights too, which are made piece by piece.
    call("tercet-compile", folder / "m.mlir", TARGET, "--weights=random:5", "-o", inside)
    call("tercet-compile", folder / "m.mlir", TARGET, "--weights=external", "-o", outside)
    call("tercet-encode", outside, "--weights=random:5")
    assert results(outside) == results(inside)


def states_of_an_artifact(runtime, folder):
    artifact, weights = folder / "m.tercet", folder / "m.weights"
    weights.unlink()
    call("tercet-compile", folder / "m.mlir", TARGET, "--weights=external", "-o", artifact)
    assert "not encoded yet: run tercet-encode" in runtime.open(artifact)
    assert "not encoded yet" in call("tercet-inspect", artifact)
    assert "m.weights" in call("tercet-run", artifact, "--input=ids=random:3", good=False)
    call("tercet-encode", artifact, f"--weights={folder}/m.safetensors")
    assert runtime.open(artifact, verify=True) == ""
    assert "m.weights, in place" in call("tercet-inspect", artifact)
    assert "m.weights, verified" in call("tercet-inspect", artifact, "--verify")
    # In memory there is no folder.
    assert "tercet_open_options.weight_file" in runtime.open(artifact, memory=True)
    assert runtime.open(artifact, weights, memory=True, verify=True) == ""
    moved = folder / "moved.weights"
    weights.rename(moved)
    message = runtime.open(artifact)
    assert str(weights) in message and "No such file" in message, message
    assert runtime.open(artifact, moved) == ""
    assert runtime.open(artifact, "") == ""
    moved.rename(weights)
    call("tercet-compile", folder / "m.mlir", TARGET, f"--weights={folder}/m.safetensors", "-o", folder / "inside.tercet")
    assert "holds its weights itself" in runtime.open(folder / "inside.tercet", weights)
    assert "holds its weights itself" in call("tercet-encode", folder / "inside.tercet", "--weights=splat", good=False)


def damaged_files(runtime, folder):
    artifact, weights, bad = folder / "m.tercet", folder / "m.weights", folder / "bad.weights"
    good = weights.read_bytes()

    def message(data, verify=False):
        bad.write_bytes(data)
        return runtime.open(artifact, bad, verify)

    assert message(good, verify=True) == ""
    for at in list(range(128)) + [128, 2000, 4095]:
        data = bytearray(good)
        data[at] ^= 1 << at % 8
        assert str(bad) in message(data), at
    for size in (0, 1, 127, 128, 4095, 4096, len(good) // 2, len(good) - 1):
        assert str(bad) in message(good[:size]), size
    assert "too long" in message(good + b"\0")
    for at in (4096, len(good) // 2, len(good) - 1):
        data = bytearray(good)
        data[at] ^= 4
        assert message(data) == ""
        assert "weight file is damaged" in message(data, verify=True), at
    # Every byte of the artifact too.
    data = artifact.read_bytes()
    broken = folder / "broken.tercet"
    for at in range(0, len(data), 997):
        changed = bytearray(data)
        changed[at] ^= 16
        broken.write_bytes(changed)
        assert runtime.open(broken, weights) != "", at


def other_files(runtime, folder):
    artifact, weights = folder / "m.tercet", folder / "m.weights"
    other = folder / "other.tercet"
    call("tercet-compile", folder / "small.mlir", TARGET, "--weights=external", "-o", other)
    call("tercet-encode", other, "--weights=splat")
    assert "of another model" in runtime.open(artifact, folder / "other.weights")
    assert "of another model" in call("tercet-encode", artifact, f"--use={folder}/other.weights", good=False)
    assert "of another model" in call("tercet-compile", folder / "m.mlir", TARGET, "-o", folder / "x.tercet",
                                      f"--weights=external:{folder}/other.weights", good=False)
    assert not (folder / "x.tercet").exists()
    # The same model with other values.
    fresh = folder / "fresh.tercet"
    call("tercet-compile", folder / "m.mlir", TARGET, "--weights=external", "-o", fresh)
    call("tercet-encode", fresh, f"--weights={folder}/second.safetensors")
    assert "other weights" in runtime.open(artifact, folder / "fresh.weights")
    # What is no weight file, and what lacks a tensor.
    assert "TERCETW" in runtime.open(artifact, artifact)
    assert "not a regular file" in runtime.open(artifact, folder)
    before = weights.read_bytes()
    assert "not bound" in call("tercet-encode", artifact, f"--weights={folder}/few.safetensors", good=False)
    assert weights.read_bytes() == before and runtime.open(artifact, verify=True) == ""


def sharing(runtime, folder):
    first, second, third = (folder / f"{name}.tercet" for name in ("first", "second", "third"))
    call("tercet-compile", folder / "small.mlir", TARGET, "--code=i2", "--weights=external", "-o", first)
    call("tercet-compile", folder / "small.mlir", OTHER_TARGET, "--code=i2", "--weights=external", "-o", second)
    shared = folder / "shared.weights"
    call("tercet-encode", first, second, f"--weights={folder}/m.safetensors", "-o", shared)
    assert runtime.open(first, verify=True) == "" and runtime.open(second, verify=True) == ""
    assert not (folder / "first.weights").exists()
    # Compiled for a file that is there, or told of it later.
    call("tercet-compile", folder / "small.mlir", TARGET, "--code=i2", f"--weights=external:{shared}", "-o", third)
    assert third.read_bytes() == first.read_bytes()
    call("tercet-compile", folder / "small.mlir", TARGET, "--code=i2", "--weights=external", "-o", third)
    call("tercet-encode", third, f"--use={shared}")
    assert third.read_bytes() == first.read_bytes()
    # One artifact for two targets.
    call("tercet-compile", folder / "small.mlir", TARGET, OTHER_TARGET, "--code=i2", f"--weights=external:{shared}",
         "-o", third)
    assert results(third, "--target=cpu:x86-64-v2") == results(first)
    call("tercet-compile", folder / "small.mlir", TARGET, "--code=t5", "--weights=external", "-o", third)
    assert "laid out otherwise" in call("tercet-encode", first, third, "--weights=splat", good=False)


def stopped(runtime, folder):
    """Killed at any point, an encoding leaves the old file or the new one."""
    artifact, weights = folder / "m.tercet", folder / "m.weights"
    call("tercet-encode", artifact, f"--weights={folder}/m.safetensors")
    states = {weights.read_bytes()}
    begin = time.monotonic()
    call("tercet-encode", artifact, f"--weights={folder}/second.safetensors")
    whole = time.monotonic() - begin
    states.add(weights.read_bytes())
    assert len(states) == 2
    for i in range(8):
        source = ("m", "second")[i % 2]
        process = subprocess.Popen(["tercet-encode", artifact, f"--weights={folder}/{source}.safetensors"],
                                   stdout=subprocess.DEVNULL)
        time.sleep(whole * i / 7)
        process.kill()
        process.wait()
        assert weights.read_bytes() in states
        message = runtime.open(artifact, verify=True)
        # Between the two files the artifact knows the old weights.
        assert message == "" or "other weights" in message, message
    call("tercet-encode", artifact, f"--weights={folder}/m.safetensors")
    assert runtime.open(artifact, verify=True) == ""


def memory(folder):
    """Of half a gigabyte of experts no more than one is in memory."""
    kind, trits = "tensor<128x1024x1024xf32>", "tensor<128x1024x1024x!ternary.trit>"
    (folder / "large.mlir").write_text(f"""
ml_program.global private @w(#ml_program.extern : {kind}) : {kind}
ml_program.global private @r(#ml_program.extern : tensor<128x1024xf32>) : tensor<128x1024xf32>
func.func @f(%x: tensor<1x1024xf32>) -> tensor<1x1024xf32> {{
  %w = ml_program.global_load_const @w : {kind}
  %r = ml_program.global_load_const @r : tensor<128x1024xf32>
  %t, %s = ternary.ternarize %w : {kind} -> {trits}, tensor<128xf32>
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%r : tensor<128x1024xf32>)
      up(%t, %s : {trits}, tensor<128xf32>) down(%t, %s : {trits}, tensor<128xf32>) : tensor<1x1024xf32>
  return %y : tensor<1x1024xf32>
}}""")
    size = 128 * 1024 * 1024 * 4
    header = json.dumps({"w": {"dtype": "F32", "shape": [128, 1024, 1024], "data_offsets": [0, size]},
                         "r": {"dtype": "F32", "shape": [128, 1024],
                               "data_offsets": [size, size + 128 * 1024 * 4]}}).encode()
    with open(folder / "large.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + size + 128 * 1024 * 4)  # zeros that take no room
    call("tercet-compile", folder / "large.mlir", TARGET, "--weights=external", "-o", folder / "large.tercet")
    report = call("tercet-encode", folder / "large.tercet", f"--weights={folder}/large.safetensors")
    megabytes = int(re.search(r"peak memory (\d+) MB", report).group(1))
    # The program itself has about 100.
    assert megabytes < 200, report


def large_matrix(folder):
    """A matrix that is encoded in blocks of rows, twice read, against the definitions of
    ternarize and of the code i2."""
    n, k = 5000, 4096
    kind, trits = f"tensor<{n}x{k}xbf16>", f"tensor<{n}x{k}x!ternary.trit>"
    (folder / "matrix.mlir").write_text(f"""
ml_program.global private @w(#ml_program.extern : {kind}) : {kind}
func.func @f(%x: tensor<1x{k}xf32>) -> tensor<1x{n}xf32> {{
  %w = ml_program.global_load_const @w : {kind}
  %t, %s = ternary.ternarize %w : {kind} -> {trits}, tensor<f32>
  %y = latent.project %x, %t scale(%s : tensor<f32>) : tensor<1x{k}xf32>, {trits} -> tensor<1x{n}xf32>
  return %y : tensor<1x{n}xf32>
}}""")
    # Rows of -1, 0 and 1, which become those trits, as their mean is below 2; row r has
    # 0 in column r, but for the rows behind column k.
    draw = random.Random(3)
    row = [draw.choice((-1, 0, 1, 1)) for _ in range(k)]
    values = {-1: b"\x80\xbf", 0: b"\0\0", 1: b"\x80\x3f"}
    pattern = bytearray(b"".join(values[v] for v in row))
    header = json.dumps({"w": {"dtype": "BF16", "shape": [n, k], "data_offsets": [0, 2 * n * k]}}).encode()
    with open(folder / "matrix.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for r in range(n):
            changed = bytearray(pattern)
            if r < k:
                changed[2 * r:2 * r + 2] = b"\0\0"
            file.write(changed)
    size = n * sum(map(abs, row)) - sum(map(abs, row[:n]))
    scale = struct.pack("<f", size / (n * k))

    def word(trits):
        return sum((trits[4 * f + j] + 1) << (8 * j + 2 * f) for f in range(4) for j in range(4))

    words = [word(row[16 * t:16 * t + 16]) for t in range(k // 16)]
    expected = bytearray()
    for panel in range((n + 15) // 16):
        rows = []
        for r in range(16 * panel, 16 * panel + 16):
            own = list(words) if r < n else [0x55555555] * len(words)
            if r < min(n, k):
                t = r // 16
                own[t] = word([0 if c == r else row[c] for c in range(16 * t, 16 * t + 16)])
            rows.append(own)
        for t in range(len(words)):
            expected += struct.pack("<16I", *(own[t] for own in rows))
    artifact = folder / "matrix.tercet"
    call("tercet-compile", folder / "matrix.mlir", TARGET, "--code=i2", "--weights=external", "-o", artifact)
    report = call("tercet-encode", artifact, f"--weights={folder}/matrix.safetensors")
    data = (folder / "matrix.weights").read_bytes()
    assert bytes(expected) in data and scale in data
    assert f"from {2 * n * k / 1e9:.3f} GB of weights" in report, report


def main():
    runtime, folder = Runtime(sys.argv[1]), pathlib.Path(sys.argv[2])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "m.mlir").write_text(MODEL)
    (folder / "small.mlir").write_text(SMALL)
    write_safetensors(folder / "m.safetensors", 1)
    write_safetensors(folder / "second.safetensors", 2)
    del SHAPES["router"]
    write_safetensors(folder / "few.safetensors", 1)
    begin = time.monotonic()
    for part, arguments in ((same_results, [folder]), (states_of_an_artifact, [runtime, folder]),
                            (damaged_files, [runtime, folder]), (other_files, [runtime, folder]),
                            (sharing, [runtime, folder]), (stopped, [runtime, folder]),
                            (large_matrix, [folder]), (memory, [folder])):
        part(*arguments)
        print(f"{time.monotonic() - begin:6.1f} s  {part.__name__}")
    shutil.rmtree(folder)
    print("ok")


main()

"""check_kmeans.py TERCET-RUN ARTIFACT FOLDER: runs examples/kmeans on three blobs."""
import array
import ast
import random
import struct
import subprocess
import sys

run, artifact, folder = sys.argv[1:]
D, K, EACH = 64, 256, 1000


def write(name, rows, width):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(rows)}, {width}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(f"{folder}/{name}.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        for row in rows:
            file.write(array.array("f", row).tobytes())


def read(name, code):
    with open(f"{folder}/{name}.npy", "rb") as file:
        data = file.read()
    size = struct.unpack("<H", data[8:10])[0]
    values = array.array(code)
    values.frombytes(data[10 + size:])
    return ast.literal_eval(data[10 : 10 + size].decode())["shape"], values


def call(threads, function="kmeans_from", inputs=("points", "initial")):
    command = [run, artifact, f"--threads={threads}", f"--function={function}"]
    command += [f"--input={name}=@{folder}/{name}.npy" for name in inputs]
    command += [f"--output={name}=@{folder}/{name}.npy" for name in ("labels", "centroids", "iterations")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# Points come in pairs around the middle of a blob, so that it is their mean to the bit.
draw = random.Random(1)
middles = [[draw.randint(-50, 50) for _ in range(D)] for _ in range(3)]
points = []
for i in range(3 * EACH // 2):
    away = [draw.randint(-8, 8) for _ in range(D)]
    points += [[m + sign * a for m, a in zip(middles[i % 3], away)] for sign in (1, -1)]
blob_of = [i // 2 % 3 for i in range(len(points))]
# A point of each blob, and far away what stays empty.
initial = points[:6:2] + [[10000 + i] * D for i in range(K - 3)]
write("points", points, D)
write("initial", initial, D)
results = []
for threads in (1, 2):
    done = call(threads)
    if done.returncode:
        sys.exit(done.stderr)
    shape, labels = read("labels", "i")
    centroids = read("centroids", "f")[1]
    results.append((labels.tobytes(), centroids.tobytes()))
    if threads == 2:
        print("2 threads:", "the same bytes" if results[0] == results[1] else "OTHER BYTES")
        break
    right = sum(label == blob for label, blob in zip(labels, blob_of))
    expected = [v for row in middles + initial[3:] for v in row]
    same = sum(list(centroids[k * D : k * D + D]) == expected[k * D : k * D + D] for k in range(K))
    assert shape == (3 * EACH,), shape
    print(f"1 thread: {right} points in the cluster of their blob, {same} centroids right")
# From points that are drawn: a few dozen of each blob, so that no cluster has points of two.
done = call(2, "kmeans", ("points",))
if done.returncode:
    sys.exit(done.stderr)
labels, centroids = read("labels", "i")[1], read("centroids", "f")[1]
blobs = [{blob for label, blob in zip(labels, blob_of) if label == k} for k in range(K)]
print(f"drawn: {sum(len(b) > 1 for b in blobs)} clusters with points of two blobs,",
      "all" if all(any(b == {i} for b in blobs) for i in range(3)) else "NOT ALL", "blobs found")
write("points", [row[:63] for row in points], 63)
done = call(1)
print("points of another width:", "refused" if done.returncode and "points" in done.stderr else done.stderr)

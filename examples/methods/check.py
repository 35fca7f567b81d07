"""Runs a method's model and compares it with the method's definition, written out here in
plain Python: python check.py METHOD tercet-run ARTIFACT [more arguments of tercet-run].

Tensors are nested lists [tokens][heads][values]. Nothing here is shared with the compiler
but the order of Jenga's curve, which is not unique: what the compiled curve visits is
checked to be a curve, and then taken.
"""
import array
import math
import os
import random
import subprocess
import sys
import tempfile

H, D, SCALE = 2, 8, 0.35355339


def numbers(seed, *sizes):
    """Floats in [-1.5, 1.5] that f32 has exactly."""
    values = random.Random(seed)

    def build(sizes):
        if not sizes:
            return values.randint(-192, 192) / 128
        return [build(sizes[1:]) for _ in range(sizes[0])]
    return build(sizes)


def shape_of(x):
    return (len(x), *shape_of(x[0])) if isinstance(x, list) else ()


def flat(x):
    return [v for part in x for v in flat(part)] if isinstance(x, list) else [x]


def write_npy(path, x):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape_of(x)}, }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        array.array("f", flat(x)).tofile(file)


def read_npy(path):
    with open(path, "rb") as file:
        data = file.read()
    end = 10 + int.from_bytes(data[8:10], "little")
    header = data[10:end].decode()
    sizes = [int(s) for s in header.split("'shape': (")[1].split(")")[0].split(",") if s.strip()]
    values = array.array({"<f4": "f", "<i4": "i", "|i1": "b"}[header.split("'descr': '")[1][:3]], data[end:]).tolist()

    def build(values, sizes):
        if len(sizes) < 2:
            return values
        step = len(values) // sizes[0]
        return [build(values[i * step:(i + 1) * step], sizes[1:]) for i in range(sizes[0])]
    return build(values, sizes)


def run(function, inputs, outputs):
    """The results of a function of the artifact."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.argv[2], sys.argv[3], f"--function={function}", *sys.argv[4:]]
        for name, value in inputs.items():
            write_npy(os.path.join(folder, f"{name}.npy"), value)
            command.append(f"--input={name}=@{folder}/{name}.npy")
        command += [f"--output={name}=@{folder}/{name}_out.npy" for name in outputs]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return [read_npy(os.path.join(folder, f"{name}_out.npy")) for name in outputs]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def softmax(scores):
    top = max(scores)
    powers = [math.exp(s - top) for s in scores]
    return [p / sum(powers) for p in powers]


def attend(q, k, v, sees):
    """Token by token; sees(n, h, j) says which keys count."""
    result = []
    for n, row in enumerate(q):
        heads = []
        for h, query in enumerate(row):
            keys = [j for j in range(len(k)) if sees(n, h, j)]
            weights = softmax([SCALE * dot(query, k[j][h]) for j in keys])
            heads.append([sum(w * v[j][h][c] for w, j in zip(weights, keys)) for c in range(len(v[0][h]))])
        result.append(heads)
    return result


def mean_of(x, tokens):
    return [[sum(x[n][h][c] for n in tokens) / len(tokens) for c in range(len(x[0][h]))] for h in range(len(x[0]))]


def by_rank(scores):
    return sorted(range(len(scores)), key=lambda j: (-scores[j], j))


def difference(a, b):
    a, b = flat(a), flat(b)
    assert len(a) == len(b)
    return max(abs(x - y) for x, y in zip(a, b))


def in_blocks(tokens, size):
    return [tokens[i:i + size] for i in range(0, len(tokens), size)]


def block_numbers(blocks):
    return {n: i for i, block in enumerate(blocks) for n in block}


def boxes(frames, height, width, tile):
    """Tokens of each tile, tiles and tokens in raster order."""
    found = {}
    for n in range(frames * height * width):
        at = (n // (height * width), n // width % height, n % width)
        found.setdefault(tuple(a // s for a, s in zip(at, tile)), []).append(n)
    return [found[key] for key in sorted(found)]


def qkv(tokens):
    return {"q": numbers(1, tokens, H, D), "k": numbers(2, tokens, H, D), "v": numbers(3, tokens, H, D)}


def radial():
    frames, frame, size = 12, 16, 8
    x = qkv(frames * frame)

    def sees(n, j):
        d, e = abs(n // frame - j // frame), abs(n % frame - j % frame)
        if d <= 1 or j < frame:
            return True
        w = 2.0 ** frame.bit_length() / 2.0 ** d.bit_length()
        return e <= max(size, w) and (w >= size or d % int(size / w) == 0)
    blocks = in_blocks(list(range(frames * frame)), size)
    chosen = set()
    for i, rows in enumerate(blocks):
        for j, columns in enumerate(blocks):
            dense = sum(sum(sees(n, c) for n in rows) / len(rows) > 1 / 3 for c in columns)
            if i == j or dense / len(columns) > 0.6:
                chosen.add((i, j))
    assert len(blocks) < len(chosen) < len(blocks) ** 2, len(chosen)
    expected = attend(x["q"], x["k"], x["v"], lambda n, h, j: (n // size, j // size) in chosen)
    return difference(run("radial", x, ["y"])[0], expected)


def jenga():
    tokens, size = 96, 8
    places = [int(row[0]) for row in run("order", {"numbers": [[float(n)] for n in range(tokens)]}, ["places"])[0]]
    assert sorted(places) == list(range(tokens))
    for a, b in zip(places, places[1:]):
        assert abs(a // 24 - b // 24) + abs(a // 6 % 4 - b // 6 % 4) + abs(a % 6 - b % 6) == 1, (a, b)
    x = qkv(tokens)
    blocks = in_blocks(places, size)
    qm, km = ([mean_of(x[name], block) for block in blocks] for name in "qk")
    chosen = [[set() for _ in blocks] for _ in range(H)]
    for h in range(H):
        for i in range(len(blocks)):
            share = softmax([SCALE * dot(qm[i][h], m[h]) for m in km])
            before = 0
            for rank, j in enumerate(by_rank(share)):
                if rank < 2 or before < 0.3 or abs(i - j) <= 1:
                    chosen[h][i].add(j)
                before += share[j]
    y, mask = run("jenga", x, ["y", "mask"])
    assert mask == [[[int(j in row) for j in range(len(blocks))] for row in head] for head in chosen]
    number = block_numbers(blocks)
    return difference(y, attend(x["q"], x["k"], x["v"], lambda n, h, j: number[j] in chosen[h][number[n]]))


def vsa():
    x = {**qkv(96), "gate": numbers(4, 96, H, D)}
    blocks = boxes(4, 4, 6, (2, 2, 4))
    assert sorted(map(len, blocks)) == [8] * 4 + [16] * 4
    number = block_numbers(blocks)
    qm, km, vm = ([mean_of(x[name], block) for block in blocks] for name in "qkv")
    coarse = attend(qm, km, vm, lambda n, h, j: True)
    best = [[by_rank([dot(m[h], other[h]) for other in km])[:2] for m in qm] for h in range(H)]
    fine = attend(x["q"], x["k"], x["v"], lambda n, h, j: number[j] in best[h][number[n]])
    expected = [[[g * c + f for g, c, f in zip(x["gate"][n][h], coarse[number[n]][h], fine[n][h])] for h in range(H)]
                for n in range(96)]
    return difference(run("vsa", x, ["y"])[0], expected)


def sla():
    x = {**qkv(96), "w": numbers(5, D, D)}
    blocks = in_blocks(list(range(96)), 8)
    whole = mean_of(x["k"], range(96))
    qm = [mean_of(x["q"], block) for block in blocks]
    km = [[[a - b for a, b in zip(m[h], whole[h])] for h in range(H)] for m in (mean_of(x["k"], b) for b in blocks)]
    best = [[by_rank([dot(m[h], other[h]) for other in km])[:3] for m in qm] for h in range(H)]
    sparse = attend(x["q"], x["k"], x["v"], lambda n, h, j: j // 8 in best[h][n // 8])
    fq, fk = ([[softmax(values) for values in row] for row in x[name]] for name in "qk")
    expected = []
    for n in range(96):
        row = []
        for h in range(H):
            # Weights of a softmax feature map, key by key.
            weights = [dot(fq[n][h], fk[j][h]) for j in range(96)]
            linear = [sum(w * x["v"][j][h][c] for j, w in enumerate(weights)) / sum(weights) for c in range(D)]
            row.append([s + dot(linear, x["w"][c]) for c, s in enumerate(sparse[n][h])])
        expected.append(row)
    return difference(run("sla", x, ["y"])[0], expected)


def bottleneck():
    sigma, blocks = 0.625, boxes(4, 4, 6, (1, 2, 2))
    high, low = numbers(1, 96, 4), numbers(2, 24, 4)
    down = run("down", {"x0": high, "noise": low, "sigma": sigma}, ["y"])[0]
    expected = [[(1 - sigma) * sum(high[n][c] for n in block) / 4 + sigma * low[i][c] for c in range(4)]
                for i, block in enumerate(blocks)]
    worst = difference(down, expected)
    up = run("up", {"x0": low, "noise": high, "sigma": sigma}, ["y"])[0]
    number = block_numbers(blocks)
    expected = [[(1 - sigma) * low[number[n]][c] + sigma * high[n][c] for c in range(4)] for n in range(96)]
    return max(worst, difference(up, expected))


def ras():
    tokens, channels, most, delta, starvation = 96, 8, 40, -0.125, 0.25
    x = {"x": numbers(1, tokens, channels), "before": numbers(2, tokens, channels),
         "skipped": [float(n % 4) for n in range(tokens)], "w": numbers(3, channels, channels)}
    metric = []
    for row, k in zip(x["before"], x["skipped"]):
        update = [delta * v for v in row]
        mean = sum(update) / channels
        metric.append(math.sqrt(sum((u - mean) ** 2 for u in update) / channels) * math.exp(starvation * k))
    active = set(by_rank(metric)[:most])
    prediction = [[dot(row, line) for line in x["w"]] if n in active else x["before"][n]
                  for n, row in enumerate(x["x"])]
    expected = [[a + delta * b for a, b in zip(row, prediction[n])] for n, row in enumerate(x["x"])]
    y, computed, counts = run("ras", x, ["y", "prediction", "counts"])
    assert counts == [0 if n in active else x["skipped"][n] + 1 for n in range(tokens)]
    return max(difference(y, expected), difference(computed, prediction))


def k_means(rows, centroids, steps):
    """Lloyd's algorithm; the lower cluster of equal ones."""
    centroids, count = list(centroids), len(centroids)
    for _ in range(steps):
        ids = [min(range(count), key=lambda c: (sum((a - b) ** 2 for a, b in zip(row, centroids[c])), c))
               for row in rows]
        for c in range(count):
            mine = [row for row, i in zip(rows, ids) if i == c]
            if mine:
                centroids[c] = [sum(values) / len(mine) for values in zip(*mine)]
    return ids, centroids


def svg2():
    tokens, queries, keys = 96, 6, 10
    x = {name: [[row[0]] for row in value] for name, value in qkv(tokens).items()}
    x["q0"], x["k0"] = ([x[name][i * tokens // count][0] for i in range(count)]
                        for name, count in (("q", queries), ("k", keys)))
    (qids, qc), (kids, kc) = (k_means([row[0] for row in x[name]], x[name + "0"], 4) for name in "qk")
    sizes = [kids.count(c) for c in range(keys)]
    assert len(set(sizes)) > 3, sizes
    chosen = []
    for query in qc:
        weights = [size * math.exp(SCALE * dot(query, key)) for size, key in zip(sizes, kc)]
        before, row = 0, set()
        for rank, j in enumerate(by_rank(weights)):
            if rank == 0 or before < 0.9 * sum(weights):
                row.add(j)
            before += weights[j]
        chosen.append(row)
    assert min(map(len, chosen)) < keys
    y, mask, *ids = run("svg2", x, ["y", "mask", "qids", "kids"])
    assert ids == [qids, kids]
    assert mask == [[[int(j in row) for j in range(keys)] for row in chosen]]
    return difference(y, attend(x["q"], x["k"], x["v"], lambda n, h, j: kids[j] in chosen[qids[n]]))


def philox(seed, n):
    """The first word of Philox4x32-10 of the counter (n, 0, 0, 0)."""
    low = 0xFFFFFFFF
    c, key = [n, 0, 0, 0], [seed & low, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [b >> 32 ^ c[1] ^ key[0], b & low, a >> 32 ^ c[3] ^ key[1], a & low]
        key = [key[0] + 0x9E3779B9 & low, key[1] + 0xBB67AE85 & low]
    return c[0]


def jit():
    side, channels, sigmas, stages = 8, 4, [1, 0.9, 0.75, 0.5, 0.25, 0], [(2, 22), (1, 40), (2, 64)]
    x = {"noise": numbers(1, side * side, channels), "c": numbers(2, side * side, channels)}
    places = [divmod(n, side) for n in range(side * side)]
    base = [n for n, (i, j) in enumerate(places)
            if (i % 2 == 0 and j % 2 == 0) or {i, j} & {0, side - 1}]
    assert len(base) > stages[0][1]
    active = sorted(sorted(base, key=lambda n: (philox(7, n), n))[:stages[0][1]])
    taps = [math.exp(-0.5 * i * i) for i in range(-3, 4)]
    taps = [t / sum(taps) for t in taps]

    def inside(i):  # reflected at the border, whose row is not repeated
        return -i if i < 0 else 2 * side - 2 - i if i >= side else i

    def lift(rows):  # rows: token -> values
        nearest = []
        for i, j in places:
            nearest.append(min(active, key=lambda n: ((places[n][0] - i) ** 2 + (places[n][1] - j) ** 2, n)))
        z = [rows[n] for n in nearest]
        down = [[sum(t * z[inside(i + a - 3) * side + j][c] for a, t in enumerate(taps))
                 for c in range(channels)] for i, j in places]
        both = [[sum(t * down[i * side + inside(j + a - 3)][c] for a, t in enumerate(taps))
                 for c in range(channels)] for i, j in places]
        return [rows.get(n, both[n]) for n in range(side * side)]

    def importance(v):
        scores = []
        for i, j in places:
            window = [v[a * side + b] for a in range(max(i - 1, 0), min(i + 2, side))
                      for b in range(max(j - 1, 0), min(j + 2, side))]
            scores.append(sum(sum(w[c] ** 2 for w in window) / 9 - (sum(w[c] for w in window) / 9) ** 2
                              for c in range(channels)) / channels)
        return scores

    y, step = [list(row) for row in x["noise"]], 0
    for number, (steps, count) in enumerate(stages):
        for _ in range(steps):
            now, then = sigmas[step], sigmas[step + 1]
            step += 1
            u = {n: [0.5 * a - b for a, b in zip(y[n], x["c"][n])] for n in active}
            clean = {n: [a - now * b for a, b in zip(y[n], u[n])] for n in active}
            v = lift(u)
            y = [[a + (then - now) * b for a, b in zip(*rows)] for rows in zip(y, v)]
        if number + 1 == len(stages):
            break
        lifted, scores = lift(clean), importance(v)
        rest = [n for n in range(side * side) if n not in active]
        added = sorted(rest, key=lambda n: (-scores[n], n))[:stages[number + 1][1] - count]
        for n in added:
            target = [(1 - then) * a + then * b for a, b in zip(lifted[n], x["noise"][n])]
            y[n] = [2 / 3 * a + 1 / 3 * b for a, b in zip(y[n], target)]
        active = sorted(active + added)
    worst = difference(run("jit", x, ["y"])[0], y)
    # A straight line from a constant to a constant stays one, whatever the set.
    tokens = 4096
    for preset in ("flux_4x", "flux_7x"):
        given = {"noise": [[0.5 - c / 64 for c in range(64)]] * tokens,
                 "c": [[c / 32 - 1 for c in range(64)]] * tokens}
        worst = max(worst, difference(run(preset, given, ["y"])[0], given["c"]))
    return worst


worst = {f.__name__: f for f in (radial, jenga, vsa, sla, ras, bottleneck, svg2, jit)}[sys.argv[1]]()
print(f"{sys.argv[1]}: largest difference {worst:.2e}")
if not worst < 2e-6:
    sys.exit(f"{sys.argv[1]}: differs from its definition")

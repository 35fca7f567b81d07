#!/usr/bin/env python3
"""Clusters points with Tercet and with scikit-learn, from the same centroids.

  compare.py TOOLS OUT [--points=N] [--seed=S]

TOOLS is the folder of tercet-compile, tercet-run and tercet-bench, OUT a folder for what is made.
Prints the inertia of both (the sum of squared distances to the centroids), how many labels agree,
and the time of both on one thread. Needs numpy and scikit-learn: pip install scikit-learn.
"""
import pathlib
import re
import subprocess
import sys
import time

try:
    import numpy
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits
except ImportError as missing:
    sys.exit(f"compare.py needs {missing.name}: pip install scikit-learn")

HERE = pathlib.Path(__file__).parent
DIMENSIONS, CLUSTERS, ITERATIONS, TOLERANCE = 64, 256, 20, 1e-4


def run(*command):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr}")
    return result.stdout


def make_points(count, seed):
    """Blobs of different widths that touch each other, so that iterations have work."""
    draw = numpy.random.default_rng(seed)
    centers = draw.normal(size=(CLUSTERS, DIMENSIONS)) * 2
    widths = draw.uniform(0.5, 2, size=CLUSTERS)
    blob = draw.integers(CLUSTERS, size=count)
    points = centers[blob] + draw.normal(size=(count, DIMENSIONS)) * widths[blob, None]
    initial = points[draw.choice(count, CLUSTERS, replace=False)]
    return points.astype("float32"), initial.astype("float32")


def inertia(points, centroids):
    points, centroids = points.astype("float64"), centroids.astype("float64")
    total = 0.0
    for part in numpy.array_split(points, max(1, len(points) // 4096)):
        squares = (part**2).sum(1)[:, None] - 2 * part @ centroids.T + (centroids**2).sum(1)
        total += squares.min(1).sum()
    return total


def main():
    options = dict(a[2:].split("=") for a in sys.argv[1:] if a.startswith("--"))
    tools, out = [pathlib.Path(a) for a in sys.argv[1:] if not a.startswith("--")]
    out.mkdir(parents=True, exist_ok=True)
    points, initial = make_points(int(options.get("points", 65536)), int(options.get("seed", 1)))
    numpy.save(out / "points.npy", points)
    numpy.save(out / "initial.npy", initial)
    artifact = out / "kmeans.tercet"
    run(tools / "tercet-compile", HERE / "kmeans.mlir", "--target=cpu:host", "-o", artifact)
    run(tools / "tercet-run", artifact, "--function=kmeans_from", "--threads=1",
        f"--input=points=@{out / 'points.npy'}", f"--input=initial=@{out / 'initial.npy'}",
        f"--output=labels=@{out / 'labels.npy'}", f"--output=centroids=@{out / 'centroids.npy'}",
        f"--output=iterations=@{out / 'iterations.npy'}")
    labels, centroids = numpy.load(out / "labels.npy"), numpy.load(out / "centroids.npy")
    iterations = int(numpy.load(out / "iterations.npy"))
    said = run(tools / "tercet-bench", artifact, "--function=kmeans_from", "--threads=1", "--seconds=3",
               f"--input-shape=points={len(points)}x{DIMENSIONS}")
    mine = float(re.search(r"kmeans_from: median ([0-9.]+) us", said).group(1)) * 1e-6 / ITERATIONS

    with threadpool_limits(1):
        model = KMeans(CLUSTERS, init=initial, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd")
        start = time.perf_counter()
        model.fit(points)
        theirs = (time.perf_counter() - start) / model.n_iter_
    print(f"{len(points)} points of {DIMENSIONS} dimensions, {CLUSTERS} clusters, {iterations} iterations, one thread")
    print(f"inertia         {inertia(points, centroids):.6e}   scikit-learn {inertia(points, model.cluster_centers_):.6e}")
    print(f"equal labels    {100 * (labels == model.labels_).mean():.2f} %")
    print(f"an iteration    {mine * 1e3:.2f} ms   scikit-learn {theirs * 1e3:.2f} ms ({theirs / mine:.1f} times)")


main()

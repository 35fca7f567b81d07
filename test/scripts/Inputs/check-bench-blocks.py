"""Figures of scripts/bench --tiny that follow from the shapes alone."""
import json
import sys

rows = {row["name"]: row for row in json.load(open(sys.argv[1]))}


def equal(name, field, want):
    if rows[name][field] != want:
        sys.exit(f"{name}: {field} is {rows[name][field]}, expected {want}")


# Hidden 64, latent 32, 16 experts of width 48 with 3 a token, shared expert 96: the router and
# its bias; two scales an expert; four matrices with a scale, two bits a trit; three experts.
equal("latent/block/tiny-super/i2/tokens=1", "bytes_of_an_expert", 2 * 48 * 32 // 4)
equal("latent/block/tiny-super/i2/tokens=1", "distinct_experts", 3)
equal("latent/block/tiny-super/i2/tokens=1", "weight_bytes",
      4 * 16 * 64 + 4 * 16 + 2 * 4 * 16 + 2 * (32 * 64 + 96 * 64) // 4 + 4 * 4 + 3 * 768)
# A byte a weight.
equal("latent/block/tiny-super/int8/tokens=1", "bytes_of_an_expert", 2 * 48 * 32)
# Two operations for each weight that a token meets.
equal("latent/block/tiny-super/i2/tokens=4", "ops",
      4 * 2 * (16 * 64 + 2 * 32 * 64 + 2 * 96 * 64 + 3 * 2 * 48 * 32))
# Three matrices an expert with a gate, no latent space without projections.
equal("latent/block/tiny-k3/i2/tokens=1", "bytes_of_an_expert", 3 * 48 * 32 // 4)
equal("latent/block/tiny-k3/i2/tokens=1", "experts_of_the_released_model", 896)
equal("latent/block/tiny-nano/i2/tokens=1", "bytes_of_an_expert", 2 * 32 * 64 // 4)
# Four heads of width 32 over 64 keys: a product with the key and one with the value.
equal("attention/prefill/4x64x32", "ops", 4 * 64 * 64 * 32 * 4)
equal("attention/causal/4x64x32", "ops", 4 * (64 * 65 // 2) * 32 * 4)
equal("attention/decode/4x64x32", "ops", 4 * 64 * 32 * 4)
# Four states of 16 x 32 floats, read and written, and a weight for the heads. The projections of
# the mixer are 64 x (2 * 64 + 2 * 2 * 32 + 4) and 64 x 64.
equal("mamba/step/scan/4x16x32", "bytes", 4 * 4 + 2 * 4 * 4 * 16 * 32)
equal("mamba/step/mixer/tiny/i2", "ops", 2 * 64 * (260 + 64) + 5 * 4 * 16 * 32)
# Two heads of width 16, 64 tokens in 8 blocks of 8: of 64 pairs of blocks of a head all, a half,
# two and one in a row.
for share, chosen in (("1", 8), ("0.5", 4), ("0.25", 2), ("0.1", 1)):
    equal(f"spatial/block_attention/density={share}", "ops", 4 * 2 * 16 * 8 * 8 * 8 * chosen)
    equal(f"spatial/block_attention/density={share}", "density", chosen / 8)
    equal(f"spatial/block_attention/density={share}", "ratio_to_dense",
          rows[f"spatial/block_attention/density={share}"]["seconds"] / rows["spatial/block_attention/dense"]["seconds"])

# 64 points against 5 centroids of width 8.
equal("spatial/kmeans/assign/64x5x8", "ops", 2 * 64 * 5 * 8)
equal("spatial/kmeans/assign/64x5x8", "bytes", 4 * (64 * 8 + 5 * 8 + 64))

# Two calls of a network of 4 blocks of width 128: projections and wide layers of each row, the
# first and the last layer, and two products of each pair of rows.
for active, tokens in (("0.35", 360), ("0.62", 636), ("1", 1024)):
    name = f"spatial/jit/active={active}"
    ops = 2 * 2 * (tokens * (4 * (4 * 128 * 128 + 2 * 512 * 128) + 2 * 32 * 128) + tokens * tokens * 4 * 2 * 128)
    equal(name, "ops", ops)
    equal(name, "ideal_ratio", ops / rows["spatial/jit/active=1"]["ops"])
    equal(name, "ratio_to_dense", rows[name]["seconds"] / rows["spatial/jit/active=1"]["seconds"])
equal("spatial/pointwise/step/4096x64", "bytes", 4 * 64 * 2 * (4096 + 1433))
equal("spatial/pointwise/step/1024x32", "share_of_step",
      rows["spatial/pointwise/step/1024x32"]["seconds"] / rows["spatial/jit/active=1"]["seconds"])
# The history is a state: nothing grows from chunk to chunk.
stream = rows["spatial/stream/chunk"]
equal("spatial/stream/chunk", "frames_per_second", 8 / stream["seconds"])
if stream["resident_mib_after_6"] > stream["resident_mib_after_1"] + 1:
    sys.exit(f"spatial/stream/chunk: {stream['resident_mib_after_1']} MiB, then {stream['resident_mib_after_6']}")

for name, row in rows.items():
    block = name.startswith("latent/block/")
    # Four tokens choose more than one does, and at most all.
    if block and name.endswith("=4"):
        if not row["chosen"] < row["distinct_experts"] <= min(row["experts"], 4 * row["chosen"]):
            sys.exit(f"{name}: {row['distinct_experts']} experts")
    if row["roof"]:
        parts = row["roof_seconds"].values()
        share = (sum(parts) if block else max(parts)) / row["seconds"]
        if abs(row["fraction_of_roof"] / share - 1) > 1e-9:
            sys.exit(f"{name}: fraction of the roof {row['fraction_of_roof']}, expected {share}")
    if ("outside_share" in row) != (block and row["tokens"] == 1) or not 0 <= row.get("outside_share", 0) < 1:
        sys.exit(f"{name}: share outside of weight reads {row.get('outside_share')}")
    if len(row["seconds_of_tries"]) != 2 or min(row["seconds_of_tries"]) != row["seconds"]:
        sys.exit(f"{name}: tries {row['seconds_of_tries']} for {row['seconds']}")

"""Rows of scripts/bench from tercet-block-bench: compiles the models of make_blocks.py,
runs the program, sets its figures beside the limits of the machine, prints the table."""

import json
import os
import re
import subprocess
import sys

import make_blocks
import make_video

HEAD = ("benchmark", "time", "spread", "experts read", "read", "products", "of the sum", "of the larger",
        "of a read", "outside")


# What attention over chosen blocks, and steps over chosen tokens, are compared with.
DENSE = {"spatial/block_attention/": "dense", "spatial/jit/": "active=1"}
SPATIAL_HEAD = ("benchmark", "time", "spread", "to dense", "to its share of dense", "of the larger")


def row_name(row, threads):
    return row.name + (f"/threads={threads}" if threads != 1 else "")


def chosen(options):
    """The models that the filter needs, each with its rows."""
    wanted = re.compile(options.filter)
    counts = [int(count) for count in options.threads.split(",")]
    for bench in (*make_blocks.benches(options.tiny), *make_video.benches(options.tiny)):
        rows = [row for row in bench.rows if any(wanted.search(row_name(row, count)) for count in counts)]
        if rows:
            yield bench, rows


def compile_bench(compiler, folder, bench):
    """The artifact, or None and a note where the compiler refuses the model. One of an
    earlier run is kept while it is newer than the compiler and its text is the same."""
    artifact, source = folder / f"{bench.stem}.tercet", folder / f"{bench.stem}.mlir"
    same = source.exists() and source.read_text() == bench.text
    if same and artifact.exists() and artifact.stat().st_mtime > compiler.stat().st_mtime:
        return artifact
    print(f"compiling {bench.stem}", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    source, files = bench.write(folder)
    command = [compiler, source, "--target=cpu:host", *[f"--weights={file}" for file in files], "--weights=random:1",
               *bench.options(), "-o", artifact]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode == 1:
        error = next((line for line in done.stderr.splitlines() if "error:" in line), "error: (no message)")
        print(f"absent: {bench.rows[0].name} and the like: {error[error.index('error:'):]}")
        return None
    if done.returncode:
        sys.exit(f"bench: error: '{compiler} {source} ...' ends with status {done.returncode}\n{done.stderr[-2000:]}")
    return artifact


def measure(compiler, program, folder, options, machine):
    """A list of results, one a row and number of threads."""
    compiled = []
    for bench, rows in chosen(options):
        artifact = compile_bench(compiler, folder, bench)
        if artifact:
            compiled += [(artifact, row) for row in rows]
    results = []
    wanted = re.compile(options.filter)
    for threads in map(int, options.threads.split(",")):
        plan = [(artifact, row) for artifact, row in compiled if wanted.search(row_name(row, threads))]
        if not plan:
            continue
        file, out = folder / f"plan.{os.getpid()}.tsv", folder / f"out.{os.getpid()}.json"
        file.write_text("".join(f"{artifact}\t{row.name}\t{row.entry}\t{row.route}\t{row.copies}\t{row.sessions}\t"
                                f"{row.scale!r}\t{row.calls}\n" for artifact, row in plan))
        try:
            command = [program, f"--plan={file}", f"--out={out}", f"--threads={threads}",
                       f"--min-time={options.min_time}", f"--tries={options.tries}",
                       *(["--probe-mib=16"] if options.tiny else [])]
            done = subprocess.run([str(part) for part in command])
            if done.returncode:
                sys.exit(f"bench: error: '{program}' ends with status {done.returncode}")
            raw = json.loads(out.read_text())
        finally:
            file.unlink(missing_ok=True)
            out.unlink(missing_ok=True)
        results += [result(row, [r for r in raw["rows"] if r["name"] == row.name], raw, machine) for _, row in plan]
    compare_with_dense(results)
    return results


def compare_with_dense(results):
    """Adds the ratio of times, and that of operations, to rows beside a dense one."""
    for row in results:
        group = next((group for group in DENSE if row["name"].startswith(group)), None)
        dense = next((other for other in results if group and other["threads"] == row["threads"]
                      and other["name"] == row_name(row_of(group + DENSE[group]), row["threads"])), None)
        if dense and ("density" in row or "active" in row):
            row["ratio_to_dense"] = row["seconds"] / dense["seconds"]
            row["ideal_ratio"] = row["ops"] / dense["ops"]
    steps = {row["threads"]: row["seconds"] for row in results if row.get("active") == 1}
    for row in results:
        if row["name"].startswith("spatial/pointwise/") and row["tokens"] == make_video.TOKENS and row["threads"] in steps:
            row["share_of_step"] = row["seconds"] / steps[row["threads"]]


def row_of(name):
    return make_blocks.Row(name, "")


def result(row, tries, raw, machine):
    """The try with the best median, beside the limits. The roof of a block is the sum of
    the time to read and the times of the products, each alone at its limit; that of
    attention and of states the larger one."""
    best = min(tries, key=lambda r: r["median_s"])
    limits = raw["limits"]
    dram, int8, f32 = (limits.get(key) for key in ("dram_bytes_per_s", "int8_ops_per_s", "f32_ops_per_s"))
    moved = best["weight_bytes"] + row.bytes + row.updated
    ops = row.int8_ops + row.f32_ops
    # Memory that is changed in place has a rate of its own: what is written leaves the
    # caches while other memory is read.
    parts = {"dram": (moved - row.updated) / dram + row.updated / limits["update_bytes_per_s"]}
    if row.int8_ops:
        parts["int8"] = row.int8_ops / int8 if int8 else None
    if row.f32_ops:
        parts["f32"] = row.f32_ops / f32 if f32 else None
    seconds, known = best["median_s"], None not in parts.values()
    is_block = row.name.startswith("latent/block/")
    roof = None
    if known:
        binds = max(parts, key=parts.get)
        roof = {"binds": "+".join(parts) if is_block else binds,
                "value": sum(parts.values()) if is_block else parts[binds], "unit": "s"}
    out = {
        "name": row_name(row, raw["threads"]), **row.fields, "threads": raw["threads"],
        "seconds": seconds, "seconds_best": best["best_s"], "seconds_wall": best["wall_s"],
        "seconds_of_tries": sorted(r["median_s"] for r in tries), "calls": best["calls"],
        "kernels": int(best["kernels"]), "gops": ops / seconds / 1e9, "gbytes_per_s": moved / seconds / 1e9,
        "weight_bytes": best["weight_bytes"], "bytes": moved, "ops": ops, "roof_seconds": parts, "roof": roof,
        "fraction_of_roof": roof["value"] / seconds if roof else None,
        "fraction_of_larger": max(parts.values()) / seconds if known else None,
        "fraction_of_plain_read": best["probe_s"] / seconds if "probe_s" in best else None,
        "limits": {"dram_gbytes_per_s": dram / 1e9, "update_gbytes_per_s": limits["update_bytes_per_s"] / 1e9,
                   "int8_gops": int8 / 1e9 if int8 else None,
                   "int8_instruction": limits.get("int8_instruction"), "f32_gops": f32 / 1e9 if f32 else None,
                   "f32_instruction": limits.get("f32_instruction")},
        "machine": machine,
    }
    if row.route:
        out["distinct_experts"] = best["distinct_experts"]
        out["bytes_of_an_expert"] = best["expert_bytes"]
    if row.name.startswith("spatial/stream/"):
        out["chunks_per_second"] = 1 / seconds
        out["frames_per_second"] = row.fields["frames"] / seconds
        out["resident_mib_after_1"] = best["resident_first"] / 2**20
        out[f"resident_mib_after_{best['calls'] + 1}"] = best["resident_last"] / 2**20
    if row.fields.get("tokens") == 1 and is_block:
        out["outside_share"] = best["outside_share"]
    return out


def is_mine(row):
    return "roof_seconds" in row


def is_spatial(row):
    return row["name"].startswith("spatial/")


def spatial_cells(row):
    ratio, tries = row.get("ratio_to_dense"), row["seconds_of_tries"]
    return (row["name"], time(row["seconds"]), f"+{100 * (tries[-1] / tries[0] - 1):.0f} %",
            f"{ratio:.3f}" if ratio else "-", f"{ratio / row['ideal_ratio']:.2f}" if ratio else "-",
            percent(row["fraction_of_larger"]))


def time(seconds):
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def percent(share):
    return "-" if share is None else f"{100 * share:.0f} %"


def cells(row):
    parts, tries = row["roof_seconds"], row["seconds_of_tries"]
    products = sum(value or 0 for key, value in parts.items() if key != "dram")
    experts = row.get("distinct_experts")
    is_sum = row["roof"] and "+" in row["roof"]["binds"]
    return (row["name"], time(row["seconds"]), f"+{100 * (tries[-1] / tries[0] - 1):.0f} %",
            f"{experts:.0f} of {row['experts']}" if experts else "-", time(parts["dram"]),
            time(products) if products else "-", percent(row["fraction_of_roof"] if is_sum else None),
            percent(row["fraction_of_larger"]),
            percent(row["fraction_of_plain_read"] if row.get("tokens") == 1 and experts else None),
            percent(row.get("outside_share")))


def machine_lines(rows):
    for row in {row["threads"]: row for row in rows}.values():
        limits, threads = row["limits"], row["threads"]
        yield (f"{row['machine']}, {threads} thread{'s' if threads > 1 else ''}: "
               f"DRAM read {limits['dram_gbytes_per_s']:.1f} GB/s, "
               f"read and written in place {limits['update_gbytes_per_s']:.1f} GB/s"
               + "".join(f", {kind} {limits[kind + '_gops']:.0f} Gop/s ({limits[kind + '_instruction']})"
                         for kind in ("int8", "f32") if limits[kind + "_gops"]))

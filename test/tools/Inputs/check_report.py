"""Checks what must hold in every report of an artifact, whatever its kernels are."""
import json
import sys

CLASSES = ["matrix", "dot", "integer", "float", "conversion", "global_load", "global_store",
           "shared_load", "shared_store", "local", "atomic", "barrier", "control", "other"]
checked = 0
for target in json.load(open(sys.argv[1]))["targets"]:
    assert isinstance(target["report_notes"], list)
    for kernel in target["kernels"]:
        where, report = (target["name"], kernel["name"]), kernel["report"]
        count = report["instructions"]
        assert list(count["mix"]) == CLASSES, where
        assert sum(count["mix"].values()) == count["total"] > 0, where
        assert sum(count["vectors"].values()) <= count["total"], where
        if target["device"] == "hip":
            assert report["code_shared_bytes"] == kernel["shared_bytes"], where
            assert report["stack_bytes"] == kernel["scratch_bytes"], where
            assert report["spilled_registers"] == 0 < report["registers"], where
            o = report["occupancy"]
            assert 0 < o["waves"] <= o["most"] and o["unit"] in ("CU", "WGP"), where
            assert (o["limit"] == "waves") == (o["waves"] + kernel["workgroup_size"] // target["wavefront"] > o["most"]), where
        if target["device"] == "cuda":
            assert "registers" not in report and "occupancy" not in report, where
        if target["device"] != "cuda":
            assert report["code_bytes"] > 0, where
        checked += 1
assert checked >= 10, checked

"""Fails where a kernel of an artifact for GPUs spills registers, or where that is
not known. Says how many kernels it looked at, for each target."""
import json
import subprocess
import sys

bad = 0
for path in sys.argv[1:]:
    text = subprocess.run(["tercet-inspect", path, "--kernels", "--json"],
                          check=True, stdout=subprocess.PIPE).stdout
    for target in json.loads(text)["targets"]:
        if target["device"] == "cpu":
            continue
        clean = 0
        for kernel in target["kernels"]:
            report = kernel["report"]
            spilled = report.get("spilled_registers", report.get("spill_bytes"))
            if spilled == 0 and "registers" in report:
                clean += 1
                continue
            bad += 1
            print("SPILLS %s %s %s: %s" % (path, target["name"], kernel["name"],
                                           "not known" if spilled is None else spilled))
        print("%s %s: %d of %d kernels without spills" % (path, target["name"], clean, len(target["kernels"])))
sys.exit(1 if bad else 0)

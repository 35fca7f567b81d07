"""Compares tercet-inspect's report of a target with the comments that llc writes
beside the same code: registers, LDS, and occupancy. llc counts the waves of one of
the four SIMDs, the report those of whole workgroups."""
import json
import re
import subprocess
import sys

artifact, target, assembly = sys.argv[1:]
text = subprocess.run(["tercet-inspect", artifact, "--kernels", "--json"], check=True, stdout=subprocess.PIPE).stdout
found = [t for t in json.loads(text)["targets"] if t["name"] == target][0]
reports = {k["name"]: k["report"] for k in found["kernels"]}
group = {k["name"]: -(-k["workgroup_size"] // found["wavefront"]) for k in found["kernels"]}
said = {}
for part in open(assembly).read().split(".amdhsa_kernel ")[1:]:
    number = lambda word: int(re.search(r"; %s: (\d+)" % word, part)[1])
    total = "TotalNumVgprs" if "; TotalNumVgprs:" in part else "NumVgprs"
    said[part.split()[0]] = (number(total), number("LDSByteSize"), number("Occupancy"))
assert said and set(said) == set(reports), (set(said), set(reports))
for name in sorted(said):
    r = reports[name]
    found = (r["registers"], r["code_shared_bytes"], r["occupancy"]["waves"])
    registers, shared, waves = said[name]
    # llc's second run may choose another register or two.
    same = (abs(found[0] - registers) <= 2 and found[1] == shared and
            found[2] == waves * 4 // group[name] * group[name])
    print("%s %s: llc %s, report %s, %d waves a workgroup" %
          ("same" if same else "DIFFERENT", name, said[name], found, group[name]))

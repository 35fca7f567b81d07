"""Compares tercet-inspect's report of a target with what `ptxas -v` printed when it
assembled the same PTX: registers, shared memory, stack, and whether registers were
spilled (ptxas counts the bytes of the instructions, the report those of the stack)."""
import json
import re
import subprocess
import sys

artifact, target, log = sys.argv[1:]
text = subprocess.run(["tercet-inspect", artifact, "--kernels", "--json"], check=True, stdout=subprocess.PIPE).stdout
kernels = [t for t in json.loads(text)["targets"] if t["name"] == target][0]["kernels"]
reports = {k["name"]: k["report"] for k in kernels}
said = {}
for part in open(log).read().split("Compiling entry function '")[1:]:
    number = lambda pattern: int((re.search(pattern, part) or [0, 0])[1])
    said[part.split("'")[0]] = (number(r"Used (\d+) registers"), number(r"(\d+) bytes smem"),
                                number(r"(\d+) bytes stack frame"), number(r"(\d+) bytes spill stores") > 0)
assert said and set(said) == set(reports), (set(said), set(reports))
for name in sorted(said):
    r = reports[name]
    found = (r["registers"], r["code_shared_bytes"], r["stack_bytes"], r["spill_bytes"] > 0)
    print("%s %s: %s" % ("same" if found == said[name] else "DIFFERENT", name, found if found == said[name] else (said[name], found)))
print("spilling kernels:", sum(s[3] for s in said.values()))

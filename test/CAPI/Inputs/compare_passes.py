"""Fails where a pass of a Passes.td is not in the list: compare_passes.py SRC LIST."""
import glob
import re
import sys

source, listed = sys.argv[1:]
names = {line.split(":")[0] for line in open(listed)}
missing = []
for pattern in ("passes/*/Passes.td", "targets/*/Passes.td", "dialects/*/Transforms/Passes.td"):
    for path in glob.glob(source + "/" + pattern):
        for name in re.findall(r'Pass<"([a-z0-9-]+)"', open(path).read()):
            if name not in names:
                missing.append("%s (%s)" % (name, path))
if missing:
    sys.exit("lib/Compiler/InitAll.cpp, getPassNames: add " + ", ".join(missing))

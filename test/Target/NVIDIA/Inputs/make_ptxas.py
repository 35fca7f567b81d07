"""Writes four stand-ins for ptxas into a folder: one whose report has spills, one that
spills until it is asked for a number of workgroups, one that is older than the chip,
one that refuses the text."""
import os
import sys

SPILLS = """#!/usr/bin/env python3
import re, sys
name = re.search(r"\\.entry (\\w+)", open([a for a in sys.argv if a.endswith(".ptx")][0]).read()).group(1)
print("ptxas info    : 0 bytes gmem")
print("ptxas info    : Compiling entry function '%s' for 'sm_80'" % name)
print("ptxas info    : Function properties for " + name)
print("    16 bytes stack frame, 4 bytes spill stores, 8 bytes spill loads")
print("ptxas info    : Used 255 registers, used 1 barriers, 128 bytes smem, 368 bytes cmem[0]")
open(sys.argv[sys.argv.index("--output-file") + 1], "wb").write(b"\\x7fELF")
"""
# 65536 registers of an SM, 60 (64 after rounding) for each of 128 threads: 8 workgroups.
HELPED = SPILLS.replace("255 registers", "60 registers").replace("import re, sys\n", """import re, sys
text = open([a for a in sys.argv if a.endswith(".ptx")][0]).read()
if ".reqntid 128" in text and "\\n.minnctapersm 8\\n" in text:
    open(sys.argv[sys.argv.index("--output-file") + 1], "wb").write(b"\\x7fELF helped")
    sys.exit()
""")
OLD = """#!/bin/sh
echo "ptxas fatal   : Value 'sm_80' is not defined for option 'gpu-name'"
exit 255
"""
REFUSES = """#!/bin/sh
echo "ptxas x.ptx, line 3; error : Unexpected instruction"
exit 255
"""
for name, text in (("spills", SPILLS), ("helped", HELPED), ("old", OLD), ("refuses", REFUSES)):
    path = os.path.join(sys.argv[1], name)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o755)

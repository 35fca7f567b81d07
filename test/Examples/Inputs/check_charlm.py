"""check_charlm.py OUTPUT EXPECTED: bits a character equal the reference's to 1e-3."""
import re
import sys

printed = open(sys.argv[1]).read()
expected = float(re.search(r"([\d.]+) bits", open(sys.argv[2]).read())[1])
found = float(re.search(r"held out: ([\d.]+) bits", printed)[1])
if abs(found - expected) > 1e-3:
    sys.exit(f"error: {found} bits a character, the reference has {expected}")
print(f"{found} bits a character, the reference has {expected}")

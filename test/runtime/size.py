# RUN: %python %s %tercet_obj %llvm_bin %t
# UNSUPPORTED: sanitizer
"""The runtime's promises about itself: at most 300 KB stripped for a CPU-only
library, nothing but libc beneath it, no symbol of LLVM or of the C++ library in
it, and no symbol exported but the C API. The runtime's tools need no LLVM either."""
import os
import re
import subprocess
import sys

build, bin_dir, out = sys.argv[1:4]
cpu, full = (f"{build}/lib/libtercet-runtime{suffix}.so" for suffix in ("-cpu", ""))


def run(tool, *arguments):
    return subprocess.run([os.path.join(bin_dir, tool), *arguments], check=True,
                          capture_output=True, text=True).stdout


def needed_by(file):
    return {name for pair in re.findall(r"NEEDED.*\[(.*)\]|NEEDED\s+(\S+)", run("llvm-readelf", "-d", file))
            for name in pair if name}


for tool in ("tercet-run", "tercet-inspect", "tercet-bench"):
    libraries = needed_by(f"{build}/bin/{tool}")
    assert libraries and not any("LLVM" in name or "MLIR" in name for name in libraries), (tool, libraries)

for library in (cpu, full):
    run("llvm-strip", library, "-o", out)
    size = os.path.getsize(out)
    print(f"{os.path.basename(library)}: {size} bytes stripped")
    assert size <= 300 * 1000, "the runtime has grown beyond 300 KB"
    needed = needed_by(out)
    allowed = {"libc.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    assert "libc.so.6" in needed and needed <= allowed, f"it depends on {needed}"
    undefined = run("llvm-nm", "-D", "--undefined-only", out)
    for word in ("llvm", "LLVM", "mlir", "_ZSt", "_ZNSt", "__cxa_throw", "__gxx_personality"):
        assert word not in undefined, f"it needs a symbol with {word}"
    exported = [line.split()[-1] for line in run("llvm-nm", "-D", "--defined-only", out).splitlines()]
    strange = [name for name in exported if not name.startswith("tercet_")]
    assert not strange, f"it exports {strange}"
    assert "tercet_session_call" in exported
print("PASS")

# The configuration of the lit tests: which files are tests, what the tools are,
# and what this machine offers. scripts/test and `ninja check-tercet` run them.
import glob
import os
import re
import shutil
import subprocess

import lit.formats
import lit.util

config.name = "Tercet"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".py", ".c"]
config.excludes = ["Inputs", "unit", "differential", "model.mlir", "lit.cfg.py", "CMakeLists.txt", "conftest.py"]
config.test_source_root = config.tercet_src_root + "/test"
config.test_exec_root = config.tercet_obj_root + "/test"

tools = config.tercet_obj_root + "/bin"
config.environment["PATH"] = os.pathsep.join(
    [tools, config.llvm_tools_dir, os.environ.get("PATH", "/usr/bin:/bin")]
)
for name in ("HOME", "TERCET_PTXAS", "TERCET_NVDISASM", "CUDA_HOME", "LD_LIBRARY_PATH",
             "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "CCACHE_DIR"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

# ---- substitutions ---------------------------------------------------------

config.substitutions += [
    ("%tercet_src", config.tercet_src_root),
    ("%tercet_obj", config.tercet_obj_root),
    ("%llvm_bin", config.llvm_tools_dir),
    ("%shlibext", ".so"),
    ("%cc", config.host_cc),
    ("%cxx", config.host_cxx),
    ("%cmake", config.cmake),
    ("%python", config.python),
    # GPUs, emulated: options of tercet-run.
    ("%emu_cuda", "--device-plugin=%s/test/unit/bin/libtercet-emu-cuda.so --device=emu:cuda" % config.tercet_obj_root),
    ("%emu_hip", "--device-plugin=%s/test/unit/bin/libtercet-emu-hip.so --device=emu:hip" % config.tercet_obj_root),
]

# Every tercet-opt call also checks that what it read and what it wrote survive
# printing, parsing and bytecode. `tercet-opt` inside a path stays as it is.
if os.environ.get("TERCET_VERIFY_ROUNDTRIP") == "1":
    config.substitutions.append(
        (r"(?<![\w/.\-])tercet-opt(?=\s)",
         "tercet-opt --verify-roundtrip --verify-output-roundtrip"))
    config.available_features.add("verify-roundtrip")

# ---- features: what a test may REQUIRE --------------------------------------

def feature(name, present=True):
    if present:
        config.available_features.add(name)


# Instruction sets of this machine: cpu-avx512_vnni, cpu-avx2, ... as the kernel
# spells them.
try:
    with open("/proc/cpuinfo") as f:
        m = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", f.read(), re.M)
    for flag in m.group(1).split() if m else []:
        feature("cpu-" + flag)
except OSError:
    pass
feature("arch-" + os.uname().machine)


def find_tool(name, variable):
    """The tool of the CUDA Toolkit or of its Python package, or None."""
    for path in [os.environ.get(variable), shutil.which(name),
                 os.path.join(os.environ.get("CUDA_HOME", "/usr/local/cuda"), "bin", name)]:
        if path and os.access(path, os.X_OK):
            return path
    return None


for tool, variable in (("ptxas", "TERCET_PTXAS"), ("nvdisasm", "TERCET_NVDISASM")):
    path = find_tool(tool, variable)
    if path:
        feature(tool)
        config.substitutions.append(("%" + tool, path))

for tool in ("qemu-aarch64", "qemu-riscv64"):
    feature(tool, shutil.which(tool) is not None)

# A machine that checks changes: what is optional elsewhere must be there.
feature("ci", os.environ.get("CI") == "true")

feature("dev-full", os.path.exists("/dev/full"))
feature("benchmarks", config.tercet_benchmarks)
feature("root", os.geteuid() == 0)
feature("sanitizer", bool(config.tercet_sanitize))
# A GPU is what its device nodes say; without one no driver can be of use.
nvidia = bool(glob.glob("/dev/nvidia[0-9]*"))
amd = os.path.exists("/dev/kfd")
feature("gpu-cuda", nvidia)
feature("gpu-hip", amd)
feature("no-gpu", not nvidia and not amd)
feature("numpy", subprocess.run([config.python, "-c", "import numpy"],
                                capture_output=True).returncode == 0)

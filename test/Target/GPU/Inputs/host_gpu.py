"""host_gpu.py KERNELS.ll OUT.so CC INCLUDE: GPU kernels in LLVM IR, with
host_gpu.c, into a device plug-in for this machine."""
import os
import re
import subprocess
import sys

source, out, cc, include = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
text = open(source).read()
text = re.sub(r"^target (datalayout|triple) = .*\n", "", text, flags=re.M)
text = re.sub(r"\b(ptx_kernel|amdgpu_kernel) ", "", text)
for intrinsic, function in (
        ("llvm.nvvm.read.ptx.sreg.tid.x", "host_gpu_thread"),
        ("llvm.nvvm.read.ptx.sreg.ctaid.x", "host_gpu_block"),
        ("llvm.nvvm.barrier.cta.sync.aligned.all", "host_gpu_barrier0"),
        ("llvm.nvvm.idp4a.u.s", "host_gpu_dp4a_us"),
        ("llvm.amdgcn.workitem.id.x", "host_gpu_thread"),
        ("llvm.amdgcn.workgroup.id.x", "host_gpu_block"),
        ("llvm.amdgcn.s.barrier", "host_gpu_barrier"),
        ("llvm.amdgcn.sdot4", "host_gpu_sdot4"),
        ("llvm.amdgcn.sudot4", "host_gpu_sudot4")):
    text = text.replace("@" + intrinsic + "(", "@" + function + "(")
# Immediate arguments and memory-free effects are properties of intrinsics only.
text = text.replace(" immarg", "")
left = sorted(set(re.findall(r"@llvm\.(?:nvvm|amdgcn)\.[\w.]+", text)))
if left:
    sys.exit("host_gpu.py: not known: " + ", ".join(left))
module = out + ".ll"
with open(module, "w") as f:
    f.write(text)
subprocess.run([cc, "-O1", "-ffp-contract=off", "-fPIC", "-shared", "-Wno-override-module", "-march=x86-64-v3",
                "-I", include, module, os.path.join(here, "host_gpu.c"), "-ldl", "-lm", "-o", out], check=True)

"""Runs functions of an artifact on the cpu target, on the emulated devices, and those of
a second artifact, and compares the results with those of the first. Arguments:
tercet-run, both artifacts, the folder and the suffix of the plug-ins, functions
"name:outputs"."""
import subprocess
import sys

from masks import write_mask

run, artifact, reference, plugins, suffix = sys.argv[1:6]
cuda, hip = (f"--device-plugin={plugins}/libtercet-emu-{kind}{suffix}" for kind in ("cuda", "hip"))
others = [(artifact, cuda, "--device=emu:cuda", "--target=cuda:sm_80"),
          (artifact, hip, "--device=emu:hip", "--target=hip:gfx942"),
          (artifact, hip, "--device=emu:hip", "--target=hip:gfx1100"), (reference, "--device=cpu")]

done = failures = 0
for function in sys.argv[6:]:
    name, outputs = function.split(":")
    outputs = outputs.split(",")
    call = [f"--function={name}", "--input=x=random:1"]
    if name == "boxes":
        write_mask("mask.npy", 2, 8)
        call += ["--input=k=random:2", "--input=m=@mask.npy"]
    if name == "clusters":
        write_mask("mask.npy", 1, 5)
        call += ["--input=ids=random:3", "--input=m=@mask.npy"]
    elif name in ("means", "assigned"):
        call += ["--input=c=random:2"]
    elif name == "chunk":
        call += ["--input=z=random:2"]
    subprocess.run([run, artifact, "--device=cpu"] + call + [f"--output={o}=@{o}.npy" for o in outputs],
                   check=True, stdout=subprocess.DEVNULL)
    for where in others:
        r = subprocess.run([run, *where, *call, *[f"--compare={o}=@{o}.npy" for o in outputs], "--atol=2e-6", "--rtol=4e-7"],
                           capture_output=True, text=True)
        good = r.returncode == 0 and r.stdout.count(": ok, ") == len(outputs)
        failures += not good
        done += 1
        if not good:
            print(f"{name} on {where}: failed\n{r.stdout}{r.stderr}")
print(f"{done} comparisons, {failures} failures")
sys.exit(failures != 0)

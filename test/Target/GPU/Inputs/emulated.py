"""Runs functions of an artifact on an emulated device and compares them to the
cpu target, exactly. Arguments: tercet-run, the artifact, the plug-in, the device,
targets "a,b", functions "name:columns:outputs", --rows=1,2,..."""
import subprocess
import sys

run, artifact, plugin, device, targets = sys.argv[1:6]
functions = [a.split(":") for a in sys.argv[6:] if not a.startswith("--")]
rows = [r for a in sys.argv[6:] if a.startswith("--rows=") for r in a[7:].split(",")]

done = failures = 0
for name, columns, outputs in functions:
    for n in rows:
        outputs_of = outputs.split(",")
        call = [run, artifact, f"--function={name}", "--input=x=random:1",
                f"--input-shape=x={n}x{columns}"]
        subprocess.run(call + ["--device=cpu"] + [f"--output={o}=@{o}.npy" for o in outputs_of],
                       check=True, stdout=subprocess.DEVNULL)
        for target in targets.split(","):
            r = subprocess.run(call + [f"--device-plugin={plugin}", f"--device={device}",
                                       f"--target={target}"]
                               + [f"--compare={o}=@{o}.npy" for o in outputs_of],
                               capture_output=True, text=True)
            good = r.returncode == 0 and r.stdout.count(": ok, ") == len(outputs_of)
            failures += not good
            done += 1
            if not good:
                print(f"{name} rows {n} {target}: failed\n{r.stdout}{r.stderr}")
print(f"{done} comparisons, {failures} failures")
sys.exit(failures != 0)

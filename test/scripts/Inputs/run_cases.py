"""Runs cases of a folder of gpu-check on an emulated device, as its `run` does on a real one.
Arguments: the folder, the plug-in, the device, the target, and parts of names to leave out."""
import pathlib
import subprocess
import sys

folder, plugin, device, target, *left_out = sys.argv[1:]
passed = failed = 0
for line in pathlib.Path(folder, "cases.txt").read_text().splitlines():
    name, file, _, options = line.split("|")
    if any(part in name for part in left_out):
        continue
    call = ["./tercet-run", f"artifacts/{file}", f"--device-plugin={plugin}", f"--device={device}",
            f"--target={target}", *options.split()]
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True)
    good = done.returncode == 0 and done.stdout.count(": ok, ") == options.count("--compare=")
    passed += good
    failed += not good
    print("PASS" if good else "FAIL", name)
    if not good:
        print(done.stdout + done.stderr)
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)

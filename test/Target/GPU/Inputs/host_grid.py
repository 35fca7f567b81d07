"""host_grid.py ARTIFACT PLUGIN TARGET ATOL CASE...: runs entry points on the cpu
and, by the plug-in, as GPU kernels, and compares. A CASE is
FUNCTION:INPUT=COLUMNS:ROWS,ROWS...:RESULT,RESULT... Prints one line a case."""
import subprocess
import sys

artifact, plugin, target, atol = sys.argv[1:5]
failed = 0
for case in sys.argv[5:]:
    function, inputs, rows, results = case.split(":")
    for m in rows.split(","):
        arguments = []
        for i, item in enumerate(inputs.split(",")):
            name, columns = item.split("=")
            shape = "x".join([m] * (m != "-") + ([columns] if columns else []))
            for value in ("random:%d" % (i + 1), ):
                arguments.append("--input=%s=%s" % (name, value))
                arguments.append("--input-shape=%s=%s" % (name, shape))
        files = ["%s.%s.%s.npy" % (function, m, r) for r in results.split(",")]
        write = ["--output=%s=@%s" % p for p in zip(results.split(","), files)]
        compare = ["--compare=%s=@%s" % p for p in zip(results.split(","), files)]
        run = ["tercet-run", artifact, "--function=" + function] + arguments
        subprocess.run(run + ["--device=cpu"] + write, check=True, stdout=subprocess.DEVNULL)
        gpu = subprocess.run(run + ["--device-plugin=" + plugin, "--device=host", "--target=" + target,
                                    "--atol=" + atol, "--rtol=" + atol] + compare,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print("%s rows %s: %s" % (function, m, "ok" if gpu.returncode == 0 else "DIFFERENT " + gpu.stdout.strip()))
        failed |= gpu.returncode != 0
sys.exit(failed)

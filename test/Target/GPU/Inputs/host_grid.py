"""host_grid.py ARTIFACT PLUGIN TARGET ATOL CASE...: runs entry points on the cpu
and, by the plug-in, as GPU kernels in both orders of threads, and compares. A CASE is
FUNCTION:INPUT=COLUMNS:ROWS,ROWS...:RESULT,RESULT... Prints one line a case."""
import os
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
            arguments.append("--input=%s=random:%d" % (name, i + 1))
            arguments.append("--input-shape=%s=%s" % (name, shape))
        files = ["%s.%s.%s.npy" % (function, m, r) for r in results.split(",")]
        write = ["--output=%s=@%s" % p for p in zip(results.split(","), files)]
        compare = ["--compare=%s=@%s" % p for p in zip(results.split(","), files)]
        run = ["tercet-run", artifact, "--function=" + function] + arguments
        subprocess.run(run + ["--device=cpu"] + write, check=True, stdout=subprocess.DEVNULL)
        verdict = "ok"
        for order in ("forward", "reverse"):
            gpu = subprocess.run(run + ["--device-plugin=" + plugin, "--device=host", "--target=" + target,
                                        "--atol=" + atol, "--rtol=" + atol] + compare,
                                 env=dict(os.environ, HOST_GPU_ORDER=order),
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if gpu.returncode:
                verdict = "DIFFERENT with threads %s: %s" % (order, gpu.stdout.strip())
                failed = 1
        print("%s rows %s: %s" % (function, m, verdict))
sys.exit(failed)

"""Calls a compiled module through examples/python: results, states and refusals.

  python_runtime.py BINDING TOOLS ARTIFACT FOLDER
"""
import pathlib
import sys

sys.path.insert(0, sys.argv[1])
import numpy
import tercet

tools, artifact, folder = map(pathlib.Path, sys.argv[2:])
model = tercet.Artifact(artifact, threads=1, library=tercet.find_library(tools))
session, other = model.session(), model.session()
x = numpy.arange(8.0).reshape(2, 4)
first = session.call("count", {"x": x})["y"]
print("twice", numpy.array_equal(first, 2 * x), first.dtype, first.flags.owndata)
print("empty", session.call("count", {"x": numpy.zeros((0, 4))})["y"].shape)
print("state", session.state("calls"), other.state("calls"))
session.save(folder / "s")
session.call("count", {"x": x})
other.restore(folder / "s")
print("saved", session.state("calls"), other.state("calls"))
session.reset()
print("reset", session.state("calls"), session.memory > 0)
# Results are copies: a later call leaves them alone.
print("copies", numpy.array_equal(first, 2 * x))


def refused(call, *arguments):
    try:
        call(*arguments)
    except tercet.Error as error:
        print("refused:", error)


refused(session.call, "count", {"x": numpy.zeros((2, 5))})
refused(session.call, "count", {"z": x})
refused(session.call, "other", {})
refused(tercet.compile_file, tools, folder / "absent.mlir", folder / "x.tercet", "--target=cpu:host")
refused(session.state, "none")
refused(tercet.Artifact, folder / "absent.tercet", "cpu", 0, tercet.find_library(tools))
refused(tercet.Artifact, artifact, "cpu", 0, folder / "libabsent.so")

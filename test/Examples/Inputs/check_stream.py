"""Draws the first chunks of examples/video's stream and compares with stream_reference.py's.

  check_stream.py BINDING TOOLS ARTIFACT CLIPS FOLDER

Rows are rounded to 8 bits in the ternary layers, and what rounds the other way in another order of
additions spreads over six steps: the reference in float64 is as far from itself in float32 as the
compiled stream is.
"""
import pathlib
import sys

sys.path.insert(0, sys.argv[1])
import numpy
import tercet

tools, artifact, clips, folder = map(pathlib.Path, sys.argv[2:])
expected = numpy.load(clips)
model = tercet.Artifact(artifact, threads=2, library=tercet.find_library(tools))
session, other = model.session(), model.session()


def chunk(on, number, label=3):
    return on.call("chunk", {"seed": [0, number], "class": [label]})["clip"]


def distance(a, b):
    return float(numpy.sqrt(numpy.mean((a - b) ** 2)))


memory, first = session.memory, chunk(session, 0)
session.save(folder / "history")
second = chunk(session, 1)
for name, got, want in (("first", first, expected[0]), ("second", second, expected[1])):
    print(f"{name} chunk:", "as the reference" if distance(got, want) < 0.008 else f"FAR: {distance(got, want)}")
history = session.state("history")[..., 0]
print("history:", numpy.array_equal(history, numpy.concatenate([first, second])[-14:]))
other.restore(folder / "history")
print("restored in another session:", numpy.array_equal(chunk(other, 1), second))
print("without the history another clip:", distance(chunk(model.session(), 1), second) > 0.05)
session.reset()
print("after a reset the first one:", numpy.array_equal(chunk(session, 0), first))
print("another class another clip:", distance(chunk(other, 2, 7), chunk(session, 2)) > 0.05)
print("memory:", session.memory == memory)

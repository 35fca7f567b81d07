"""Samples with a process that is killed again and again, and compares with one run.

  killed_sampler.py BINDING TOOLS ARTIFACT NOISE FOLDER

The child goes on from the newest saved step, and saves behind each one. First it is killed at
every boundary between steps, then at odd moments, in the middle of steps and of saves.
"""
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, sys.argv[1])
import numpy
import tercet

STEPS = 9
tools, artifact, noise, folder = map(pathlib.Path, sys.argv[2:6])


def open_session():
    return tercet.Artifact(artifact, threads=1, library=tercet.find_library(tools)).session()


def sample(kill_behind):
    """Runs in the child: steps from the newest file on."""
    inputs = {"noise": numpy.load(noise), "class": [3]}
    session = open_session()
    done = [i for i in range(STEPS) if (folder / f"step{i}").exists()]
    if done:
        session.restore(folder / f"step{done[-1]}")
    print("ready", flush=True)
    for step in range(len(done), STEPS):
        results = session.call(f"jit_step{step}", inputs)
        if step + 1 < STEPS:
            session.save(folder / f"step{step}")
        if kill_behind:
            os.kill(os.getpid(), signal.SIGKILL)
    numpy.save(folder / "clip.npy", results["clip"])


def run(kill_behind=False, seconds=None):
    """The child's exit status; killed after `seconds` of sampling."""
    with subprocess.Popen([sys.executable, *sys.argv, "--kill" if kill_behind else "--child"],
                          stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()


def begin():
    for path in folder.glob("step*"):
        path.unlink()
    (folder / "clip.npy").unlink(missing_ok=True)


def equal():
    return numpy.array_equal(numpy.load(folder / "clip.npy").view("uint32"), whole.view("uint32"))


if sys.argv[-1] in ("--kill", "--child"):
    sample(sys.argv[-1] == "--kill")
    sys.exit()

whole = open_session().call("jit", {"noise": numpy.load(noise), "class": [3]})["clip"]
begin()
for boundary in range(STEPS - 1):
    assert run(kill_behind=True) == -signal.SIGKILL
    assert (folder / f"step{boundary}").exists() and not (folder / f"step{boundary + 1}").exists()
assert run() == 0
print("killed at each of", STEPS - 1, "boundaries:", "the same bits" if equal() else "DIFFERENT")

begin()
kills, seconds = 0, 0.02
while run(seconds=seconds) != 0:
    kills, seconds = kills + 1, seconds * 1.5  # at last all steps fit
print("killed at", kills, "odd moments:", "the same bits" if equal() else "DIFFERENT")
assert kills

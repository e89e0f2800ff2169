"""Every committed input of the fuzz targets, and some new ones: none may break a promise."""

import os
import pathlib
import subprocess

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[3]
TARGETS = [
    "server", "client", "framing", "protobuf", "metadata", "headers", "glob", "token", "resp",
    "envelope", "event",
]


def test_every_target_has_its_inputs():
    folders = {path.name for path in (PROJECT / "Tests/Fixtures/fuzz").iterdir()}
    assert folders == set(TARGETS)
    program = PROJECT / ".build/fuzz/debug/Fuzz"
    listed = subprocess.run([program, "list"], capture_output=True, text=True, check=True)
    assert listed.stdout.split() == TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks_a_promise(target):
    run = subprocess.run(
        [PROJECT / "scripts/fuzz", "replay", target],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        env=os.environ | {"ASAN_OPTIONS": ""},
    )
    assert run.returncode == 0, run.stdout[-4000:].decode(errors="replace")

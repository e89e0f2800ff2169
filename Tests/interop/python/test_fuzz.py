"""Every committed input of the fuzz targets, and some new ones: none may break a promise."""

import importlib.machinery
import importlib.util
import os
import pathlib
import subprocess

import pytest
from google.protobuf import message_factory

PROJECT = pathlib.Path(__file__).resolve().parents[3]
TARGETS = [
    "server", "client", "framing", "protobuf", "metadata", "headers", "glob", "token", "resp",
    "envelope", "event", "block",
]


def test_every_target_has_its_inputs():
    folders = {path.name for path in (PROJECT / "Tests/Fixtures/fuzz").iterdir()}
    assert folders == set(TARGETS)
    program = PROJECT / ".build/fuzz/debug/Fuzz"
    listed = subprocess.run([program, "list"], capture_output=True, text=True, check=True)
    assert listed.stdout.split() == TARGETS


def test_the_messages_among_the_inputs_have_every_field_of_the_contract():
    loader = importlib.machinery.SourceFileLoader("seeds", str(PROJECT / "scripts/fuzz-seeds"))
    seeds = importlib.util.module_from_spec(importlib.util.spec_from_loader("seeds", loader))
    loader.exec_module(seeds)
    declared = seeds.pool()
    for path in (PROJECT / "Tests/Fixtures/fuzz/protobuf").iterdir():
        message = message_factory.GetMessageClass(declared.FindMessageTypeByName(path.name))()
        seeds.fill(message)
        assert path.read_bytes()[1:] == message.SerializeToString(), (
            f"{path.name} is not as the contract is now: run scripts/fuzz-seeds"
        )


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

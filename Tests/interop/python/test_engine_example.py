"""The engine's example runs: a program that sees of the engine what is public only."""

import os
import pathlib
import subprocess

import contract

SERVER = pathlib.Path(
    os.environ.get("CACHE_MANAGER_BIN", contract.PROJECT / ".build/debug/cache-manager")
)


def test_the_example_of_the_engine_says_what_the_documents_promise():
    done = subprocess.run(
        [SERVER.with_name("engine-example")], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "user:123 is Ada",
        "user:124 is Grace",
        "user:123 is nobody",
        "1 hits, 2 misses, 1 entries",
    ]
    assert done.returncode == 0

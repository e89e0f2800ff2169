"""A client on gRPC C++, as Debian ships it, against the interop server and the cache."""

import subprocess

import pytest

import contract

FOLDER = contract.PROJECT / "Tests/interop/cpp"
BUILD_SECONDS, CASE_SECONDS = 600, 120
CASES = """
    cancel_after_begin cancel_after_first_response client_compressed_streaming
    client_compressed_unary client_streaming custom_metadata empty_stream empty_unary large_unary
    ping_pong server_compressed_streaming server_compressed_unary server_streaming
    special_status_message status_code_and_message timeout_on_sleeping_server unimplemented_method
    unimplemented_service
""".split()


def run(*command, seconds):
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def client():
    """The client's path; built when a source is newer."""
    run("make", "-C", str(FOLDER), "-j2", seconds=BUILD_SECONDS)
    return str(contract.PROJECT / ".build/interop-cpp/client")


def test_all_cases_of_the_client_are_here(client):
    assert run(client, seconds=CASE_SECONDS).split() == sorted([*CASES, "cache"])


@pytest.mark.parametrize("case", CASES)
def test_cpp(client, interop, case):
    assert run(client, interop.address, case, seconds=CASE_SECONDS) == f"OK: {case}\n"


def test_cpp_calls_the_cache(client, shared_server):
    assert run(client, shared_server.address, "cache", seconds=CASE_SECONDS) == "OK: cache\n"

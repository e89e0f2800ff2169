"""The official interop client of gRPC for Ruby, as Debian's ruby-grpc ships it, case by case."""

import pathlib
import re
import subprocess

import pytest

CASE_SECONDS = 120

# They log in at Google's own servers and check who the test server there takes them for.
NEED_GOOGLE = {
    "service_account_creds",
    "jwt_token_creds",
    "compute_engine_creds",
    "oauth2_auth_token",
    "per_rpc_creds",
}
# Runs all the others in one process, those of Google included.
ALL = "all"


def client():
    """The client's path, from the package's own list of files."""
    listing = subprocess.run(
        ["dpkg", "-L", "ruby-grpc"], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    found = [line for line in listing if line.endswith("/src/ruby/pb/test/client.rb")]
    if not found:
        raise RuntimeError("ruby-grpc is missing: run `make deps`, which installs it")
    return found[0]


CLIENT = client()


def cases():
    """The public methods of the client's class of tests, so that none is forgotten."""
    text = pathlib.Path(CLIENT).read_text()
    body = re.search(r"^class NamedTests$(.*?)^  private$", text, re.DOTALL | re.MULTILINE).group(1)
    found = re.findall(r"^  def (\w+)$", body, re.MULTILINE)
    assert NEED_GOOGLE | {ALL} <= set(found), "the client has changed"
    return [name for name in found if name not in NEED_GOOGLE | {ALL}]


@pytest.mark.parametrize("case", cases())
def test_ruby(interop, case):
    arguments = [
        "--server_host=127.0.0.1",
        f"--server_port={interop.port}",
        f"--test_case={case}",
    ]
    run = subprocess.run(
        ["ruby", CLIENT, *arguments],
        capture_output=True,
        text=True,
        timeout=CASE_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f'"OK: {case}"' in run.stdout

"""The official interop client of gRPC for Ruby, as Debian's ruby-grpc ships it, case by case."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from interop_server import InteropServer

CASE_SECONDS = 120

# They send tokens, and that only over TLS. Those that would come from Google's own servers are
# made by a stand-in that Ruby loads before the client; the client itself is as it was shipped.
WITH_TOKENS = {
    "jwt_token_creds",
    "service_account_creds",
    "compute_engine_creds",
    "oauth2_auth_token",
    "per_rpc_creds",
}
# Runs the others in one process, where the client does not compress, whatever it then expects: it
# passes against no server.
ALL = "all"
STAND_IN = pathlib.Path(__file__).parents[1] / "ruby/google_tokens.rb"
ACCOUNT, SCOPE = "test@cache-manager.example", "https://cache-manager.example/auth"


def client():
    """The client's path, from the package's own list of files."""
    listing = subprocess.run(
        ["dpkg", "-L", "ruby-grpc"], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    found = [line for line in listing if line.endswith("/src/ruby/pb/test/client.rb")]
    if not found:
        raise RuntimeError("ruby-grpc is missing: run `make deps`, which installs it")
    return pathlib.Path(found[0])


CLIENT = client()
# The key and certificate that the client expects of a test server.
TEST_DATA = CLIENT.parents[2] / "spec/testdata"


def cases():
    """The public methods of the client's class of tests, so that none is forgotten."""
    text = CLIENT.read_text()
    body = re.search(r"^class NamedTests$(.*?)^  private$", text, re.DOTALL | re.MULTILINE).group(1)
    found = re.findall(r"^  def (\w+)$", body, re.MULTILINE)
    assert WITH_TOKENS | {ALL} <= set(found), "the client has changed"
    return [name for name in found if name not in WITH_TOKENS | {ALL}]


@pytest.fixture(scope="module")
def tls_interop(tmp_path_factory):
    """The interop server with the certificate of gRPC's own test servers."""
    server = InteropServer(
        tmp_path_factory.mktemp("interop"),
        certificate=TEST_DATA / "server1.pem",
        key=TEST_DATA / "server1.key",
    )
    yield server
    server.stop()


def run(server, case, *arguments, **environment):
    done = subprocess.run(
        [
            *("ruby", "-r", str(STAND_IN), str(CLIENT), "--server_host=127.0.0.1"),
            *(f"--server_port={server.port}", f"--test_case={case}", *arguments),
        ],
        capture_output=True,
        text=True,
        timeout=CASE_SECONDS,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f'"OK: {case}"' in done.stdout


TLS = ["--use_tls=true", "--use_test_ca=true", "--server_host_override=foo.test.google.fr"]


@pytest.mark.parametrize("case", cases())
def test_ruby(interop, case):
    run(interop, case)


@pytest.mark.parametrize("case", cases())
def test_ruby_over_tls(tls_interop, case):
    run(tls_interop, case, *TLS)


@pytest.mark.parametrize("case", sorted(WITH_TOKENS))
def test_ruby_with_a_token(tls_interop, tmp_path, case):
    environment = {"INTEROP_ACCOUNT": ACCOUNT, "INTEROP_SCOPE": SCOPE}
    if case != "compute_engine_creds":  # it is told by its surroundings who it is
        key = tmp_path / "key.json"
        account = {
            "type": "service_account",
            "client_email": ACCOUNT,
            "private_key": (TEST_DATA / "server1.key").read_text(),
        }
        key.write_text(json.dumps(account))
        environment["GOOGLE_APPLICATION_CREDENTIALS"] = str(key)
    who = [f"--default_service_account={ACCOUNT}", f"--oauth_scope={SCOPE}"]
    run(tls_interop, case, *TLS, *who, **environment)

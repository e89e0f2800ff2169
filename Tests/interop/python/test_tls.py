"""TLS as clients see it: who gets in, what is shown, and what happens when it changes."""

import signal
import socket
import ssl
import subprocess
import time

import grpc
import pytest

import contract
from certificates import Certificates, connect, served_certificate
from contract import cache as pb
from expectations import wait_until
from server_process import ServerProcess, binary

GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def own_certificates(tmp_path):
    """Certificates that the test may change."""
    return Certificates(tmp_path / "certificates")


@pytest.fixture
def tls_server(start_server, certificates):
    return start_server(**certificates.settings())


def stub(server, certificates, with_certificate=False, trust=None):
    """A Cache stub over TLS, and its channel."""
    identity = (None, None)
    if with_certificate:
        identity = (certificates.read("client-key.pem"), certificates.read("client.pem"))
    credentials = grpc.ssl_channel_credentials((trust or certificates).read("ca.pem"), *identity)
    return contract.cache_grpc.CacheStub(server.connect_securely(credentials))


def set_and_get(cache):
    assert cache.Set(pb.SetRequest(key="k", value=b"v"), timeout=30).stored
    assert cache.Get(pb.GetRequest(key="k"), timeout=30).value == b"v"


def refused(cache):
    with pytest.raises(grpc.RpcError) as caught:
        cache.Get(pb.GetRequest(key="k"), timeout=10)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def handshakes_rejected(server, certificates):
    """How many connections ended without TLS, as Stats counts them."""
    stats = stub(server, certificates).Stats(contract.stats.StatsRequest(), timeout=30)
    counts = {each.reason: each.count for each in stats.instance.rejected_connections}
    return counts.get("tls_handshake", 0)


def certificate_lines(server):
    return [line for line in server.output() if '"event":"certificate ' in line]


# Calls


def test_calls_and_streams_over_tls(tls_server, certificates, watch):
    cache = stub(tls_server, certificates)
    set_and_get(cache)
    watcher = watch(cache)
    cache.Set(pb.SetRequest(key="watched", value=b"1"), timeout=30)
    wait_until(lambda: [event.key for event in watcher.events] == ["watched"], "the event")


def test_large_values_both_ways(tls_server, certificates):
    cache = stub(tls_server, certificates)
    value = bytes(range(256)) * 4000
    for round in range(20):
        assert cache.Set(pb.SetRequest(key=f"large-{round}", value=value), timeout=30).stored
    for round in range(20):
        assert cache.Get(pb.GetRequest(key=f"large-{round}"), timeout=30).value == value


def test_the_start_says_that_tls_is_on(tls_server, server):
    assert "tls: on" in tls_server.output()
    assert "tls: off" in server.output()


@pytest.mark.parametrize(
    "version, name", [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")]
)
def test_both_versions(tls_server, certificates, version, name):
    context = certificates.client_context()
    context.minimum_version = context.maximum_version = version
    with connect(tls_server, context) as connection:
        assert connection.version() == name
        assert connection.selected_alpn_protocol() == "h2"
        assert connection.compression() is None


def test_a_drained_server_says_goodbye(start_server, certificates):
    server = start_server(**certificates.settings())
    with connect(server, certificates.client_context()) as connection:
        connection.sendall(GREETING)
        assert connection.recv(9)
        server.signal(signal.SIGTERM)
        # Without close_notify this would be an SSLEOFError.
        while connection.recv(4096):
            pass
    assert server.wait_for_exit() == 0


# Who is refused


def test_a_client_that_trusts_another_authority_refuses(tls_server, certificates, own_certificates):
    refused(stub(tls_server, certificates, trust=own_certificates))
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(tls_server, own_certificates.client_context())
    set_and_get(stub(tls_server, certificates))


def test_a_failed_handshake_is_said_in_words_once_a_minute(
    tls_server, certificates, own_certificates
):
    for _ in range(5):
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(tls_server, own_certificates.client_context())
    wait_until(lambda: handshakes_rejected(tls_server, certificates) == 5, "the count of them")
    lines = [line for line in tls_server.output() if '"connection rejected"' in line]
    assert len(lines) == 1, lines
    (line,) = lines
    for words in ("tls_handshake", "127.0.0.1", "does not know the authority"):
        assert words in line


def test_a_handshake_that_stops_is_not_waited_for(start_server, certificates):
    server = start_server(handshake_timeout="1s", **certificates.settings())
    for said in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"):
        with socket.create_connection((server.host, server.port), timeout=30) as connection:
            connection.sendall(said)
            assert connection.recv(100) == b""
    assert handshakes_rejected(server, certificates) == 3
    set_and_get(stub(server, certificates))


@pytest.mark.parametrize("protocols", [(), ("http/1.1",)], ids=["none", "http/1.1"])
def test_who_does_not_offer_h2_is_refused(tls_server, certificates, protocols):
    with pytest.raises(ssl.SSLError) as caught:
        connect(tls_server, certificates.client_context(protocols)).recv(1)
    assert "NO_APPLICATION_PROTOCOL" in str(caught.value).upper().replace(" ", "_")


def test_tls_1_1_is_refused(tls_server, certificates):
    context = certificates.client_context()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError) as caught:
        connect(tls_server, context)
    assert "PROTOCOL_VERSION" in str(caught.value).upper().replace(" ", "_")


def test_nobody_may_renegotiate(tls_server, certificates):
    program = [
        *("openssl", "s_client", "-connect", f"{tls_server.host}:{tls_server.port}"),
        *("-tls1_2", "-alpn", "h2", "-CAfile", certificates.path("ca.pem")),
    ]
    # R asks for another handshake.
    client = subprocess.run(program, input=b"R\n", capture_output=True, timeout=30, check=False)
    assert b"RENEGOTIATING" in client.stdout + client.stderr
    assert b"no renegotiation" in client.stderr
    set_and_get(stub(tls_server, certificates))


def test_plaintext_is_closed_cleanly(tls_server, certificates):
    with socket.create_connection((tls_server.host, tls_server.port), timeout=30) as plain:
        plain.sendall(GREETING)
        assert plain.recv(100) == b""
    with pytest.raises(grpc.RpcError) as caught:
        tls_server.cache.Get(pb.GetRequest(key="k"), timeout=10)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    tls_server.wait_for_line(lambda line: "does not speak TLS" in line, "what was wrong")
    set_and_get(stub(tls_server, certificates))


def test_a_port_scan_is_not_worth_a_line(tls_server, certificates):
    for _ in range(5):
        socket.create_connection((tls_server.host, tls_server.port), timeout=30).close()
    set_and_get(stub(tls_server, certificates))
    assert not [line for line in tls_server.output() if "connection rejected" in line]
    assert handshakes_rejected(tls_server, certificates) == 0


# Client certificates


def test_required_client_certificates(start_server, certificates, own_certificates):
    server = start_server(
        **certificates.settings(
            tls_client_ca=certificates.path("ca.pem"), tls_client_certificates="required"
        )
    )
    assert "tls: on (client certificates required)" in server.output()
    set_and_get(stub(server, certificates, with_certificate=True))
    refused(stub(server, certificates))
    # A certificate of another authority is none.
    credentials = grpc.ssl_channel_credentials(
        certificates.read("ca.pem"),
        own_certificates.read("client-key.pem"),
        own_certificates.read("client.pem"),
    )
    refused(contract.cache_grpc.CacheStub(server.connect_securely(credentials)))


def test_optional_client_certificates(start_server, certificates):
    server = start_server(
        **certificates.settings(
            tls_client_ca=certificates.path("ca.pem"), tls_client_certificates="optional"
        )
    )
    set_and_get(stub(server, certificates, with_certificate=True))
    set_and_get(stub(server, certificates))


# cachectl


@pytest.mark.parametrize("policy", ["off", "optional", "required"])
def test_the_line_to_try_works(start_server, certificates, policy):
    authority = {"tls_client_ca": certificates.path("ca.pem")} if policy != "off" else {}
    server = start_server(**certificates.settings(tls_client_certificates=policy, **authority))
    line = server.wait_for_line(lambda line: line.startswith("try: "), "what to try")
    done = subprocess.run(line.removeprefix("try: "), shell=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = stub(server, certificates, with_certificate=policy != "off").Get(
        pb.GetRequest(key="user:123"), timeout=30
    )
    assert found.value == b'{"name":"Ada"}'


def test_cachectl_says_why_it_does_not_trust(tls_server, own_certificates):
    program = binary().with_name("cachectl")
    trust = ["--tls-ca", own_certificates.path("ca.pem")]
    command = [str(program), "--server", tls_server.address, *trust, "get", "k"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 3
    assert "certificate is refused" in done.stderr


# Resumption


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("policy", ["off", "required"])
def test_a_session_is_resumed(start_server, certificates, version, policy):
    authority = {"tls_client_ca": certificates.path("ca.pem")} if policy != "off" else {}
    server = start_server(
        **certificates.settings(tls_client_certificates=policy, **authority)
    )
    context = certificates.client_context(with_certificate=True)
    context.maximum_version = version
    with connect(server, context) as first:
        first.sendall(GREETING)
        # The ticket of TLS 1.3 comes with the first bytes.
        assert first.recv(9) and not first.session_reused
        session = first.session
    with connect(server, context, session=session) as second:
        second.sendall(GREETING)
        assert second.recv(9) and second.session_reused


# Reload


def test_hangup_loads_the_certificate(start_server, own_certificates, tmp_path):
    server = start_server(**own_certificates.settings())
    before = served_certificate(server, own_certificates)
    assert before == own_certificates.read("server.pem")
    cache = stub(server, own_certificates)
    set_and_get(cache)
    own_certificates.renew()
    server.signal(signal.SIGHUP)
    wait_until(
        lambda: served_certificate(server, own_certificates) == own_certificates.read("server.pem"),
        "the new certificate",
    )
    assert served_certificate(server, own_certificates) != before
    set_and_get(cache)
    line = server.wait_for_line(lambda line: "certificate loaded" in line, "that it is loaded")
    assert '"subject":"CN=server,O=Cache Manager"' in line and '"expires":"' in line


def test_a_changed_file_is_noticed(start_server, own_certificates):
    server = start_server(**own_certificates.settings())
    before = served_certificate(server, own_certificates)
    own_certificates.renew()
    wait_until(lambda: served_certificate(server, own_certificates) != before, "the new one")
    assert served_certificate(server, own_certificates) == own_certificates.read("server.pem")
    wait_until(lambda: len(certificate_lines(server)) == 1, "its line")
    set_and_get(stub(server, own_certificates))


def test_a_broken_file_keeps_the_old_certificate(start_server, own_certificates):
    server = start_server(**own_certificates.settings())
    before = served_certificate(server, own_certificates)
    (own_certificates.folder / "server.pem").write_text("nothing of the kind\n")
    line = server.wait_for_line(lambda line: "certificate not loaded" in line, "what is wrong")
    assert "server.pem" in line and '"setting":"tls_certificate"' in line
    assert served_certificate(server, own_certificates) == before
    # Said once for each change, not at each look: three more looks pass.
    looked = time.monotonic() + 7
    wait_until(lambda: time.monotonic() > looked, "three looks at the files")
    assert len(certificate_lines(server)) == 1
    own_certificates.renew()
    wait_until(lambda: served_certificate(server, own_certificates) != before, "the repaired one")
    wait_until(lambda: len(certificate_lines(server)) == 2, "the line of each")


# The start


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"tls_certificate": "none.pem", "tls_key": "none.pem"}, "tls_certificate: the certificate"),
        ({"tls_certificate": "none.pem"}, "needs tls_key beside it"),
        ({"tls_client_certificates": "required"}, "needs tls_certificate and tls_key"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(tmp_path, settings, words):
    with pytest.raises(AssertionError) as caught:
        ServerProcess(tmp_path, **settings)
    assert words in str(caught.value)

"""Redis over TLS, and what answers in its place with garbage, half a reply, the wrong one or nothing."""

import socket
import threading

import grpc
import pytest

from certificates import Certificates
from contract import cache as pb
from expectations import wait_until
from redis_process import RedisServer
from test_redis import get, put, usable

# INTERNAL where the other side refuses a command in words that nobody knows.
REFUSALS = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL)
HELLO = b"%2\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def tls_redis(tmp_path, certificates):
    """A Redis that speaks TLS alone and wants a certificate of its clients."""
    server = RedisServer(tmp_path / "redis")
    lines = [
        f"tls-port {server.port}", f"tls-cert-file {certificates.path('server.pem')}",
        f"tls-key-file {certificates.path('server-key.pem')}",
        f"tls-ca-cert-file {certificates.path('ca.pem')}", "tls-auth-clients yes",
    ]
    text = server.config_file.read_text().replace(f"port {server.port}\n", "port 0\n", 1)
    server.config_file.write_text(text + "\n".join(lines) + "\n")
    server._answers = lambda: _accepts(server.port)
    server.restart()
    yield server
    server.stop()


def _accepts(port):
    with socket.create_connection(("127.0.0.1", port), 5):
        return True


def url(server, certificates, *names, host="localhost"):
    """The URL with the files that are named."""
    files = {"ca": "ca.pem", "certificate": "client.pem", "key": "client-key.pem"}
    query = "&".join(f"{name}={certificates.path(files[name])}" for name in names)
    return f"rediss://{host}:{server.port}?{query}"


def test_over_tls_with_certificates_on_both_sides(start_server, tls_redis, certificates):
    server = start_server(redis_url=url(tls_redis, certificates, "ca", "certificate", "key"))
    usable(server)
    put(server, "k", b"v")
    answer = get(server, "k", mode=pb.READ_MODE_SKIP_L1)
    assert (answer.value, answer.source) == (b"v", pb.SOURCE_L2)


def test_tls_that_proves_nothing_is_refused_with_a_reason(
    start_server, tls_redis, certificates, tmp_path
):
    other = Certificates(tmp_path / "other")
    cases = {
        "no certificate of ours": url(tls_redis, certificates, "ca"),
        "another authority": url(tls_redis, other, "ca"),
        "no TLS at all": f"redis://localhost:{tls_redis.port}",
    }
    for name, address in cases.items():
        server = start_server(redis_url=address, redis_timeout="1s")
        with pytest.raises(grpc.RpcError) as refused:
            put(server, "k", b"v")
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE, name
        assert any("shard" in line or "redis" in line.lower() for line in server.output()), name


class Impostor:
    """Accepts connections and answers each chunk that comes with what `say` gives."""

    def __init__(self, say):
        self._say = say
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                while chunk := connection.recv(65_536):
                    answer = self._say(chunk)
                    if answer is None:
                        return
                    connection.sendall(answer)
            except OSError:
                return

    def close(self):
        self._socket.close()


def _greets_and_then(answer):
    return lambda chunk: HELLO if b"HELLO" in chunk else answer


IMPOSTORS = {
    "nothing": lambda chunk: b"",
    "the end": lambda chunk: None,
    "HTTP": lambda chunk: b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "random bytes": lambda chunk: bytes(range(256)) * 8,
    "half a greeting": lambda chunk: HELLO[: len(HELLO) // 2],
    "a greeting, then nothing": _greets_and_then(b""),
    "a greeting, then half a reply": _greets_and_then(b"$100\r\nabc"),
    "a greeting, then garbage": _greets_and_then(b"\x00\xff\r\n"),
    "a greeting, then too many replies": _greets_and_then(b"+OK\r\n" * 500),
    "a greeting, then a huge length": _greets_and_then(b"$999999999999\r\n"),
    "a greeting, then a deep reply": _greets_and_then(b"*1\r\n" * 10_000),
    "a greeting, then nulls": _greets_and_then(b"_\r\n"),
    "a greeting, then errors": _greets_and_then(b"-ERR no\r\n"),
}


@pytest.mark.parametrize("name", IMPOSTORS)
def test_what_is_no_redis_harms_nobody(start_server, tmp_path, name):
    impostor = Impostor(IMPOSTORS[name])
    with RedisServer(tmp_path / "honest") as honest:
        config = (
            f"redis_url: redis://127.0.0.1:{honest.port}\n"
            f"redis_pools: {{ odd: redis://127.0.0.1:{impostor.port} }}\n"
            "namespaces: { odd: { pool: odd } }\n"
        )
        server = start_server(config, redis_timeout="1s", redis_connect_timeout="1s")
        try:
            put(server, "k", b"v")
            # Whatever it says, nothing of it is taken for an entry or for a success.
            for number in range(6):
                key = f"odd:{number}"
                with pytest.raises(grpc.RpcError) as refused:
                    server.cache.Set(pb.SetRequest(key=key, value=b"v"), timeout=30)
                assert refused.value.code() in REFUSALS
                try:
                    assert not get(server, key).hit
                except grpc.RpcError as error:
                    assert error.code() in REFUSALS
                assert get(server, "k").value == b"v"
                assert get(server, "k", mode=pb.READ_MODE_SKIP_L1).source == pb.SOURCE_L2
            wait_until(lambda: impostor.connections > 0, "a connection to the impostor")
            assert server.resident_bytes() < 512 << 20
        finally:
            impostor.close()

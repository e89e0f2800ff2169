"""Fixtures: a fresh server for a test, one server shared by a file, and a network to cut."""

import contextlib
import os

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

import pytest

import contract
from interop_server import InteropServer
from raw_http2 import RawConnection
from redis_process import TOPOLOGIES
from server_process import ServerProcess, binary
from tcp_proxy import TCPProxy
from watcher import Watcher


@pytest.fixture
def start_server(tmp_path_factory):
    """Starts servers with settings of the test's choice; all are drained at its end."""
    with contextlib.ExitStack() as servers:

        def start(config=None, variables=None, **settings):
            server = ServerProcess(tmp_path_factory.mktemp("own"), config, variables, **settings)
            servers.callback(server.stop)
            return server

        yield start


@pytest.fixture
def server(start_server):
    """A fresh server with the default settings."""
    return start_server()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A server for all the tests of a file that do not mind each other's entries."""
    server = ServerProcess(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture
def cache(shared_server):
    """A Cache stub of the shared server."""
    return shared_server.cache


@pytest.fixture
def prefix(request):
    """What the keys of this test begin with on a shared server."""
    return request.node.name.replace("[", "-").replace("]", "") + "/"


@pytest.fixture
def raw():
    """Opens raw HTTP/2 connections to a server; closed at the test's end."""
    connections = []

    def connect(server, **options):
        connections.append(RawConnection(server.port, **options))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()


@pytest.fixture
def proxy():
    """Puts a network that can be cut before a server."""
    proxies = []

    def put(server):
        proxies.append(TCPProxy(server.port))
        return proxies[-1]

    yield put
    for each in proxies:
        each.close()


@pytest.fixture
def watch():
    """Subscribes, waits until each stream is live, and cancels them all at the test's end."""
    watchers = []

    def subscribe(target, *patterns, **options):
        stub = target.cache if isinstance(target, ServerProcess) else target
        watchers.append(Watcher(stub, *patterns, **options))
        watchers[-1].subscribed()
        return watchers[-1]

    yield subscribe
    for watcher in watchers:
        watcher.cancel()


@pytest.fixture
def sanitized():
    """Whether the binary carries a sanitizer, whose own memory makes the resident set useless."""
    program = binary().read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


@pytest.fixture
def fill():
    """Stores keys with one value each, in batches, and fails when one is refused."""

    def store(cache, keys, value=b"v", batch=500, **fields):
        outcomes = []
        for start in range(0, len(keys), batch):
            entries = [
                contract.cache.SetRequest(key=key, value=value, **fields)
                for key in keys[start : start + batch]
            ]
            answer = cache.SetMulti(contract.cache.SetMultiRequest(entries=entries), timeout=60)
            assert all(result.outcome.stored for result in answer.results)
            outcomes += [result.outcome for result in answer.results]
        return outcomes

    return store


@pytest.fixture(scope="module")
def interop(tmp_path_factory):
    """The interop server, for all the tests of a file."""
    server = InteropServer(tmp_path_factory.mktemp("interop"))
    yield server
    server.stop()


@pytest.fixture(scope="module", params=TOPOLOGIES)
def redis_topology(request, tmp_path_factory):
    """Real Redis servers in one topology after the other, for all the tests of a file."""
    servers = TOPOLOGIES[request.param](tmp_path_factory.mktemp(f"redis-{request.param}"))
    servers.topology = request.param
    yield servers
    servers.stop()

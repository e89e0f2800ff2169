"""Clients that keep calling while connections, and servers, come to their end."""

import signal
import threading
import time

import grpc
import pytest

from contract import cache as pb
from contract import cache_grpc, path
from expectations import error_info, wait_until
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from raw_http2 import GOAWAY, PING, message

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
ROUND_ROBIN = ("grpc.service_config", '{"loadBalancingConfig":[{"round_robin":{}}]}')
EXISTS = message(pb.ExistsRequest(key="k").SerializeToString())


class Callers:
    """Threads that call without a pause, each by its own key, over one channel of defaults."""

    def __init__(self, target, threads, *options):
        self.channel = grpc.insecure_channel(
            target, options=[("grpc.use_local_subchannel_pool", 1), *options]
        )
        self.cache = cache_grpc.CacheStub(self.channel)
        self.cache.Set(pb.SetRequest(key="k"), wait_for_ready=True, timeout=30)
        self.calls, self.failures = 0, []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(threads)]
        for thread in self._threads:
            thread.start()

    def finish(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.channel.close()
        assert not self.failures, (len(self.failures), self.calls, self.failures[:3])

    def _run(self, number):
        turn = 0
        while not self._stop.is_set():
            turn += 1
            try:
                # Stored once or not at all: a call that was made twice would say so.
                key = f"{id(self)}/{number}/{turn}"
                answer = self.cache.Set(
                    pb.SetRequest(key=key, value=b"v" * 500, if_absent=True), timeout=30
                )
                with self._lock:
                    self.calls += 1
                    if not answer.stored:
                        self.failures.append(f"{key} was made twice")
            except grpc.RpcError as error:
                with self._lock:
                    self.failures.append(f"{error.code()}: {error.debug_error_string()}")
                return


@pytest.fixture
def callers():
    all_of_them = []

    def begin(target, threads, *options):
        all_of_them.append(Callers(target, threads, *options))
        return all_of_them[-1]

    yield begin
    for each in all_of_them:
        each.finish()


@pytest.fixture
def two_servers(start_server):
    """Two instances, and what a client calls that knows both."""
    servers = [start_server(drain_timeout="10s"), start_server(drain_timeout="10s")]
    return servers, "ipv4:" + ",".join(server.address for server in servers)


# The age of connections


def test_no_call_fails_while_connections_grow_old(start_server, callers):
    server = start_server(connection_max_age="1s")
    groups = [callers(server.address, 4) for _ in range(4)]
    time.sleep(8)  # several ages
    assert all(group.calls > 100 for group in groups)


def test_an_old_connection_says_so_and_serves_what_it_has(start_server, raw):
    server = start_server(connection_max_age="1s")
    connection = raw(server)
    stream = connection.open(path("Exists"))
    connection.send(stream, EXISTS[:3])
    while len(goaways(connection)) < 2:
        assert connection.read_frame()
    assert goaways(connection) == [2**31 - 1, stream], "first the notice, then the last stream"
    connection.send(stream, EXISTS[3:], end=True)
    assert connection.answer(stream).status == 0
    connection.read_until_closed()


def test_what_comes_between_notice_and_goaway_is_served(start_server, raw):
    server = start_server(connection_max_age="1s")
    connection = raw(server, acknowledges_pings=False)
    while not goaways(connection):
        assert connection.read_frame()
    late = connection.call(path("Exists"), EXISTS)
    assert late.status == 0
    pings = [payload for kind, _, _, payload in connection.frames if kind == PING]
    connection.send_frame(PING, 1, 0, pings[0])
    connection.read_until_closed()
    assert goaways(connection) == [2**31 - 1, 1]


def test_the_grace_of_an_old_connection_ends(start_server, raw):
    server = start_server(connection_max_age="1s", connection_max_age_grace="1s")
    connection = raw(server)
    stream = connection.open(path("Exists"))
    connection.send(stream, EXISTS[:3])
    connection.read_until_closed()
    assert connection.answers[stream].status == UNAVAILABLE.value[0]


def test_a_watcher_of_an_old_connection_resumes_and_misses_nothing(start_server, watch):
    server = start_server(connection_max_age="1s")
    writer, seen, token = server.new_client(), [], b""
    written = []
    for number in range(4):
        watcher = watch(server.new_client(), resume_token=token)
        for each in range(5):
            written.append(writer.Set(pb.SetRequest(key=f"{number}-{each}")).version)
        draining = watcher.wait_for_content("draining")
        assert watcher.wait_for_end() == UNAVAILABLE
        assert watcher.contents()[-1] == "draining"
        seen += [event.key for event in watcher.events]
        token = draining.resume_token
    assert seen == [f"{number}-{each}" for number in range(4) for each in range(5)]
    assert server.stats().instance.watchers == 0


# Idleness


def test_an_idle_connection_is_closed_and_the_next_call_works(start_server):
    server = start_server(connection_max_idle="1s")
    cache = server.new_client()
    for _ in range(3):
        cache.Exists(pb.ExistsRequest(key="k"), timeout=20)
        wait_until(lambda: idle_connections_are_gone(server), "the connection is closed")


def idle_connections_are_gone(server):
    line = open(f"/proc/{server.process.pid}/net/tcp").read().splitlines()
    port = f":{server.port:04X}"
    established = "01"
    return not any(
        row.split()[1].endswith(port) and row.split()[3] == established for row in line[1:]
    )


def test_a_connection_with_a_watcher_is_not_idle(start_server, watch):
    server = start_server(connection_max_idle="1s")
    watcher = watch(server.new_client())
    time.sleep(4)  # nothing is to happen
    server.cache.Set(pb.SetRequest(key="k"))
    assert watcher.wait_for_events(1)
    assert "draining" not in watcher.contents()


# A server that goes away while another one stays


@pytest.mark.parametrize("leaving", [0, 1])
def test_no_call_fails_while_one_of_two_servers_leaves(two_servers, callers, leaving):
    servers, target = two_servers
    groups = [callers(target, 4, ROUND_ROBIN) for _ in range(4)]
    wait_until(
        lambda: all(server.stats().totals.sets > 50 for server in servers), "both are called"
    )
    servers[leaving].signal(signal.SIGTERM)
    assert servers[leaving].wait_for_exit() == 0
    before = [group.calls for group in groups]
    wait_until(
        lambda: all(group.calls > count + 50 for group, count in zip(groups, before)),
        "the calls go on",
    )


def test_a_watcher_goes_on_elsewhere(two_servers, watch):
    servers, target = two_servers
    channel = grpc.insecure_channel(
        target, options=[("grpc.use_local_subchannel_pool", 1), ROUND_ROBIN]
    )
    cache = cache_grpc.CacheStub(channel)
    watchers = [watch(cache) for _ in range(8)]
    servers[0].signal(signal.SIGTERM)
    wait_until(lambda: any(each.ended for each in watchers), "those of the first server end")
    assert servers[0].wait_for_exit() == 0
    ended = [each for each in watchers if each.ended]
    assert 0 < len(ended) < len(watchers)
    for each in ended:
        assert each.wait_for_end() == UNAVAILABLE
        assert each.contents()[-1] == "draining"
        assert error_info(each.error).reason == "DRAINING"
        assert retry_delay(each.error) == 0
        # Another instance has another history, and says so: the watcher starts afresh.
        again = watch(cache, resume_token=each.last_token)
        assert "reset" in again.contents() or again.subscribed().resumed
    channel.close()


def retry_delay(error):
    """The RetryInfo of a failed call, in seconds."""
    for detail in rpc_status.from_call(error).details:
        if detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            info = error_details_pb2.RetryInfo()
            detail.Unpack(info)
            return info.retry_delay.seconds + info.retry_delay.nanos / 1e9
    raise AssertionError("no RetryInfo")


def goaways(connection):
    """The last stream of each GOAWAY that came."""
    return [
        int.from_bytes(payload[:4], "big")
        for kind, _, _, payload in connection.frames
        if kind == GOAWAY
    ]

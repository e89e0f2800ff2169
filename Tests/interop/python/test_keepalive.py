"""What the clock does to connections: handshakes, stalls, pings, keepalive; and what it leaves be."""

import struct
import threading
import time

import grpc
import pytest

from contract import cache as pb
from contract import cache_grpc, events, path
from expectations import wait_until
from raw_http2 import ACK, GOAWAY, PING, PREFACE, message
from test_lifecycle import half_a_call, subscribe_raw

ENHANCE_YOUR_CALM, SETTINGS_TIMEOUT = 0xB, 0x4
EXISTS = message(pb.ExistsRequest(key="k").SerializeToString())


@pytest.fixture
def bystander():
    """Calls a server from a client that behaves, all the time; no call of it may fail."""
    stop, failures, threads = threading.Event(), [], []

    def begin(server):
        cache = server.new_client()
        cache.Exists(pb.ExistsRequest(key="k"))

        def call():
            while not stop.is_set():
                try:
                    cache.Exists(pb.ExistsRequest(key="k"), timeout=20)
                except grpc.RpcError as error:
                    failures.append(error)
                stop.wait(0.05)

        threads.append(threading.Thread(target=call))
        threads[-1].start()

    yield begin
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures, failures


def goaways(connection):
    """The (code, debug data) of each GOAWAY that came."""
    return [
        (struct.unpack(">I", payload[4:8])[0], payload[8:].decode())
        for kind, _, _, payload in connection.frames
        if kind == GOAWAY
    ]


def rejected(server, reason):
    server.wait_for_line(lambda line: f'"{reason}"' in line, f"a rejection for {reason}")


def ping(connection, number):
    connection.send_frame(PING, 0, 0, struct.pack(">Q", number))


# Handshakes


def test_a_connection_that_says_nothing_is_closed(start_server, raw, bystander):
    server = start_server(handshake_timeout="1s")
    bystander(server)
    began = time.monotonic()
    connection = raw(server, preface=b"", acknowledges=False)
    connection.read_until_closed()
    assert time.monotonic() - began >= 1
    assert goaways(connection) == [(SETTINGS_TIMEOUT, "preface_timeout")]
    rejected(server, "preface_timeout")


@pytest.mark.parametrize("length", [1, 23, 24], ids=["a byte", "nearly all", "no SETTINGS"])
def test_a_preface_that_stops_is_not_waited_for(start_server, raw, bystander, length):
    server = start_server(handshake_timeout="1s")
    bystander(server)
    connection = raw(server, preface=PREFACE[:length], acknowledges=False)
    connection.read_until_closed()
    assert goaways(connection) == [(SETTINGS_TIMEOUT, "preface_timeout")]


def test_settings_must_be_acknowledged(start_server, raw, bystander):
    server = start_server(handshake_timeout="1s")
    bystander(server)
    connection = raw(server, acknowledges=False)
    assert connection.call(path("Exists"), EXISTS).status == 0
    connection.read_until_closed()
    assert goaways(connection) == [(SETTINGS_TIMEOUT, "settings_timeout")]
    rejected(server, "settings_timeout")


# Stalls


def test_a_window_that_stays_closed_to_all_calls_ends_the_connection(start_server, raw, bystander):
    server = start_server(stall_timeout="1s")
    bystander(server)
    server.cache.Set(pb.SetRequest(key="k", value=b"v" * 100_000))
    connection = raw(server, initial_window=2**31 - 1)  # the connection's own window closes
    stream = connection.open(path("Get"))
    connection.send(stream, message(pb.GetRequest(key="k").SerializeToString()), end=True)
    connection.read_until_closed()
    assert goaways(connection) == [(ENHANCE_YOUR_CALM, "stalled")]
    rejected(server, "stalled")


def test_a_peer_that_does_not_even_read_its_socket_is_let_go(start_server, raw, bystander):
    server = start_server(stall_timeout="1s")
    bystander(server)
    server.cache.Set(pb.SetRequest(key="k", value=b"v" * 1_000_000))
    connections = server.stats().instance.connections
    connection = raw(server, initial_window=2**31 - 1, receive_buffer=4096)
    connection.give_window(0, 2**29)  # twice
    get = message(pb.GetRequest(key="k").SerializeToString())
    for _ in range(20):
        stream = connection.open(path("Get"))
        connection.send(stream, get, end=True)
    wait_until(lambda: server.stats().instance.connections > connections, "the connection")
    rejected(server, "stalled")
    wait_until(
        lambda: server.stats().instance.connections == connections, "the connection is gone"
    )


def test_one_call_that_is_not_read_does_not_end_the_others(start_server, raw):
    server = start_server(stall_timeout="1s")
    server.cache.Set(pb.SetRequest(key="k", value=b"v" * 100_000))
    connection = raw(server, initial_window=0)
    stuck = connection.open(path("Get"))
    connection.send(stuck, message(pb.GetRequest(key="k").SerializeToString()), end=True)
    deadline = time.monotonic() + 20
    while not connection.answers[stuck].ended:
        assert time.monotonic() < deadline, "the call that stands still is never ended"
        stream = connection.open(path("Exists"))
        connection.give_window(stream, 1_000)
        connection.send(stream, EXISTS, end=True)
        assert connection.answer(stream).status == 0
    assert connection.answers[stuck].reset_code == ENHANCE_YOUR_CALM
    assert not goaways(connection)


def test_a_request_that_does_not_go_on_is_answered(start_server, raw):
    server = start_server(stall_timeout="1s")
    connection = raw(server)
    answer = connection.answer(half_a_call(connection))
    assert answer.status == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
    assert connection.call(path("Exists"), EXISTS).status == 0
    assert not goaways(connection)


def test_a_watcher_to_whom_there_is_nothing_to_say_is_no_stall(start_server, raw, watch):
    server = start_server(stall_timeout="500ms", handshake_timeout="500ms")
    connection, watcher = raw(server), watch(server.new_client())
    stream = subscribe_raw(connection)
    time.sleep(4)  # nothing is to happen: there is no condition to wait for
    version = server.cache.Set(pb.SetRequest(key="k", value=b"v")).version
    assert watcher.wait_for_events(1)[0].version == version
    connection.read_until(stream, lambda answer: len(answer.messages()) >= 2, "the event")


# Pings of clients


def test_pings_without_a_call_are_too_many(server, raw, bystander):
    bystander(server)
    connection = raw(server)
    for number in range(4):
        ping(connection, number)
    connection.read_until_closed()
    assert goaways(connection) == [(ENHANCE_YOUR_CALM, "too_many_pings")]
    rejected(server, "too_many_pings")


def test_every_answer_forgives_the_pings_before_it(server, raw):
    connection = raw(server)
    for number in range(0, 90, 3):
        for each in range(3):
            ping(connection, number + each)
        assert connection.call(path("Exists"), EXISTS).status == 0
    assert not goaways(connection)


def test_a_grpcio_client_that_pings_too_often_is_told_so(server, bystander):
    bystander(server)
    channel = server.connect(
        ("grpc.keepalive_time_ms", 1_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
    )
    stream = watch_on(channel)
    with pytest.raises(grpc.RpcError) as caught:
        for _ in stream:
            pass
    assert caught.value.code() in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    )
    assert "too_many_pings" in caught.value.details()
    rejected(server, "too_many_pings")


def test_a_grpcio_client_that_pings_politely_is_served(start_server):
    server = start_server(keepalive_min_ping_interval="500ms")
    channel = server.connect(
        ("grpc.keepalive_time_ms", 1_000), ("grpc.http2.max_pings_without_data", 0)
    )
    stream = watch_on(channel)
    ended = threading.Event()
    stream.add_callback(ended.set)
    assert not ended.wait(8), f"the stream ended: {stream.code()} {stream.details()}"
    stream.cancel()


def test_pings_that_measure_bandwidth_are_harmless(server):
    channel = server.connect(("grpc.http2.bdp_probe", 1))
    stub = cache_grpc.CacheStub(channel)
    stub.Set(pb.SetRequest(key="k", value=b"v" * 1_000_000))
    for _ in range(200):
        assert len(stub.Get(pb.GetRequest(key="k"), timeout=30).value) == 1_000_000
    lines = [line for line in server.output() if "too_many_pings" in line]
    assert not lines


# Keepalive of the server


def test_a_silent_peer_is_pinged_and_lives(start_server, raw):
    server = start_server(keepalive_time="1s", keepalive_timeout="1s")
    connection = raw(server)
    for count in range(1, 4):
        while sum(kind == PING and not flags & ACK for kind, flags, *_ in connection.frames) < count:
            assert connection.read_frame(), "a peer that answers is left alone"
    assert connection.call(path("Exists"), EXISTS).status == 0


def test_a_peer_that_stopped_answering_is_let_go(start_server, proxy, watch, bystander):
    server = start_server(keepalive_time="1s", keepalive_timeout="1s")
    network = proxy(server)
    bystander(server)
    others = wait_until(lambda: server.stats().instance.connections, "the others")
    channel = grpc.insecure_channel(
        network.address, options=[("grpc.use_local_subchannel_pool", 1)]
    )
    watch(cache_grpc.CacheStub(channel))
    wait_until(lambda: server.stats().instance.watchers == 1, "the watcher")
    network.stall()
    rejected(server, "keepalive_timeout")
    wait_until(lambda: server.stats().instance.watchers == 0, "its watcher is gone")
    assert server.stats().instance.connections <= others + 1
    channel.close()


def watch_on(channel):
    """A live subscription on a channel."""
    stream = cache_grpc.CacheStub(channel).StreamInvalidations(events.StreamInvalidationsRequest())
    next(stream)
    return stream

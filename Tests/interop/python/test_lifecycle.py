"""The life of the process and of its calls: draining, signals, reload, deadlines, cancellation."""

import json
import re
import signal
import socket
import subprocess
import time

import grpc
import pytest

from contract import cache as pb
from contract import events, path
from expectations import refused, seconds_of, wait_until
from raw_http2 import GOAWAY, RawConnection, message
from server_process import binary

SET = message(pb.SetRequest(key="k", value=b"v" * 100).SerializeToString())
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


def subscribe_raw(connection, *headers):
    """A StreamInvalidations call by hand, live; its stream number."""
    stream = connection.open(path("StreamInvalidations"), *headers)
    body = events.StreamInvalidationsRequest().SerializeToString()
    connection.send(stream, message(body), end=True)
    connection.read_until(stream, lambda answer: answer.messages(), "the subscription")
    return stream


def half_a_call(connection):
    """Begins a Set and sends a part of its message; the server has seen it when this returns."""
    stream = connection.open(path("Set"))
    connection.send(stream, SET[:20])
    connection.call(path("Exists"), message(pb.ExistsRequest(key="k").SerializeToString()))
    return stream


def refuses_connections(server):
    try:
        socket.create_connection((server.host, server.port), 5).close()
    except ConnectionRefusedError:
        return True
    return False


def no_watcher_left(server):
    wait_until(lambda: server.stats().instance.watchers == 0, "no watcher is left")


# Draining


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_drains_calls_and_streams_in_flight(start_server, raw, watch, number):
    server = start_server(drain_timeout="8s")
    connection, watcher = raw(server), watch(server.new_client())
    call = half_a_call(connection)
    server.signal(number)

    draining = watcher.wait_for_content("draining")
    assert draining.resume_token
    assert 0 <= draining.draining.grace_period.seconds <= 8
    wait_until(lambda: refuses_connections(server), "new connections are refused")
    connection.send(call, SET[20:], end=True)
    answer = connection.answer(call)
    assert answer.status == 0
    assert pb.SetResponse.FromString(answer.messages()[0]).stored

    assert watcher.wait_for_end() == UNAVAILABLE
    assert watcher.contents()[-1] == "draining", "it is the last message"
    connection.read_until_closed()
    assert any(kind == GOAWAY for kind, *_ in connection.frames)
    assert server.wait_for_exit() == 0


def test_an_idle_server_stops_at_once(server):
    server.cache.Set(pb.SetRequest(key="k"))
    began = time.monotonic()
    server.signal(signal.SIGTERM)
    assert server.wait_for_exit() == 0
    assert time.monotonic() - began < 8, "it does not wait out the drain timeout of 10 s"


def test_a_call_that_never_ends_does_not_keep_the_server(start_server, raw):
    server = start_server(drain_timeout="1s")
    connection = raw(server)
    half_a_call(connection)
    server.signal(signal.SIGTERM)
    connection.read_until_closed()
    assert server.wait_for_exit() == 0


def test_a_drained_client_is_told_unavailable(server, watch):
    watcher = watch(server.new_client())
    server.signal(signal.SIGTERM)
    assert watcher.wait_for_end() == UNAVAILABLE
    assert server.wait_for_exit() == 0
    refused(lambda: server.cache.Get(pb.GetRequest(key="k"), timeout=10), UNAVAILABLE)


def test_a_token_of_draining_continues_nothing_new(start_server, watch):
    server = start_server()
    watcher = watch(server.new_client())
    version = server.cache.Set(pb.SetRequest(key="k")).version
    server.signal(signal.SIGTERM)
    watcher.wait_for_content("draining")
    assert [event.version for event in watcher.events] == [version], "events come before it"
    assert server.wait_for_exit() == 0


# Start and reload


def test_a_port_in_use_is_a_clear_refusal_to_start(server, start_server):
    with pytest.raises(AssertionError) as caught:
        start_server(listen_port=server.port)
    assert str(server.port) in str(caught.value)


def test_the_log_is_json_when_asked(server):
    line = server.wait_for_line(lambda line: line.startswith("{"), "a word of its start")
    assert {"time", "level", "event"} <= json.loads(line).keys()


def test_hangup_reloads_the_namespaces(start_server):
    server = start_server("namespaces:\n  session: { ttl: 10m }\n", default_ttl="1m")
    kept = server.cache.Set(pb.SetRequest(key="fresh:kept", value=b"kept", no_expiry=True))
    assert (minutes(server, "session:1"), minutes(server, "fresh:1")) == (10, 1)
    reload(server, "namespaces:\n  session: { ttl: 20m }\n  fresh: { ttl: 40m }\n")
    wait_until(lambda: minutes(server, "session:1") == 20, "the new ttl of the namespace")
    assert minutes(server, "fresh:1") == 40
    entry = server.cache.Get(pb.GetRequest(key="fresh:kept"))
    assert entry.value == b"kept" and entry.version == kept.version


def test_hangup_reloads_the_log_level(start_server):
    server = start_server("log_level: error\n", default_ttl="1m")
    assert not info_lines(server)
    reload(server, "log_level: info\nnamespaces:\n  session: { ttl: 20m }\n")
    wait_until(lambda: info_lines(server), "a line of level info, about the reload")
    logged = len(info_lines(server))
    reload(server, "log_level: error\nnamespaces:\n  session: { ttl: 30m }\n")
    wait_until(lambda: minutes(server, "session:1") == 30, "the second reload")
    assert len(info_lines(server)) == logged


def test_a_broken_file_leaves_the_settings_in_force(start_server):
    server = start_server("namespaces:\n  session: { ttl: 10m }\n")
    reload(server, "namespaces: [what\n")
    server.wait_for_line(lambda line: '"level":"error"' in line, "that the file is broken")
    assert minutes(server, "session:1") == 10
    reload(server, "namespaces:\n  session: { ttl: 30m }\n")
    wait_until(lambda: minutes(server, "session:1") == 30, "the repaired file is in force")


def minutes(server, key):
    """The time to live that the settings give to a key."""
    answer = server.cache.Set(pb.SetRequest(key=key, value=b"v"))
    return round((seconds_of(answer.expires_at) - time.time()) / 60)


def reload(server, config):
    server.config_file.write_text(config)
    server.signal(signal.SIGHUP)


def info_lines(server):
    return [line for line in server.output() if '"level":"info"' in line]


# Deadlines and cancellation, as the handler sees them


def test_a_stream_ends_at_its_deadline(server, watch):
    watcher = watch(server, timeout=1)
    assert watcher.wait_for_end() == grpc.StatusCode.DEADLINE_EXCEEDED
    no_watcher_left(server)


def test_the_server_itself_keeps_the_deadline(server, raw):
    connection = raw(server)
    stream = subscribe_raw(connection, ("grpc-timeout", "300m"))
    assert server.stats().instance.watchers == 1
    answer = connection.answer(stream)
    assert answer.status == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
    no_watcher_left(server)


def test_a_cancelled_stream_is_let_go(server, watch):
    watchers = [watch(server) for _ in range(10)]
    assert server.stats().instance.watchers == 10
    for watcher in watchers:
        watcher.cancel()
        assert watcher.error.code() == grpc.StatusCode.CANCELLED
    no_watcher_left(server)
    assert server.cache.Set(pb.SetRequest(key="k")).stored, "the connection lives on"


@pytest.mark.parametrize("abruptly", [False, True], ids=["closed", "reset"])
def test_a_lost_connection_lets_all_of_its_streams_go(server, raw, abruptly):
    connection = raw(server)
    for _ in range(20):
        subscribe_raw(connection)
    assert server.stats().instance.watchers == 20
    connections = server.stats().instance.connections
    connection.close(abruptly)
    no_watcher_left(server)
    wait_until(lambda: server.stats().instance.connections < connections, "one connection less")


def test_a_cancelled_call_is_forgotten(server, raw):
    connection = raw(server)
    for _ in range(200):
        connection.reset(half_a_call(connection))
    answer = connection.call(path("Set"), SET)
    assert answer.status == 0
    assert server.stats().totals.sets == 1


def test_the_cap_on_connections_is_a_setting(start_server, raw):
    server = start_server(max_connections=5)
    body = message(pb.ExistsRequest(key="k").SerializeToString())
    server.cache.Exists(pb.ExistsRequest(key="k"))
    held = [raw(server) for _ in range(4)]
    assert [each.call(path("Exists"), body).status for each in held] == [0] * 4
    excess = raw(server)
    excess.read_until_closed()
    rejected = server.stats().instance.rejected_connections
    assert [(each.reason, each.count) for each in rejected] == [("too_many_connections", 1)]
    server.wait_for_line(lambda line: "too_many_connections" in line, "a word of the refusal")
    assert held[0].call(path("Exists"), body).status == 0
    held[0].close()
    wait_until(lambda: server.stats().instance.connections == 4, "the place is free")
    assert raw(server).call(path("Exists"), body).status == 0


def test_a_full_disk_behind_standard_output_does_not_keep_it_from_serving():
    with open("/dev/full", "wb") as full:
        server = subprocess.Popen(
            [str(binary()), "--listen-port", "0"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    try:
        said = []
        for line in server.stderr:
            said.append(line)
            listening = re.search(r'event="listening".* address=\S+:(\d+)', line)
            if listening:
                break
        else:
            raise AssertionError("".join(said[-20:]))
        assert any("standard output cannot be written" in line for line in said), said
        connection = RawConnection(int(listening.group(1)))
        body = message(pb.ExistsRequest(key="k").SerializeToString())
        assert connection.call(path("Exists"), body).status == 0
        connection.close()
        server.send_signal(signal.SIGTERM)
        server.stderr.read()
        assert server.wait(30) == 0
    finally:
        server.kill()
        server.wait()

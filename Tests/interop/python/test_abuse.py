"""Attacks on a connection, one row each: how it ends, what the operator is told, and that neither
memory nor a well-behaved client on the same event loop suffers."""

import gzip
from dataclasses import dataclass
from typing import Callable

import pytest

import http2_frames as f
from bystander import beside, memory_within
from contract import cache as pb
from contract import path
from expectations import wait_until
from hpack import INDEXED, encode, indexed, literal
from http2_frames import (
    ENHANCE_YOUR_CALM,
    PROTOCOL_ERROR,
    continuation,
    data,
    headers,
    ping,
    request,
    reset,
    settings,
    window_update,
)
from http2_rows import ABSENT, EMPTY, GET, OK, WATCH, body, call, goes_on, watch
from raw_http2 import RawConnection, message
from server_process import ServerProcess

SET = path("Set")
RESOURCE_EXHAUSTED = 8
LIMITS = {
    "threads": 1,  # one event loop for all: whoever holds it up holds up the bystander
    "max_resets_per_second": 10,
    "max_stream_errors_per_second": 10,
    "max_control_frames_per_second": 100,
    "max_unsent_bytes": "1MiB",
}
BYSTANDERS_CALLS = 30
LARGE = 1 << 20
BELOW_THE_LIMIT_OF_STREAMS = 900  # a stream is open until its RST_STREAM was sent


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A server with low limits for all the rows."""
    server = ServerProcess(tmp_path_factory.mktemp("target"), **LIMITS)
    server.cache.Set(pb.SetRequest(key="large", value=b"x" * LARGE))
    yield server
    server.stop()


def rejected(server):
    """The count of rejected connections of each reason."""
    counts = server.stats().instance.rejected_connections
    return {each.reason: each.count for each in counts}


@dataclass(frozen=True)
class Attack:
    """A row: what opens it, what is then sent again and again, and how it ends."""

    what: str
    opening: bytes
    again: Callable  # the bytes of round `number`
    rounds: int
    code: int
    reason: str
    mebibytes: int = 16  # what memory may grow by: some buffers, and the allocator's own
    reads: bool = True  # whether the attacker reads what it is answered
    says: str | None = None  # the GOAWAY's text, where nghttp2 has written it before we could


def stream(number):
    """The client's stream of a round."""
    return 2 * number + 3


def made_you_reset(*frames):
    """A call that goes on with frames which the server must answer by RST_STREAM."""
    return lambda n: call(stream(n), ("content-length", "4")) + b"".join(
        frame(stream(n)) for frame in frames
    )


TOO_LONG = encode([("x-" + "y" * 60, "z" * 200)])
BOMB = literal("x-bomb", "b" * 3900, INDEXED)
MALFORMED = [("x-UPPER", "1")]

ATTACKS = [
    Attack("rapid reset", b"", lambda n: call(stream(n)) + reset(stream(n)), 10_000,
           ENHANCE_YOUR_CALM, "too_many_resets"),
    Attack("rapid reset of calls that are answered", b"",
           lambda n: watch(stream(n)) + reset(stream(n)), 10_000,
           ENHANCE_YOUR_CALM, "too_many_resets"),
    Attack("rapid reset, answers unread", b"", lambda n: call(stream(n)) + reset(stream(n)),
           10_000, ENHANCE_YOUR_CALM, "too_many_resets", reads=False),
    Attack("resets of one stream over and over", call(1), lambda n: reset(1), 10_000,
           ENHANCE_YOUR_CALM, "too_many_resets"),
    Attack("made-you-reset by a malformed header", b"",
           lambda n: headers(stream(n), request(GET, *MALFORMED)), BELOW_THE_LIMIT_OF_STREAMS,
           ENHANCE_YOUR_CALM, "too_many_stream_errors"),
    Attack("made-you-reset by a wrong content-length", b"",
           made_you_reset(lambda s: data(s, ABSENT)), BELOW_THE_LIMIT_OF_STREAMS,
           ENHANCE_YOUR_CALM, "too_many_stream_errors"),
    Attack("made-you-reset by trailers that do not end", b"",
           made_you_reset(lambda s: headers(s, [("x", "1")])), BELOW_THE_LIMIT_OF_STREAMS,
           ENHANCE_YOUR_CALM, "too_many_stream_errors"),
    Attack("made-you-reset by a malformed trailer", b"",
           made_you_reset(lambda s: headers(s, MALFORMED, end=True)), BELOW_THE_LIMIT_OF_STREAMS,
           ENHANCE_YOUR_CALM, "too_many_stream_errors"),
    Attack("made-you-reset by a window above its size", watch(1),
           lambda n: window_update(1, f.MAX_WINDOW), 10, f.FLOW_CONTROL_ERROR, "protocol_error"),
    Attack("CONTINUATION without end", headers(1, encode(request(GET)), last=False),
           lambda n: continuation(1, encode([("x", "y")]), last=False), 10_000,
           ENHANCE_YOUR_CALM, "headers_too_large"),
    Attack("empty CONTINUATION without end", headers(1, b"", last=False),
           lambda n: continuation(1, b"", last=False), 100_000,
           ENHANCE_YOUR_CALM, "headers_too_large"),
    Attack("giant headers over CONTINUATION", headers(1, encode(request(GET)), last=False),
           lambda n: continuation(1, TOO_LONG * 60, last=n == 8), 9,
           ENHANCE_YOUR_CALM, "headers_too_large"),
    Attack("a bomb in the header table", headers(1, encode(request(GET)) + BOMB),
           lambda n: headers(stream(n), encode(request(GET)) + indexed(62) * 15_000), 100,
           ENHANCE_YOUR_CALM, "headers_too_large"),
    Attack("PING flood", b"", lambda n: ping(), 100_000, ENHANCE_YOUR_CALM, "control_flood"),
    Attack("PING flood, answers unread", b"", lambda n: ping(), 100_000,
           ENHANCE_YOUR_CALM, "control_flood", reads=False),
    Attack("SETTINGS flood", b"", lambda n: settings(), 100_000,
           ENHANCE_YOUR_CALM, "control_flood"),
    Attack("SETTINGS flood, answers unread", b"",
           lambda n: settings((f.INITIAL_WINDOW_SIZE, n)), 100_000,
           ENHANCE_YOUR_CALM, "control_flood", reads=False),
    Attack("SETTINGS that move many windows", b"".join(watch(stream(n)) for n in range(500)),
           lambda n: settings((f.INITIAL_WINDOW_SIZE, n % 2)), 10_000,
           ENHANCE_YOUR_CALM, "control_flood"),
    Attack("empty DATA flood", call(1), lambda n: data(1), 100_000,
           ENHANCE_YOUR_CALM, "control_flood"),
    Attack("flood of DATA that is only padding", call(1), lambda n: data(1, pad=0), 100_000,
           ENHANCE_YOUR_CALM, "control_flood"),
    Attack("empty DATA flood on a stream that the server has closed", call(1) + data(1, b"\2"),
           lambda n: data(1), 100_000, ENHANCE_YOUR_CALM, "control_flood"),
    Attack("WINDOW_UPDATE flood", b"", lambda n: window_update(0, 1), 100_000,
           ENHANCE_YOUR_CALM, "control_flood"),
    Attack("WINDOW_UPDATE flood on a stream", watch(1), lambda n: window_update(1, 1), 100_000,
           ENHANCE_YOUR_CALM, "control_flood"),
    Attack("PRIORITY flood", b"", lambda n: f.priority(stream(n)), 100_000,
           ENHANCE_YOUR_CALM, "control_flood"),
    Attack("flood of frames of an unknown type", b"", lambda n: f.frame(0xF0, 0, 1), 100_000,
           ENHANCE_YOUR_CALM, "control_flood"),
    Attack("flood of ACKs of nothing", b"", lambda n: ping(flags=f.ACK), 100_000,
           ENHANCE_YOUR_CALM, "control_flood"),
    Attack("more streams than were allowed", b"", lambda n: headers(stream(n), request(WATCH)),
           1_001, PROTOCOL_ERROR, "protocol_error",
           says="request HEADERS: max concurrent streams exceeded"),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.what for attack in ATTACKS])
def test_an_attack_ends_its_own_connection_and_nothing_else(target, sanitized, attack):
    before = rejected(target).get(attack.reason, 0)
    pieces = [attack.again(number) for number in range(attack.rounds)]
    size = max(1, 65_536 // len(pieces[0]))
    chunks = [b"".join(pieces[at : at + size]) for at in range(0, len(pieces), size)]
    attacks = 0
    with memory_within(target, attack.mebibytes, not sanitized), beside(target) as bystander:
        while attacks < 3 or bystander.calls < BYSTANDERS_CALLS and not bystander.failures:
            carry_out(target, attack, chunks)
            attacks += 1
    assert rejected(target)[attack.reason] == before + attacks


def carry_out(server, attack, chunks):
    """One connection that attacks until it is ended, and hears why."""
    connection = RawConnection(server.port)
    try:
        assert connection.round_trip()  # the limit of streams is known from here on
        connection.send_bytes(attack.opening)
        for chunk in chunks:
            if not connection.send_bytes(chunk):
                break  # it is closed: what came before that is still to be read
            if attack.reads:
                connection.read_available()
        connection.read_until_closed()
        _, code, text = connection.go_away
        assert (code, text) == (attack.code, attack.says or attack.reason)
    finally:
        connection.close()


# Attacks that need not end the connection, for they are worth no more than what they cost


def test_a_bomb_that_is_not_far_over_the_limit_is_refused(target, raw):
    connection = raw(target)
    connection.send_bytes(headers(1, encode(request(GET)) + BOMB + indexed(62) * 5, end=True))
    assert connection.answer(1).status == RESOURCE_EXHAUSTED
    connection.send_bytes(headers(3, encode(request(GET)) + indexed(62) * 3), body(3))
    assert connection.answer(3).status == OK, "the table is as it should be"


def test_answers_that_nobody_reads_stay_few(target, raw, sanitized):
    """300 answers of 1 MiB, none of which may be sent: what is over the limit is not made."""
    ask = message(pb.GetRequest(key="large").SerializeToString())
    with memory_within(target, 24, not sanitized), beside(target) as bystander:
        for _ in range(3):
            connection = raw(target, initial_window=0)
            streams = [connection.open(GET) for _ in range(300)]
            for each in streams:
                connection.send(each, ask, end=True)
            assert connection.round_trip()
            done = bystander.calls + BYSTANDERS_CALLS
            wait_until(lambda: bystander.calls >= done or bystander.failures, "calls beside it")
            connection.close(abruptly=True)


def test_a_client_that_reads_again_gets_all_that_it_asked_for(target, raw):
    ask = message(pb.GetRequest(key="large").SerializeToString())
    connection = raw(target, initial_window=0)
    streams = [connection.open(GET) for _ in range(20)]
    for each in streams:
        connection.send(each, ask, end=True)
    assert connection.round_trip()
    connection.send_bytes(settings((f.INITIAL_WINDOW_SIZE, 1 << 22)), window_update(0, 1 << 27))
    assert [connection.answer(each).status for each in streams] == [OK] * 20


@pytest.mark.parametrize("length", [2**32 - 1, (4 << 20) + 1])
def test_lengths_that_are_only_announced_cost_nothing(target, raw, sanitized, length):
    prefix = b"\0" + length.to_bytes(4, "big")
    with memory_within(target, 8, not sanitized), beside(target):
        connection = raw(target)
        streams = [connection.open(SET) for _ in range(900)]
        for each in streams:
            connection.send(each, prefix)
        statuses = {connection.answer(each).status for each in streams}
        assert statuses == {RESOURCE_EXHAUSTED}
        goes_on(connection)


def test_messages_that_are_only_begun_cost_what_was_sent(target, raw, sanitized):
    """900 calls announce 4 MiB each: 3.6 GB, if their buffers were made beforehand."""
    prefix = b"\0" + (4 << 20).to_bytes(4, "big") + b"x" * 100
    with memory_within(target, 8, not sanitized), beside(target):
        connection = raw(target)
        for _ in range(900):
            connection.send(connection.open(SET), prefix)
        goes_on(connection)


def test_messages_that_never_end_are_held_up_to_a_limit(target, raw, sanitized):
    """135 MB of messages without their ends; 64 MiB are kept, in buffers up to twice as large."""
    part = message(b"x" * 1_000_000)[:150_000]
    with memory_within(target, 160, not sanitized), beside(target):
        connection = raw(target)
        assert connection.round_trip()
        streams = [connection.open(SET) for _ in range(900)]
        for each in streams:
            for start in range(0, len(part), 15_000):
                piece = data(each, part[start : start + 15_000])
                connection.send_within_windows(each, piece)
        goes_on(connection)
        refused = [connection.answers[each].status for each in streams]
        assert 400 <= refused.count(None) <= 450, "what fits into 64 MiB"
        assert refused.count(RESOURCE_EXHAUSTED) == 900 - refused.count(None)


def test_a_decompression_bomb_is_stopped_at_the_limit(target, raw, sanitized):
    """64 MiB of zeros in 64 KB, 100 times at once: each is given up after 4 MiB and one byte."""
    bomb = gzip.compress(bytes(64 << 20))
    with memory_within(target, 24, not sanitized), beside(target):
        connection = raw(target)
        assert connection.round_trip()
        streams = [connection.open(SET, ("grpc-encoding", "gzip")) for _ in range(100)]
        body = b"\1" + len(bomb).to_bytes(4, "big") + bomb
        for start in range(0, len(body), 16_000):
            last = start + 16_000 >= len(body)
            for each in streams:
                piece = data(each, body[start : start + 16_000], end=last)
                connection.send_within_windows(each, piece)
        assert {connection.answer(each).status for each in streams} == {RESOURCE_EXHAUSTED}
        goes_on(connection)


def test_connections_above_their_cap_are_closed_at_once(start_server, sanitized):
    server = start_server(max_connections=20, threads=1)
    with memory_within(server, 16, not sanitized), beside(server):
        wait_until(lambda: server.stats().instance.connections == 2, "ours and the bystander's")
        held = [RawConnection(server.port) for _ in range(18)]
        assert all(connection.round_trip() for connection in held)
        for _ in range(200):
            excess = RawConnection(server.port)
            excess.read_until_closed()
            excess.close()
        assert rejected(server) == {"too_many_connections": 200}
        for connection in held:
            assert connection.call(GET, EMPTY).status == 3
            connection.close()


def test_one_peer_is_worth_one_line_a_minute(start_server):
    server = start_server()
    for _ in range(20):
        connection = RawConnection(server.port, preface=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.read_until_closed()
        connection.close()
    assert rejected(server) == {"not_http2": 20}
    lines = [line for line in server.output() if '"connection rejected"' in line]
    assert len(lines) == 1, lines
    for words in ('"reason":"not_http2"', '"peer":"127.0.0.1"', '"count":"1"', '"hint":'):
        assert words in lines[0]


def test_idle_connections_are_cheap(target, sanitized):
    """400 of them, each with its session: nghttp2's own part is 25 KB."""
    with memory_within(target, 32, not sanitized), beside(target):
        held = [RawConnection(target.port) for _ in range(400)]
        assert all(connection.round_trip() for connection in held)
        for connection in held:
            connection.close()

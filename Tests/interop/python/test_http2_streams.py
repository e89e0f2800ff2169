"""Streams as RFC 9113 section 5 has them: their states, numbers and limit, priorities that are
ignored, errors, extensions, and what was meant for pushes."""

import http2_frames as f
from contract import path
from hpack import encode
from http2_frames import (
    FRAME_SIZE_ERROR,
    INITIAL_WINDOW_SIZE,
    PING,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    STREAM_CLOSED,
    continuation,
    data,
    frame,
    headers,
    request,
    reset,
    window_update,
)
from http2_rows import (
    ABSENT,
    EMPTY,
    GET,
    OK,
    Row,
    answers,
    body,
    call,
    connection_error,
    ignored,
    round_trip,
    table,
    until_answering,
    until_ended,
    watch,
)

BLOCK = encode(request(GET))
TRAILERS = encode([("x-trailer", "1")])
OPEN_WATCH = (watch(), until_answering())
FINISHED = (call(), body(), until_ended())
RESET_BY_US = (call(), data(1, b"\2"), until_ended())  # answered early, then RST_STREAM(NO_ERROR)

IDLE = [
    Row("5.1", "idle: DATA", (data(1, b"x"),), connection_error(PROTOCOL_ERROR)),
    Row("5.1", "idle: RST_STREAM", (reset(1),), connection_error(PROTOCOL_ERROR)),
    Row("5.1", "idle: WINDOW_UPDATE", (window_update(1, 1),), connection_error(PROTOCOL_ERROR)),
    Row("5.1", "idle: CONTINUATION", (continuation(1, BLOCK),), connection_error(PROTOCOL_ERROR)),
    Row("5.1", "idle: PRIORITY", (f.priority(1), call(), body()), answers()),
    Row("5.1", "idle: a number of the server's own, DATA", (data(2, b"x"),),
        connection_error(PROTOCOL_ERROR)),
    Row("5.1", "idle: a number of the server's own, WINDOW_UPDATE", (window_update(2, 1),),
        connection_error(PROTOCOL_ERROR)),
]  # fmt: skip

HALF_CLOSED = [
    Row("5.1", "half-closed (remote): DATA", (*OPEN_WATCH, data(1, b"x")),
        connection_error(STREAM_CLOSED), "the section asks for a stream error"),
    Row("5.1", "half-closed (remote): DATA in the same segment", (watch() + data(1, b"x"),),
        connection_error(STREAM_CLOSED), "the section asks for a stream error"),
    Row("5.1", "half-closed (remote): empty DATA with END_STREAM",
        (*OPEN_WATCH, data(1, end=True)),
        connection_error(STREAM_CLOSED), "the section asks for a stream error"),
    Row("5.1", "half-closed (remote): HEADERS", (*OPEN_WATCH, headers(1, BLOCK, end=True)),
        connection_error(STREAM_CLOSED), "the section asks for a stream error"),
    Row("5.1", "half-closed (remote): CONTINUATION", (*OPEN_WATCH, continuation(1, BLOCK)),
        connection_error(PROTOCOL_ERROR), "section 6.10: no header block is open"),
    Row("5.1", "half-closed (remote): WINDOW_UPDATE", (*OPEN_WATCH, window_update(1, 1)), ignored),
    Row("5.1", "half-closed (remote): PRIORITY", (*OPEN_WATCH, f.priority(1)), ignored),
    Row("5.1", "half-closed (remote): RST_STREAM", (*OPEN_WATCH, reset(1)), ignored),
]  # fmt: skip

CLOSED = [
    Row("5.1", "closed by RST_STREAM: DATA", (call(), reset(1), data(1, ABSENT, end=True)),
        connection_error(STREAM_CLOSED)),
    Row("5.1", "closed by RST_STREAM: HEADERS", (call(), reset(1), headers(1, BLOCK, end=True)),
        connection_error(STREAM_CLOSED)),
    Row("5.1", "closed by RST_STREAM: CONTINUATION", (call(), reset(1), continuation(1, BLOCK)),
        connection_error(PROTOCOL_ERROR), "section 6.10: no header block is open"),
    Row("5.1", "closed by RST_STREAM: WINDOW_UPDATE",
        (call(), reset(1), round_trip, window_update(1, 1)), ignored),
    Row("5.1", "closed by RST_STREAM: PRIORITY", (call(), reset(1), f.priority(1)), ignored),
    Row("5.1", "closed by RST_STREAM: RST_STREAM", (call(), reset(1), reset(1)), ignored),
    Row("5.1", "closed by END_STREAM: DATA", (*FINISHED, data(1, b"x", end=True)),
        connection_error(STREAM_CLOSED)),
    Row("5.1", "closed by END_STREAM: HEADERS", (*FINISHED, headers(1, BLOCK, end=True)),
        connection_error(STREAM_CLOSED)),
    Row("5.1", "closed by END_STREAM: CONTINUATION", (*FINISHED, continuation(1, BLOCK)),
        connection_error(PROTOCOL_ERROR), "section 6.10: no header block is open"),
    Row("5.1", "closed by END_STREAM: WINDOW_UPDATE", (*FINISHED, window_update(1, 1)), ignored),
    Row("5.1", "closed by END_STREAM: PRIORITY", (*FINISHED, f.priority(1)), ignored),
    Row("5.1", "closed by END_STREAM: RST_STREAM", (*FINISHED, reset(1)), ignored),
    Row("5.1", "closed by the server: DATA on its way is dropped",
        (*RESET_BY_US, data(1, b"x" * 9000), data(1, b"x", end=True)), ignored),
    Row("5.1", "closed by the server: trailers on their way are dropped",
        (*RESET_BY_US, headers(1, TRAILERS, end=True)), ignored),
]  # fmt: skip

IDENTIFIERS = [
    Row("5.1.1", "an even number", (headers(2, BLOCK),), connection_error(PROTOCOL_ERROR)),
    Row("5.1.1", "a lower number after a higher one", (call(5), body(5), headers(3, BLOCK)),
        connection_error(PROTOCOL_ERROR)),
    Row("5.1.1", "numbers may be left out", (call(1), call(7), body(1), body(7)), answers()),
    Row("5.1.1", "idle numbers below are closed", (call(7), data(5, b"x")),
        connection_error(PROTOCOL_ERROR)),
    Row("5.1.1", "the last number there is",
        (call(2**31 - 1), body(2**31 - 1)), lambda connection: _is_answered(connection, 2**31 - 1)),
]  # fmt: skip


def _is_answered(connection, stream):
    assert connection.answer(stream).status == OK


PRIORITIES = [
    Row("5.3.1", "HEADERS that depend on themselves",
        (headers(1, BLOCK, priority=f.dependency(1)),), connection_error(PROTOCOL_ERROR),
        "RFC 9113 deprecates it; RFC 7540 asked for a stream error"),
    Row("5.3.1", "PRIORITY that depends on itself",
        (call(), f.priority(1, f.dependency(1)), body()), answers(),
        "RFC 9113 lets priority be ignored; RFC 7540 asked for a stream error"),
    Row("5.3.2", "a chain of dependencies",
        (*(f.priority(n, f.dependency(n - 2)) for n in range(3, 99, 2)), call(), body()),
        answers()),
    Row("5.3.2", "PRIORITY_UPDATE (RFC 9218) is ignored",
        (call(), frame(0x10, 0, 0, b"\0\0\0\1u=0"), body()), answers()),
]  # fmt: skip

ERRORS = [
    Row("5.4.1", "GOAWAY names the last stream that was handled",
        (call(1), body(1), until_ended(1), call(3), body(3), until_ended(3),
         frame(PING, 0, 0, b"short")),
        lambda connection: _goes_away(connection, 3, FRAME_SIZE_ERROR)),
    Row("5.4.1", "nothing follows a GOAWAY with an error",
        (frame(PING, 0, 0, b"short"), call(), body()),
        lambda connection: _goes_away(connection, 0, FRAME_SIZE_ERROR)),
    Row("5.4.2", "a stream error leaves the other streams alone",
        (call(1), call(3, ("Upper", "case")), body(1)), answers()),
    Row("5.4.2", "RST_STREAM is not answered with RST_STREAM", (call(), reset(1), reset(1, 0)),
        ignored),
    Row("5.5", "an unknown frame within a header block",
        (headers(1, BLOCK, last=False), frame(0xFF, 0, 1, b"x"), continuation(1, b"")),
        connection_error(PROTOCOL_ERROR)),
    Row("5.5", "ALTSVC and ORIGIN mean nothing to a server",
        (frame(0xA, 0, 0, b"\0\1a"), frame(0xC, 0, 0, b"\0\1a"), call(), body()), answers()),
    Row("8.4", "PUSH_PROMISE of a client",
        (call(), frame(PUSH_PROMISE, 4, 1, b"\0\0\0\2" + BLOCK)),
        connection_error(PROTOCOL_ERROR)),
]  # fmt: skip


def _goes_away(connection, last, code):
    connection.read_until_closed()
    assert connection.go_away[:2] == (last, code)
    kinds = [kind for kind, *_ in connection.frames]
    assert kinds[-1] == f.GOAWAY


@table(*IDLE, *HALF_CLOSED, *CLOSED, *IDENTIFIERS, *PRIORITIES, *ERRORS)
def test_a_stream_lives_and_ends_as_section_5_says(shared_server, row):
    row.run(shared_server)


def test_the_server_says_what_it_wants_first(shared_server, raw):
    connection = raw(shared_server)
    connection.round_trip()
    assert connection.frames[0][0] == f.SETTINGS and not connection.frames[0][1] & f.ACK
    announced = connection.settings
    assert announced[f.MAX_CONCURRENT_STREAMS] == 1000
    assert announced[INITIAL_WINDOW_SIZE] == 2**20
    assert announced[f.NO_RFC7540_PRIORITIES] == 1
    assert f.ENABLE_PUSH not in announced or announced[f.ENABLE_PUSH] == 0


def test_more_streams_than_allowed_are_refused_until_the_limit_is_known(start_server, raw):
    """A client may not have read the limit yet: it must be able to try again."""
    server = start_server(max_concurrent_streams=10)
    connection = raw(server, acknowledges=False)
    streams = [connection.open(path("StreamInvalidations")) for _ in range(15)]
    connection.answer(streams[-1])
    codes = [connection.answers[stream].reset_code for stream in streams]
    assert codes == [None] * 10 + [f.REFUSED_STREAM] * 5
    connection.send_bytes(f.SETTINGS_ACK)
    connection.reset(streams[0])
    connection.send(connection.open(GET), EMPTY, end=True)
    assert connection.answer(31).status == 3


def test_a_client_that_keeps_to_the_limit_never_loses_its_connection(start_server, raw):
    """Streams end here no later than they end for the client, so it cannot count fewer."""
    server = start_server(max_concurrent_streams=10)
    connection = raw(server)
    round_trip(connection)
    for _ in range(50):
        streams = [connection.open(GET) for _ in range(10)]
        for stream in streams[:3]:
            connection.reset(stream)
        for stream in streams[3:6]:
            connection.send(stream, b"\2")  # answered, and so closed, before it is complete
        for stream in streams[6:]:
            connection.send(stream, ABSENT, end=True)
        assert [connection.answer(stream).status for stream in streams[6:]] == [OK] * 4
        for stream in streams[3:6]:
            connection.answer(stream)
            connection.send(stream, b"", end=True)
    round_trip(connection)


def test_one_stream_above_a_limit_that_is_known_ends_the_connection(start_server, raw):
    """Section 5.1.2 asks for a stream error; section 5.4 lets it be the connection's, and only a
    client that ignores what it acknowledged gets here."""
    server = start_server(max_concurrent_streams=10)
    connection = raw(server)
    round_trip(connection)
    for _ in range(11):
        connection.open(path("StreamInvalidations"))
    connection_error(PROTOCOL_ERROR, f.REFUSED_STREAM)(connection)

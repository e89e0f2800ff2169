"""Rows of the tables that hold the server to RFC 9113: what is sent, and what must come.

RFC 9113 section 5.4 lets an endpoint end the connection where a stream error would do. A row
says which of the two comes, so that a change is seen; where the connection ends although the
section asks for a stream error, `but` says so.
"""

from dataclasses import dataclass
from typing import Callable

import pytest

from contract import cache as pb
from contract import path
from http2_frames import GOAWAY, NO_ERROR, RST_STREAM, data, headers, request
from raw_http2 import RawConnection, message

OK, INVALID_ARGUMENT, UNIMPLEMENTED, INTERNAL = 0, 3, 12, 13
GET, WATCH = path("Get"), path("StreamInvalidations")
ABSENT = message(pb.GetRequest(key="absent").SerializeToString())
EMPTY = message(b"")
LAST_CALL_STREAM = 1001


@dataclass(frozen=True)
class Row:
    """One case of a table."""

    section: str
    what: str
    sent: tuple  # frames as bytes, and conditions to wait for in between
    comes: Callable  # a check of this file: it gets the connection when everything is sent
    but: str = ""
    preface: bytes | None = None

    def run(self, server):
        """Sends the row on a connection of its own, checks it, and that the server lives."""
        connection = RawConnection(server.port, preface=self.preface)
        try:
            for step in self.sent:
                if isinstance(step, bytes):
                    connection.send_bytes(step)
                else:
                    step(connection)
            self.comes(connection)
        finally:
            connection.close()


def table(*rows):
    """The rows as parameters of a test, named after section and case."""
    names = [f"{row.section} {row.what}" for row in rows]
    assert len(set(names)) == len(names), "two rows have one name"
    return pytest.mark.parametrize("row", rows, ids=names)


# What is sent in many rows


def call(stream=1, *more, **replaced):
    """The headers of a call whose request is still to come."""
    return headers(stream, request(GET, *more, **replaced))


def body(stream=1):
    """The rest of such a call."""
    return data(stream, ABSENT, end=True)


def watch(stream=1):
    """A call that stays open, half-closed on the client's side."""
    return headers(stream, request(WATCH)) + data(stream, EMPTY, end=True)


def bodiless(stream=1):
    """A whole call in its header block; the answer is that it has no message."""
    return headers(stream, request(GET), end=True)


# What is waited for in between


def until_ended(stream=1):
    """A condition: the stream's answer is complete."""
    return lambda connection: connection.answer(stream)


def until_answering(stream=1):
    """A condition: the stream's answer has begun."""
    return lambda connection: connection.read_until(stream, lambda a: a.headers, "headers")


def round_trip(connection):
    """A condition: what was sent so far has been acted on."""
    assert connection.round_trip(), "the server closed"


# What comes


def connection_error(*codes):
    """GOAWAY with one of these codes, then the end of the connection."""

    def check(connection):
        connection.read_until_closed()
        assert connection.go_away, f"it closed without a GOAWAY: {connection.frames}"
        assert connection.go_away[1] in codes, connection.go_away

    return check


def closed(connection):
    """The end of the connection, with a GOAWAY or without."""
    connection.read_until_closed()


def stream_error(code, stream=1):
    """RST_STREAM with this code, and a connection that goes on."""

    def check(connection):
        answer = connection.answer(stream)
        assert answer.reset_code == code, answer
        goes_on(connection)

    return check


def answers(status=OK, stream=1):
    """A gRPC answer with this status, and a connection that goes on."""

    def check(connection):
        answer = connection.answer(stream)
        assert (answer.headers.get(":status"), answer.status) == ("200", status), answer
        goes_on(connection)

    return check


def http_status(code, stream=1, reset_code=None):
    """An answer in HTTP's own words, and a connection that goes on."""

    def check(connection):
        answer = connection.answer(stream)
        assert answer.headers.get(":status") == code, answer
        assert reset_code is None or answer.reset_code == reset_code, answer
        goes_on(connection)

    return check


def receives(*wanted):
    """This frame among what comes, and a connection that goes on."""

    def check(connection):
        goes_on(connection)
        assert wanted in connection.frames, connection.frames

    return check


def ignored(connection):
    """No GOAWAY, no RST_STREAM but that behind an early answer, and a connection that goes on."""
    goes_on(connection)
    kinds = [kind for kind, *_ in connection.frames]
    assert GOAWAY not in kinds
    errors = [payload for kind, _, _, payload in connection.frames if kind == RST_STREAM]
    assert all(int.from_bytes(code, "big") == NO_ERROR for code in errors), errors


def goes_on(connection):
    """The connection answers a PING and a call; both need no window."""
    assert connection.round_trip(), f"the server closed: {connection.go_away}"
    connection.skip_to_stream(LAST_CALL_STREAM)
    answer = connection.call(GET, EMPTY)
    assert answer.status == INVALID_ARGUMENT, answer

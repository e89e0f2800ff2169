"""What a call's headers say and what its answer's headers look like, byte by byte (grpc
`doc/PROTOCOL-HTTP2.md`)."""

import re
import string

import pytest

import interop_server
from contract import cache as pb
from contract import path
from interop_server import messages
from raw_http2 import DATA, END_STREAM, HEADERS, RST_STREAM, message

OK, UNIMPLEMENTED, INTERNAL, RESOURCE_EXHAUSTED = 0, 12, 13, 8
ABSENT = message(pb.GetRequest(key="absent").SerializeToString())
UNARY, EMPTY = interop_server.path("UnaryCall"), interop_server.path("EmptyCall")
INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"
CONTENT_TYPE = "content-type"


@pytest.fixture
def connection(interop, raw):
    """A raw connection that must still serve a call when the test is done with it."""
    connection = raw(interop)
    yield connection
    assert connection.call(EMPTY, message(b"")).status == OK


def frames_of(connection, stream):
    """The frames that came on the stream: kind, whether it was the last, payload."""
    return [
        (kind, bool(flags & END_STREAM) if kind != RST_STREAM else False, payload)
        for kind, flags, each, payload in connection.frames
        if each == stream and kind in (HEADERS, DATA, RST_STREAM)
    ]


def failing(code, text):
    """A UnaryCall that is to be answered with this status."""
    status = messages.EchoStatus(code=code, message=text)
    return message(messages.SimpleRequest(response_status=status).SerializeToString())


# Requests


@pytest.mark.parametrize(
    "method",
    ["/", "//", "/nothing", "/grpc.testing.TestService", "/grpc.testing.TestService/"]
    + ["/grpc.testing.TestService/emptycall", "/GRPC.testing.TestService/EmptyCall"]
    + ["/grpc.testing.TestService/EmptyCall/", "/grpc.testing.TestService/EmptyCall?a=1"]
    + ["/grpc.testing.TestService/UnimplementedCall", "/" + "x" * 10_000],
)
def test_an_unknown_path_is_answered_by_trailers_alone(connection, method):
    stream = connection.open(method)
    answer = connection.answer(stream)
    assert answer.headers[":status"] == "200" and answer.status == UNIMPLEMENTED
    assert answer.headers[CONTENT_TYPE] == "application/grpc" and not answer.trailers
    [(kind, ended, _)] = frames_of(connection, stream)[:1]
    assert kind == HEADERS and ended


@pytest.mark.parametrize("content_type", ["application/grpc ", "\tapplication/grpc"])
def test_blanks_around_values_mean_nothing(connection, content_type):
    blanks = [("grpc-timeout", " 10S\t"), (INITIAL, "\t two words "), (TRAILING, " AQI= ")]
    answer = connection.call(UNARY, message(b""), *blanks, content_type=content_type)
    assert answer.status == OK
    assert answer.headers[INITIAL] == "two words" and answer.trailers[TRAILING] == "AQI"


@pytest.mark.parametrize(
    "sent, first",
    [
        ("", ""),
        ("AQI", "AQI"),
        ("AQI=", "AQI"),
        ("AQ==", "AQ"),
        ("AQIDBA", "AQIDBA"),
        ("AQ==,AwQ", "AQ"),
        ("AQ , AwQ=", "AQ"),
        (",AwQ", ""),
        ("+/+/", "+/+/"),
    ],
)
def test_binary_metadata_is_read_padded_or_not_and_written_without(connection, sent, first):
    answer = connection.call(UNARY, message(b""), (TRAILING, sent))
    assert answer.status == OK and answer.trailers[TRAILING] == first


@pytest.mark.parametrize("sent", ["A", "A===", "AQ=", "AQ==AQ==", "A Q", "AQI-", "AQ,%", "AQ,A", "="])
def test_binary_metadata_that_is_not_base64_is_refused(connection, sent):
    answer = connection.call(UNARY, message(b""), (TRAILING, sent))
    assert answer.status == INTERNAL and answer.data == b""


# Answers


def test_an_answer_is_headers_then_data_then_trailers(shared_server, raw):
    connection = raw(shared_server)
    sizes = []
    for _ in range(3):
        stream = connection.open(path("Get"))
        connection.send(stream, ABSENT, end=True)
        assert connection.answer(stream).status == OK
        frames = frames_of(connection, stream)
        assert [(kind, ended) for kind, ended, _ in frames] == [
            (HEADERS, False), (DATA, False), (HEADERS, True),
        ]  # fmt: skip
        sizes.append([len(payload) for kind, _, payload in frames if kind == HEADERS])
    # After the first answer each fixed field is one byte: an entry of HPACK's table.
    assert sizes[0] > sizes[1] and sizes[1:] == [[2, 1], [2, 1]]


def test_what_hardly_comes_twice_does_not_enter_the_table(connection):
    lengths = set()
    for number in range(3):
        stream = connection.open(UNARY)
        connection.send(stream, failing(2, f"message {number}"), end=True)
        assert connection.answer(stream).status == 2
        lengths.add(len(frames_of(connection, stream)[0][2]))
    fixed = connection.call(UNARY, failing(2, "message 0"))
    assert fixed.status == 2
    # The first adds the fixed fields; the others find them, and spell out the message anew.
    assert len(lengths) == 2 and min(lengths) > len("grpc-message") * 5 // 8


@pytest.mark.parametrize("early", ["too large", "unknown path", "not gRPC"])
def test_an_answer_before_the_end_of_the_request_is_followed_by_a_reset(connection, early):
    if early == "too large":
        stream = connection.open(UNARY)
        connection.send(stream, b"\0\xff\xff\xff\xff")
    elif early == "unknown path":
        stream = connection.open("/nothing")
    else:
        stream = connection.open(UNARY, content_type="text/plain")
    connection.answer(stream)
    connection.read_until(stream, lambda _: len(frames_of(connection, stream)) == 2, "RST_STREAM")
    (first, ended, _), (second, _, code) = frames_of(connection, stream)
    assert (first, ended) == (HEADERS, True)
    assert second == RST_STREAM and code == bytes(4), "NO_ERROR"


def percent_encoded(text):
    """As the specification has it; at the edges blanks too, which no HTTP/2 field may have there."""
    kept = set(range(0x20, 0x7F)) - {ord("%")}
    body = "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in text.encode())
    return re.sub("^ | $", "%20", body)


@pytest.mark.parametrize(
    "text",
    [string.printable, "100% sure", "%41", "\x01\x7f", "é ☺ 😈", "\t\n \r\n", " edges ", "~", "x" * 900],
)
def test_a_message_is_percent_encoded_in_upper_case(connection, text):
    answer = connection.call(UNARY, failing(2, text))
    assert answer.headers["grpc-message"] == percent_encoded(text)


def test_every_status_code_goes_over_the_wire(connection):
    for code in range(1, 17):
        answer = connection.call(UNARY, failing(code, "as asked"))
        assert answer.status == code and answer.headers["grpc-message"] == "as asked"


def test_an_answer_that_is_not_grpc_is_plain_http(connection):
    answer = connection.call(UNARY, message(b""), content_type="text/html")
    assert answer.headers[":status"] == "415" and answer.data == b""

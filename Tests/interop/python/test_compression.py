"""Compression byte by byte: flags, encodings, hostile members (grpc `doc/compression.md`)."""

import base64
import gzip
import os
import struct
import zlib

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

import contract
import interop_server
from contract import cache as pb
from interop_server import messages
from raw_http2 import message

OK, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL = 0, 8, 12, 13
LIMIT = 4 * 1024 * 1024
GZIP, ACCEPTS_GZIP = ("grpc-encoding", "gzip"), ("grpc-accept-encoding", "identity, gzip")
UNARY, INPUT = interop_server.path("UnaryCall"), interop_server.path("StreamingInputCall")
OUTPUT, DUPLEX = interop_server.path("StreamingOutputCall"), interop_server.path("FullDuplexCall")
TRUE, FALSE = messages.BoolValue(value=True), messages.BoolValue(value=False)


@pytest.fixture
def connection(interop, raw):
    """A raw connection that must still serve a call when the test is done with it."""
    connection = raw(interop, initial_window=2**31 - 1)
    connection.give_window(0, 2**29)
    yield connection
    answer = connection.call(interop_server.path("EmptyCall"), message(b""))
    assert answer.status == OK and answer.messages() == [b""]


def flagged(body, flag=1):
    """A message with a flag of the test's choice."""
    return struct.pack(">BI", flag, len(body)) + body


def upload(size, expected=None):
    """One message of StreamingInputCall."""
    request = messages.StreamingInputCallRequest(
        payload=messages.Payload(body=bytes(size)), expect_compressed=expected
    )
    return request.SerializeToString()


def parts(data):
    """The flags and bytes of the messages of an answer."""
    data, found = bytes(data), []
    while data:
        flag, length = struct.unpack(">BI", data[:5])
        found.append((flag, data[5 : 5 + length]))
        data = data[5 + length :]
    return found


def total(answer):
    """What a StreamingInputCall has counted."""
    assert answer.status == OK, answer
    response = messages.StreamingInputCallResponse.FromString(answer.messages()[0])
    return response.aggregated_payload_size


def assert_failed(answer, status):
    assert answer.headers[":status"] == "200" and answer.status == status, answer
    assert answer.data == b"" and (answer.trailers or answer.headers)["grpc-message"], answer


# Requests


def test_packed_and_plain_messages_mix_on_one_stream(connection):
    body = flagged(gzip.compress(upload(27_182, TRUE))) + message(upload(4_590, FALSE))
    assert total(connection.call(INPUT, body * 3, GZIP)) == 3 * (27_182 + 4_590)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_every_level_is_unpacked(connection, level):
    body = flagged(gzip.compress(upload(50_000, TRUE), compresslevel=level))
    assert total(connection.call(INPUT, body, GZIP)) == 50_000


def test_a_member_with_a_name_and_many_blocks_is_unpacked(connection):
    packer = zlib.compressobj(wbits=31)
    plain = upload(5_000, TRUE)
    packed = b"".join(
        packer.compress(plain[i : i + 100]) + packer.flush(zlib.Z_FULL_FLUSH)
        for i in range(0, len(plain), 100)
    )
    packed += packer.flush()
    # The flag FNAME, and a name behind the header of ten bytes (RFC 1952 section 2.3).
    named = packed[:3] + b"\x08" + packed[4:10] + b"name\0" + packed[10:]
    assert total(connection.call(INPUT, flagged(named), GZIP)) == 5_000


def test_packed_messages_may_come_in_any_pieces(connection):
    body = flagged(gzip.compress(upload(3_000, TRUE)))
    stream = connection.open(INPUT, GZIP)
    for position in range(len(body)):
        connection.send(stream, body[position : position + 1])
    connection.send(stream, b"", end=True)
    assert total(connection.answer(stream)) == 3_000


@pytest.mark.parametrize("value", [" gzip", "gzip\t"])
def test_blanks_around_an_encoding_mean_nothing(connection, value):
    body = flagged(gzip.compress(upload(10, TRUE)))
    assert total(connection.call(INPUT, body, ("grpc-encoding", value))) == 10


@pytest.mark.parametrize("encoding", [(), (("grpc-encoding", "identity"),)], ids=["none", "identity"])
def test_a_packed_message_needs_an_encoding(connection, encoding):
    packed = flagged(gzip.compress(upload(10)))
    assert_failed(connection.call(INPUT, packed, *encoding), INTERNAL)
    assert total(connection.call(INPUT, message(upload(10)), *encoding)) == 10


@pytest.mark.parametrize("name", ["deflate", "snappy", "GZIP", "gzip, identity", ""])
def test_an_unknown_encoding_is_refused_with_the_known_ones(connection, name):
    answer = connection.call(INPUT, message(upload(10)), ("grpc-encoding", name))
    assert_failed(answer, UNIMPLEMENTED)
    assert (answer.trailers or answer.headers)["grpc-accept-encoding"] == "identity,gzip"


GOOD = gzip.compress(upload(2_000), mtime=0)


@pytest.mark.parametrize(
    "packed",
    {
        "nothing": b"",
        "plain bytes": upload(2_000),
        "zlib's format": zlib.compress(upload(2_000)),
        "raw deflate": zlib.compress(upload(2_000), wbits=-15),
        "cut in the header": GOOD[:9],
        "cut in the middle": GOOD[: len(GOOD) // 2],
        "cut in the checksum": GOOD[:-1],
        "wrong checksum": GOOD[:-8] + bytes([GOOD[-8] ^ 1]) + GOOD[-7:],
        "wrong length": GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
        "wrong block": GOOD[:10] + b"\xff" + GOOD[11:],
        "a byte behind it": GOOD + b"\0",
        "another member behind it": GOOD + GOOD,
    }.items(),
    ids=lambda case: case[0],
)
@pytest.mark.parametrize("path", [UNARY, INPUT], ids=["unary", "stream"])
def test_what_is_not_one_whole_member_is_refused(connection, path, packed):
    assert_failed(connection.call(path, flagged(packed[1]), GZIP), INTERNAL)


def test_an_unknown_flag_is_refused_whatever_the_encoding(connection):
    for flag in (2, 3, 128, 255):
        assert_failed(connection.call(INPUT, flagged(GOOD, flag), GZIP), INTERNAL)


def exactly(size):
    """A request of so many bytes."""
    start = upload(size)
    return upload(size - (len(start) - size))


def test_the_limit_holds_after_unpacking(connection):
    fitting = exactly(LIMIT)
    assert len(fitting) == LIMIT
    answer = connection.call(INPUT, flagged(gzip.compress(fitting)), GZIP)
    assert total(answer) > LIMIT - 16
    answer = connection.call(INPUT, flagged(gzip.compress(upload(LIMIT))), GZIP)
    assert_failed(answer, RESOURCE_EXHAUSTED)
    assert_too_large(answer)


def assert_too_large(answer):
    """The details say so, and agree with the status."""
    fields = answer.trailers or answer.headers
    raw = fields["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(base64.b64decode(raw + "=" * (-len(raw) % 4)))
    assert status.code == answer.status
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info) and info.reason == "MESSAGE_TOO_LARGE"


def test_bombs_cost_no_memory(interop, connection, sanitized):
    bomb = flagged(gzip.compress(bytes(32 << 20)))
    assert len(bomb) < 40_000
    before = interop.resident_bytes()
    streams = [connection.open(path, GZIP) for path in [UNARY, INPUT] * 20]
    for stream in streams:
        connection.send(stream, bomb[:-1])
    for stream in streams[::2]:
        connection.reset(stream)
    for stream in streams[1::2]:
        connection.send(stream, bomb[-1:], end=True)
        assert_failed(connection.answer(stream), RESOURCE_EXHAUSTED)
    if not sanitized:
        assert interop.resident_bytes() - before < 48 << 20


# Answers


def simple(size, compressed):
    request = messages.SimpleRequest(response_size=size, response_compressed=compressed)
    return message(request.SerializeToString())


def test_an_answer_is_packed_for_a_caller_that_accepts_it(connection):
    answer = connection.call(UNARY, simple(100_000, TRUE), ACCEPTS_GZIP)
    assert answer.headers["grpc-encoding"] == "gzip"
    [(flag, packed)] = parts(answer.data)
    assert flag == 1 and len(packed) < 1_000
    response = messages.SimpleResponse.FromString(gzip.decompress(packed))
    assert response.payload.body == bytes(100_000)


@pytest.mark.parametrize(
    "compressed, accepted",
    [
        (TRUE, ()),
        (TRUE, (("grpc-accept-encoding", "identity,deflate"),)),
        (TRUE, (("accept-encoding", "gzip"),)),
        (FALSE, (ACCEPTS_GZIP,)),
        (None, (ACCEPTS_GZIP,)),
    ],
)
def test_an_answer_is_plain_where_nobody_wants_it_packed(connection, compressed, accepted):
    answer = connection.call(UNARY, simple(100_000, compressed), *accepted)
    assert "grpc-encoding" not in answer.headers
    assert [flag for flag, _ in parts(answer.data)] == [0]


def test_each_message_of_an_answer_has_its_own_flag(connection):
    parameters = [
        messages.ResponseParameters(size=size, compressed=compressed)
        for size, compressed in [(31_415, TRUE), (92_653, FALSE), (0, TRUE), (9, None)]
    ]
    request = messages.StreamingOutputCallRequest(response_parameters=parameters)
    for path in (OUTPUT, DUPLEX):
        answer = connection.call(path, message(request.SerializeToString()), ACCEPTS_GZIP)
        assert answer.status == OK and answer.headers["grpc-encoding"] == "gzip"
        # One of no size cannot get smaller.
        assert [flag for flag, _ in parts(answer.data)] == [1, 0, 0, 0]
        first = messages.StreamingOutputCallResponse.FromString(
            gzip.decompress(parts(answer.data)[0][1])
        )
        assert first.payload.body == bytes(31_415)


# The cache's own replies


def test_the_setting_packs_replies_above_it(start_server, raw):
    server = start_server(compress_replies_above="1KiB")
    noise = os.urandom(50_000)
    for key, value in {"large": b"x" * 50_000, "small": b"x" * 900, "noise": noise}.items():
        server.cache.Set(pb.SetRequest(key=key, value=value))
    connection = raw(server)

    def get(key, *headers):
        body = message(pb.GetRequest(key=key).SerializeToString())
        answer = connection.call(contract.path("Get"), body, *headers)
        connection.give_window(0, 100_000)
        [(flag, packed)] = parts(answer.data)
        assert flag == ("gzip" in answer.headers.get("grpc-encoding", ""))
        response = pb.GetResponse.FromString(gzip.decompress(packed) if flag else packed)
        return flag, response.value

    assert get("large", ACCEPTS_GZIP) == (1, b"x" * 50_000)
    assert get("large") == (0, b"x" * 50_000)
    assert get("small", ACCEPTS_GZIP) == (0, b"x" * 900)
    assert get("noise", ACCEPTS_GZIP) == (0, noise)


def test_replies_are_plain_by_default_and_requests_may_be_packed(shared_server, raw):
    shared_server.cache.Set(
        pb.SetRequest(key="packed", value=b"x" * 50_000), compression=grpc.Compression.Gzip
    )
    body = gzip.compress(pb.GetRequest(key="packed").SerializeToString())
    answer = raw(shared_server).call(contract.path("Get"), flagged(body), GZIP, ACCEPTS_GZIP)
    [(flag, plain)] = parts(answer.data)
    assert flag == 0 and "grpc-encoding" not in answer.headers
    assert pb.GetResponse.FromString(plain).value == b"x" * 50_000

"""Bad requests no client library would send, byte by byte: each gets a precise answer, and the
same connection serves the next call."""

import signal
import struct

import pytest

from contract import cache as pb
from contract import path
from expectations import wait_until
from raw_http2 import RawConnection, message

INVALID_ARGUMENT, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED = 3, 4, 8
OK, UNIMPLEMENTED, INTERNAL = 0, 12, 13
SET = message(pb.SetRequest(key="bad", value=b"v" * 100).SerializeToString())


@pytest.fixture
def connection(shared_server, raw):
    """A raw connection that must still serve a call when the test is done with it."""
    shared_server.cache.Delete(pb.DeleteRequest(key="bad"))
    connection = raw(shared_server)
    yield connection
    request = pb.ExistsRequest(key="bad").SerializeToString()
    answer = connection.call(path("Exists"), message(request))
    assert answer.headers[":status"] == "200" and answer.status == OK
    assert pb.ExistsResponse.FromString(answer.messages()[0]) == pb.ExistsResponse()


def assert_failed(answer, status):
    """A gRPC failure as the protocol has it: HTTP 200, and a status that says why."""
    assert answer.headers[":status"] == "200", answer
    assert answer.status == status, answer
    assert answer.data == b""
    assert (answer.trailers or answer.headers)["grpc-message"], answer


@pytest.mark.parametrize("length", [1, 4, 5, 6, 50, len(SET) - 1])
def test_a_message_cut_short_is_refused(connection, length):
    assert_failed(connection.call(path("Set"), SET[:length]), INTERNAL)


def test_no_message_at_all_is_refused(connection):
    assert_failed(connection.call(path("Set"), b""), UNIMPLEMENTED)
    stream = connection.open(path("Set"), end=True)
    assert_failed(connection.answer(stream), UNIMPLEMENTED)


def test_a_second_message_is_refused(connection):
    assert_failed(connection.call(path("Set"), SET + SET), UNIMPLEMENTED)


@pytest.mark.parametrize("flag, status", [(1, INTERNAL), (2, INTERNAL), (255, INTERNAL)])
def test_a_flag_that_means_nothing_is_refused(connection, flag, status):
    assert_failed(connection.call(path("Set"), bytes([flag]) + SET[1:]), status)


def test_an_unknown_compression_is_refused_with_what_is_known(connection):
    answer = connection.call(path("Set"), b"\1" + SET[1:], ("grpc-encoding", "zstandard"))
    assert_failed(answer, UNIMPLEMENTED)
    assert "identity" in {**answer.headers, **answer.trailers}["grpc-accept-encoding"]


@pytest.mark.parametrize("length", [4 * 1024 * 1024 + 1, 2**31, 2**32 - 1])
def test_a_message_announced_too_large_is_refused_before_it_comes(connection, length):
    stream = connection.open(path("Set"))
    connection.send(stream, struct.pack(">BI", 0, length))
    assert_failed(connection.answer(stream), RESOURCE_EXHAUSTED)


@pytest.mark.parametrize("value", ["", "1", "S", "1s", "-1S", "1.5S", "123456789S", "1 S", "0x1S"])
def test_a_malformed_timeout_is_refused(connection, value):
    assert_failed(connection.call(path("Set"), SET, ("grpc-timeout", value)), INTERNAL)


@pytest.mark.parametrize("value", ["99999999H", "99999999S", "60000000u", "1M"])
def test_a_long_timeout_is_as_good_as_none(shared_server, connection, value):
    body = message(pb.GetRequest(key="absent").SerializeToString())
    answer = connection.call(path("Get"), body, ("grpc-timeout", value))
    assert answer.status == OK


def test_a_deadline_that_passes_ends_the_call_before_it_writes(connection):
    stream = connection.open(path("Set"), ("grpc-timeout", "50m"))
    connection.send(stream, SET[:20])
    assert_failed(connection.answer(stream), DEADLINE_EXCEEDED)
    connection.send(stream, SET[20:], end=True)


@pytest.mark.parametrize("timeout", ["1n", "1u"])
def test_a_deadline_that_has_passed_already_ends_the_call(connection, timeout):
    stream = connection.open(path("Set"), ("grpc-timeout", timeout))
    assert_failed(connection.answer(stream), DEADLINE_EXCEEDED)


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/grpcx", "application/grp", ""]
)
def test_another_content_type_is_415(connection, content_type):
    answer = connection.call(path("Set"), SET, content_type=content_type)
    assert answer.headers[":status"] == "415"


@pytest.mark.parametrize(
    "content_type", ["application/grpc+proto", "application/grpc;charset=utf-8"]
)
def test_the_content_types_of_grpc_are_served(connection, content_type):
    body = message(pb.GetRequest(key="absent").SerializeToString())
    assert connection.call(path("Get"), body, content_type=content_type).status == OK


def test_bad_base64_in_metadata_is_refused(connection):
    assert_failed(connection.call(path("Set"), SET, ("x-blob-bin", "%%%")), INTERNAL)


@pytest.mark.parametrize("name", ["two\twords", "o" * 129])
def test_a_writer_with_a_bad_name_writes_nothing(connection, name):
    answer = connection.call(path("Set"), SET, ("x-cache-origin-id", name))
    assert_failed(answer, INVALID_ARGUMENT)


def test_borders_of_frames_mean_nothing(connection):
    body = message(pb.GetRequest(key="absent").SerializeToString())
    stream = connection.open(path("Get"))
    for position in range(len(body)):
        connection.send(stream, body[position : position + 1])
    connection.send(stream, b"", end=True)
    answer = connection.answer(stream)
    assert answer.status == OK and answer.messages() == [b""]


def test_an_answer_has_the_form_of_the_protocol(connection):
    body = message(pb.GetRequest(key="absent").SerializeToString())
    answer = connection.call(path("Get"), body)
    assert answer.headers[":status"] == "200"
    assert answer.headers["content-type"].startswith("application/grpc")
    assert answer.trailers["grpc-status"] == "0"
    assert "grpc-status" not in answer.headers
    assert answer.data == b"\0\0\0\0\0"


def test_calls_interleave_on_one_connection(connection):
    body = message(pb.GetRequest(key="absent").SerializeToString())
    streams = [connection.open(path("Get")) for _ in range(50)]
    for stream in streams:
        connection.send(stream, body[:3])
    for stream in reversed(streams):
        connection.send(stream, body[3:], end=True)
    assert [connection.answer(stream).status for stream in streams] == [OK] * 50


@pytest.mark.parametrize("window", [0, 46])
def test_a_deadline_is_answered_although_no_window_is_left(shared_server, raw, window):
    connection = raw(shared_server, initial_window=window)
    stream = connection.open(path("StreamInvalidations"), ("grpc-timeout", "200m"))
    connection.send(stream, message(b""), end=True)
    answer = connection.answer(stream)
    assert answer.status == DEADLINE_EXCEEDED or answer.reset_code == 8, answer


def test_a_slow_reader_gets_its_answers_whole_when_the_server_drains(start_server):
    server = start_server()
    size, calls = 1_000_000, 6
    server.cache.Set(pb.SetRequest(key="large", value=b"x" * size))
    request = message(pb.GetRequest(key="large").SerializeToString())
    connection = RawConnection(server.port, initial_window=2**31 - 1, receive_buffer=4096)
    connection.give_window(0, 2**29)
    streams = [connection.open(path("Get")) for _ in range(calls)]
    for stream in streams:
        connection.send(stream, request, end=True)
    wait_until(lambda: server.stats().totals.hits == calls, "the calls are handled")
    server.signal(signal.SIGTERM)
    connection.read_until_closed()
    answers = [connection.answers[stream] for stream in streams]
    assert [answer.status for answer in answers] == [OK] * calls
    assert all(len(answer.data) > size for answer in answers)
    assert server.wait_for_exit() == 0

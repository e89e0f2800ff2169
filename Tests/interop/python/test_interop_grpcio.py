"""The interop cases of grpc `doc/interop-test-descriptions.md` with grpcio, and some beyond them:
load, cancellation under it, metadata of every size and form."""

import asyncio
import os
import queue

import grpc
import pytest

from interop_server import empty, messages, services
from server_process import CHANNEL_OPTIONS

REQUEST_BYTES, RESPONSE_BYTES = 271_828, 314_159
PING_PONG = [(27_182, 31_415), (8, 9), (1_828, 2_653), (45_904, 58_979)]
UPLOADS = [27_182, 8, 1_828, 45_904]
INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"
SPECIAL_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
SOAK_ITERATIONS = 200
TRUE, FALSE = messages.BoolValue(value=True), messages.BoolValue(value=False)


@pytest.fixture
def stub(interop):
    return interop.test


def payload(size):
    return messages.Payload(body=bytes(size))


def large_request(**fields):
    return messages.SimpleRequest(
        response_size=RESPONSE_BYTES, payload=payload(REQUEST_BYTES), **fields
    )


def output_request(*sizes, size=0, interval_us=0, **fields):
    parameters = [
        messages.ResponseParameters(size=each, interval_us=interval_us) for each in sizes
    ]
    return messages.StreamingOutputCallRequest(
        response_parameters=parameters, payload=payload(size), **fields
    )


def assert_large(response):
    assert response.payload.type == messages.COMPRESSABLE
    assert response.payload.body == bytes(RESPONSE_BYTES)


def failed(call, code):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    assert caught.value.code() == code, caught.value
    return caught.value


class Requests:
    """Requests that a test hands out one by one."""

    def __init__(self, *first):
        self._queue = queue.SimpleQueue()
        for request in first:
            self.put(request)

    def put(self, request):
        self._queue.put(request)

    def end(self):
        self._queue.put(None)

    def __iter__(self):
        return iter(self._queue.get, None)


# Calls of each kind


def test_empty_unary(stub):
    assert stub.EmptyCall(empty.Empty(), timeout=30) == empty.Empty()


def test_large_unary(stub):
    assert_large(stub.UnaryCall(large_request(), timeout=30))


def test_client_streaming(stub):
    requests = (messages.StreamingInputCallRequest(payload=payload(size)) for size in UPLOADS)
    answer = stub.StreamingInputCall(requests, timeout=30)
    assert answer.aggregated_payload_size == sum(UPLOADS) == 74_922


def test_server_streaming(stub):
    sizes = [response for _, response in PING_PONG]
    answers = stub.StreamingOutputCall(output_request(*sizes), timeout=30)
    assert [len(answer.payload.body) for answer in answers] == sizes


def test_ping_pong(stub):
    requests = Requests()
    answers = stub.FullDuplexCall(iter(requests), timeout=30)
    for size, response in PING_PONG:
        requests.put(output_request(response, size=size))
        assert len(next(answers).payload.body) == response
    requests.end()
    assert list(answers) == []


def test_half_duplex(stub):
    requests = Requests(output_request(5, 6), output_request(7))
    answers = stub.HalfDuplexCall(iter(requests), timeout=30)
    requests.end()
    assert [len(answer.payload.body) for answer in answers] == [5, 6, 7]


def test_empty_stream(stub):
    assert list(stub.FullDuplexCall(iter(()), timeout=30)) == []


# Metadata and statuses


def test_custom_metadata_of_a_unary_call(stub):
    sent = [(INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab")]
    response, call = stub.UnaryCall.with_call(large_request(), metadata=sent, timeout=30)
    assert_large(response)
    assert dict(call.initial_metadata())[INITIAL] == "test_initial_metadata_value"
    assert dict(call.trailing_metadata())[TRAILING] == b"\xab\xab\xab"


def test_custom_metadata_of_a_full_duplex_call(stub):
    sent = [(INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab")]
    call = stub.FullDuplexCall(iter([output_request(314)]), metadata=sent, timeout=30)
    assert [len(answer.payload.body) for answer in call] == [314]
    assert dict(call.initial_metadata())[INITIAL] == "test_initial_metadata_value"
    assert dict(call.trailing_metadata())[TRAILING] == b"\xab\xab\xab"


@pytest.mark.parametrize("length", [*range(7), 255, 4_000])
def test_bytes_of_every_length_come_back_in_binary_metadata(stub, length):
    value = os.urandom(length)
    _, call = stub.UnaryCall.with_call(
        messages.SimpleRequest(), metadata=[(TRAILING, value)], timeout=30
    )
    assert dict(call.trailing_metadata())[TRAILING] == value


def test_big_metadata_comes_back(interop):
    channel = interop.connect(("grpc.max_metadata_size", 64 * 1024))
    value = "v" * 15_000
    _, call = services.TestServiceStub(channel).UnaryCall.with_call(
        messages.SimpleRequest(), metadata=[(INITIAL, value)], timeout=30
    )
    assert dict(call.initial_metadata())[INITIAL] == value


@pytest.mark.parametrize("message", ["test status message", SPECIAL_MESSAGE, "100%", ""])
@pytest.mark.parametrize("code", [grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS])
def test_status_code_and_message(stub, code, message):
    status = messages.EchoStatus(code=code.value[0], message=message)
    unary = failed(
        lambda: stub.UnaryCall(messages.SimpleRequest(response_status=status), timeout=30), code
    )
    assert unary.details() == message
    duplex = stub.FullDuplexCall(iter([output_request(response_status=status)]), timeout=30)
    assert failed(lambda: list(duplex), code).details() == message


def test_unimplemented_method(stub):
    failed(
        lambda: stub.UnimplementedCall(empty.Empty(), timeout=30), grpc.StatusCode.UNIMPLEMENTED
    )


def test_unimplemented_service(interop):
    stub = services.UnimplementedServiceStub(interop.channel)
    failed(
        lambda: stub.UnimplementedCall(empty.Empty(), timeout=30), grpc.StatusCode.UNIMPLEMENTED
    )


# Ends before the end


def test_cancel_after_begin(stub):
    call = stub.StreamingInputCall.future(iter(Requests()), timeout=30)
    call.cancel()
    assert call.cancelled() and call.code() == grpc.StatusCode.CANCELLED


def test_cancel_after_first_response(stub):
    call = stub.FullDuplexCall(iter(Requests(output_request(31_415, size=27_182))), timeout=30)
    assert len(next(call).payload.body) == 31_415
    call.cancel()
    failed(lambda: next(call), grpc.StatusCode.CANCELLED)


def test_timeout_on_sleeping_server(stub):
    request = output_request(31_415, size=27_182, interval_us=10_000_000)
    call = stub.FullDuplexCall(iter(Requests(request)), timeout=0.05)
    failed(lambda: next(call), grpc.StatusCode.DEADLINE_EXCEEDED)


def test_the_server_forgets_what_is_cancelled_under_load(interop):
    stub = services.TestServiceStub(interop.connect())
    for _ in range(5):
        streams = [
            stub.StreamingOutputCall(output_request(*[50_000] * 200, interval_us=1_000), timeout=60)
            for _ in range(50)
        ]
        calls = [stub.UnaryCall.future(large_request(), timeout=60) for _ in range(50)]
        assert all(len(next(stream).payload.body) == 50_000 for stream in streams)
        for each in streams + calls:
            each.cancel()
        codes = {each.code() for each in streams}
        assert codes == {grpc.StatusCode.CANCELLED}
        ends = {grpc.StatusCode.CANCELLED, grpc.StatusCode.OK}
        assert {each.code() for each in calls} <= ends
    # Were they remembered, the connection would not have room for so many more.
    calls = [stub.UnaryCall.future(messages.SimpleRequest(), timeout=60) for _ in range(1_500)]
    assert {call.code() for call in calls} == {grpc.StatusCode.OK}


# Compression


def test_client_compressed_unary(stub):
    probe = large_request(expect_compressed=TRUE)
    failed(lambda: stub.UnaryCall(probe, timeout=30), grpc.StatusCode.INVALID_ARGUMENT)
    gzip = grpc.Compression.Gzip
    assert_large(stub.UnaryCall(probe, compression=gzip, timeout=30))
    plain = large_request(expect_compressed=FALSE)
    assert_large(stub.UnaryCall(plain, timeout=30))
    failed(
        lambda: stub.UnaryCall(plain, compression=gzip, timeout=30),
        grpc.StatusCode.INVALID_ARGUMENT,
    )


def test_client_compressed_streaming(stub):
    def call(expected, **options):
        requests = [
            messages.StreamingInputCallRequest(payload=payload(size), expect_compressed=expected)
            for size in (27_182, 45_904)
        ]
        return stub.StreamingInputCall(iter(requests), timeout=30, **options)

    failed(lambda: call(TRUE), grpc.StatusCode.INVALID_ARGUMENT)
    gzip = grpc.Compression.Gzip
    assert call(TRUE, compression=gzip).aggregated_payload_size == 73_086
    assert call(FALSE).aggregated_payload_size == 73_086
    failed(lambda: call(FALSE, compression=gzip), grpc.StatusCode.INVALID_ARGUMENT)


@pytest.mark.parametrize("compressed", [TRUE, FALSE], ids=["gzip", "plain"])
def test_server_compressed_unary(stub, compressed):
    assert_large(stub.UnaryCall(large_request(response_compressed=compressed), timeout=30))


def test_server_compressed_streaming(stub):
    sizes = {31_415: TRUE, 92_653: FALSE}
    parameters = [
        messages.ResponseParameters(size=size, compressed=compressed)
        for size, compressed in sizes.items()
    ]
    request = messages.StreamingOutputCallRequest(response_parameters=parameters)
    answers = stub.StreamingOutputCall(request, timeout=30)
    assert [len(answer.payload.body) for answer in answers] == list(sizes)


def test_deflate_is_refused_with_what_is_known(stub):
    def call():
        stub.UnaryCall(large_request(), compression=grpc.Compression.Deflate, timeout=30)

    error = failed(call, grpc.StatusCode.UNIMPLEMENTED)
    assert "gzip" in error.details()


# Load


def test_rpc_soak(stub):
    for _ in range(SOAK_ITERATIONS):
        assert_large(stub.UnaryCall(large_request(), timeout=30))


def test_channel_soak(interop):
    for _ in range(SOAK_ITERATIONS):
        with grpc.insecure_channel(interop.address, options=CHANNEL_OPTIONS) as channel:
            assert_large(services.TestServiceStub(channel).UnaryCall(large_request(), timeout=30))


def test_a_thousand_streams_at_once_over_several_channels(interop):
    async def talk(stub, opened, all_open):
        call = stub.FullDuplexCall(timeout=60)
        await call.write(output_request(10))
        assert len((await call.read()).payload.body) == 10
        opened.append(call)
        if len(opened) == 1_000:
            all_open.set()
        await all_open.wait()
        await call.write(output_request(20))
        assert len((await call.read()).payload.body) == 20
        await call.done_writing()
        assert await call.code() == grpc.StatusCode.OK

    async def run():
        channels = [
            grpc.aio.insecure_channel(interop.address, options=CHANNEL_OPTIONS) for _ in range(5)
        ]
        stubs = [services.TestServiceStub(channel) for channel in channels]
        opened, all_open = [], asyncio.Event()
        await asyncio.gather(*[talk(stubs[i % 5], opened, all_open) for i in range(1_000)])
        for channel in channels:
            await channel.close()

    asyncio.run(run())

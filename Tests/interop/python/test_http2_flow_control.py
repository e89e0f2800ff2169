"""Flow control (RFC 9113 sections 5.2 and 6.9) where the application can break it: answers larger
than their windows, windows that move, and bytes that nobody reads."""

import pytest

import http2_frames as f
from contract import cache as pb
from contract import path
from http2_frames import DATA, HEADERS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, settings
from http2_rows import EMPTY, GET, OK, goes_on
from raw_http2 import message

SIZES = [0, 300, 3000, 100_000, 1 << 20]
SET = path("Set")
RESOURCE_EXHAUSTED = 8


@pytest.fixture(scope="module")
def values(shared_server):
    """A value of each size; what asks for it, and how long the answer is on the wire."""
    requests = {}
    for size in SIZES:
        key = f"value-{size}"
        shared_server.cache.Set(pb.SetRequest(key=key, value=b"x" * size))
        reply = shared_server.cache.Get(pb.GetRequest(key=key))
        assert len(reply.value) == size
        requests[size] = message(pb.GetRequest(key=key).SerializeToString())
    return requests


def ask(connection, request):
    stream = connection.open(GET)
    connection.send(stream, request, end=True)
    return stream


def settled(connection, stream):
    """What came on the stream once the server has nothing more that it may send."""
    other = connection.open(GET)
    connection.send(other, EMPTY, end=True)
    connection.answer(other)  # refused, without need of a window
    assert connection.round_trip()
    return connection.answers[stream]


def value_of(answer):
    assert answer.status == OK and answer.reset_code is None
    return len(pb.GetResponse.FromString(answer.messages()[0]).value)


@pytest.mark.parametrize(
    "size, window", [(300, 1), (3000, 7), (100_000, 1000), (1 << 20, 16_385), (1 << 20, 65_535)]
)
def test_an_answer_comes_whole_through_a_small_window(shared_server, raw, values, size, window):
    connection = raw(shared_server, initial_window=window)
    stream = ask(connection, values[size])
    granted, taken = window, 0
    while not connection.answers[stream].ended:
        assert connection.read_frame()
        got = len(connection.answers[stream].data)
        assert got <= granted, "more came than the window allowed"
        if got > taken and not connection.answers[stream].trailers:
            connection.give_window(stream, got - taken)
            granted, taken = granted + got - taken, got
    assert value_of(connection.answers[stream]) == size


def test_a_window_opened_byte_by_byte_lets_byte_by_byte_through(shared_server, raw, values):
    connection = raw(shared_server, initial_window=0)
    stream = ask(connection, values[300])
    for count in range(40):
        assert len(settled(connection, stream).data) == count
        connection.give_window(stream, 1)
    connection.give_window(stream, 1000)
    assert value_of(connection.answer(stream)) == 300


def test_trailers_need_no_window_but_wait_for_their_data(shared_server, raw, values):
    length = len(raw(shared_server).call(GET, values[300]).data)
    connection = raw(shared_server, initial_window=length - 1)
    stream = ask(connection, values[300])
    answer = settled(connection, stream)
    assert len(answer.data) == length - 1 and not answer.trailers
    connection.give_window(stream, 1)
    connection.answer(stream)
    kinds = [kind for kind, _, number, _ in connection.frames if number == stream]
    assert kinds == [HEADERS, DATA, DATA, HEADERS]


def test_a_window_taken_back_by_settings_is_a_debt(shared_server, raw, values):
    """Section 6.9.2: the window may be negative, and is then to be filled before anything goes."""
    connection = raw(shared_server, initial_window=1000)
    stream = ask(connection, values[100_000])
    assert len(settled(connection, stream).data) == 1000
    for step, total in [
        (settings((INITIAL_WINDOW_SIZE, 100)), 1000),  # -900
        (f.window_update(stream, 900), 1000),  # 0
        (f.window_update(stream, 1), 1001),
        (settings((INITIAL_WINDOW_SIZE, 0)), 1001),  # -100
        (settings((INITIAL_WINDOW_SIZE, 100)), 1001),  # 0
        (settings((INITIAL_WINDOW_SIZE, 5000)), 5901),
        (f.window_update(stream, 99), 6000),
    ]:
        connection.send_bytes(step)
        assert len(settled(connection, stream).data) == total, step
    connection.send_bytes(settings((INITIAL_WINDOW_SIZE, 200_000)))
    connection.send_bytes(f.window_update(0, 200_000))
    assert value_of(connection.answer(stream)) == 100_000


def test_the_connections_window_is_shared_and_goes_round(shared_server, raw, values):
    """Each of many answers waits for the connection alone; all of them go on when it opens."""
    connection = raw(shared_server, initial_window=1 << 20)
    streams = [ask(connection, values[100_000]) for _ in range(20)]
    settled(connection, streams[0])
    received = sum(len(connection.answers[stream].data) for stream in streams)
    assert received == 65_535
    while not all(connection.answers[stream].ended for stream in streams):
        connection.send_bytes(f.window_update(0, 50_000))
        settled(connection, streams[0])
        now = sum(len(connection.answers[stream].data) for stream in streams)
        assert now - received == 50_000 or all(connection.answers[s].ended for s in streams)
        received = now
    assert [value_of(connection.answers[stream]) for stream in streams] == [100_000] * 20


def test_a_stream_without_window_holds_nobody_up(shared_server, raw, values):
    connection = raw(shared_server, initial_window=0)
    connection.send_bytes(f.window_update(0, 1 << 20))
    stuck = [ask(connection, values[100_000]) for _ in range(50)]
    stream = ask(connection, values[300])
    connection.send_bytes(f.window_update(stream, 1000))
    assert value_of(connection.answer(stream)) == 300
    assert all(not connection.answers[each].data for each in stuck)
    for each in stuck:
        connection.reset(each)
    goes_on(connection)


def test_an_answer_reset_in_its_midst_ends_and_leaves_the_connection(shared_server, raw, values):
    connection = raw(shared_server)
    for _ in range(100):
        stream = ask(connection, values[1 << 20])
        connection.read_until(stream, lambda answer: answer.data, "data")
        connection.reset(stream)
        settled(connection, stream)
        received = len(connection.answers[stream].data)
        connection.send_bytes(f.window_update(0, received))
        settled(connection, stream)
        assert len(connection.answers[stream].data) == received, "DATA after the RST_STREAM"
    connection.give_window(0, 1000)
    assert value_of(connection.answer(ask(connection, values[300]))) == 300


def test_go_away_in_mid_answer_lets_it_finish(shared_server, raw, values):
    connection = raw(shared_server, initial_window=1000)
    streams = [ask(connection, values[100_000]) for _ in range(3)]
    for stream in streams:
        connection.read_until(stream, lambda answer: answer.data, "data")
    connection.send_bytes(f.go_away())
    connection.send_bytes(settings((INITIAL_WINDOW_SIZE, 1 << 20)), f.window_update(0, 1 << 20))
    assert [value_of(connection.answer(stream)) for stream in streams] == [100_000] * 3
    connection.read_until_closed()


@pytest.mark.parametrize("raised", [None, 16_384, 20_000, 2**24 - 1])
def test_no_frame_is_larger_than_its_peer_takes(shared_server, raw, values, raised):
    pairs = ((MAX_FRAME_SIZE, raised),) if raised else ()
    connection = raw(shared_server, initial_window=1 << 22, settings=pairs)
    connection.send_bytes(f.window_update(0, 1 << 22))
    assert value_of(connection.answer(ask(connection, values[1 << 20]))) == 1 << 20
    largest = max(len(payload) for *_, payload in connection.frames)
    assert 8_192 <= largest <= (raised or 16_384)


def test_a_frame_size_lowered_in_mid_answer_counts_at_once(shared_server, raw, values):
    connection = raw(
        shared_server, initial_window=100_000, settings=((MAX_FRAME_SIZE, 65_536),)
    )
    stream = ask(connection, values[1 << 20])
    settled(connection, stream)
    connection.send_bytes(settings((MAX_FRAME_SIZE, 16_384)))
    settled(connection, stream)
    seen = len(connection.frames)
    connection.give_window(stream, 1 << 21)
    assert value_of(connection.answer(stream)) == 1 << 20
    assert max(len(payload) for *_, payload in connection.frames[seen:]) <= 16_384


# What the client sends, and the window it gets back for it


def upload(connection, stream, body, piece=16_000, pad=None, end=False):
    """Sends bytes as DATA, each frame within the windows that the server gave."""
    for start in range(0, len(body), piece):
        last = end and start + piece >= len(body)
        part = body[start : start + piece]
        connection.send_within_windows(stream, f.data(stream, part, end=last, pad=pad))


def test_padding_is_window_too_and_comes_back(shared_server, raw):
    connection = raw(shared_server)
    assert connection.round_trip()
    body = message(pb.SetRequest(key="padded", value=b"v" * 400_000).SerializeToString())
    for _ in range(5):  # 1.4 MB a call, 7 MB in all: above a stream's window, and above 65,535
        stream = connection.open(SET)
        upload(connection, stream, body, piece=100, pad=255, end=True)
        assert connection.answer(stream).status == OK
    stream = connection.open(SET)
    for _ in range(10_000):
        connection.send_within_windows(stream, f.data(stream, pad=255))
    upload(connection, stream, body, end=True)
    assert connection.answer(stream).status == OK


PART = message(b"x" * 100_000)[:60_000]
LEAKS = {
    "the client resets the call": lambda connection: connection.open(SET),
    "the call is refused before its message": lambda connection: connection.open("/no/Method"),
    "the content type is refused": lambda connection: connection.open(SET, content_type="a/b"),
    "the deadline has passed": lambda connection: connection.open(SET, ("grpc-timeout", "1n")),
    "the handler takes no more": lambda connection: connection.open(path("StreamInvalidations")),
}


@pytest.mark.parametrize("case", LEAKS)
def test_what_a_dead_stream_left_unread_returns_to_the_connection(shared_server, raw, case):
    """1,000 times 60 KB are 57 MB through a window of 8 MiB, which cannot grow."""
    connection = raw(shared_server)
    assert connection.round_trip()
    for number in range(1000):
        stream = LEAKS[case](connection)
        upload(connection, stream, PART)
        if number % 2 or not connection.answers[stream].ended:
            connection.reset(stream)
        connection.answers.pop(stream)
    goes_on(connection)


def test_data_on_its_way_when_a_call_is_answered_early_costs_no_window(shared_server, raw):
    connection = raw(shared_server)
    assert connection.round_trip()
    for _ in range(300):
        stream = connection.open(SET)
        upload(connection, stream, b"\2" + PART)  # the first byte is answered by INTERNAL
        connection.answer(stream)
        connection.send_within_windows(stream, f.data(stream, PART[:16_000]))
    goes_on(connection)


def test_a_message_of_the_largest_size_fits_through_the_windows(shared_server, raw):
    connection = raw(shared_server)
    assert connection.round_trip()
    stream = connection.open(SET)
    upload(connection, stream, message(b"\0" * (4 << 20)), end=True)
    assert connection.answer(stream).status == 13, "as a message it means nothing"
    stream = connection.open(SET)
    upload(connection, stream, message(b"\0" * (4 << 20) + b"\0")[:16_000])
    assert connection.answer(stream).status == RESOURCE_EXHAUSTED

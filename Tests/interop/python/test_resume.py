"""A subscription that is cut, falls behind, or outlives its server: nothing lost in silence."""

import threading

import grpc
import pytest

import contract
from contract import cache as pb
from contract import events, path
from raw_http2 import message
from server_process import CHANNEL_OPTIONS
from test_invalidation import assert_in_order, events_before_fence, fence

CUTS = 6
HISTORY_LOST = events.RESET_REASON_HISTORY_LOST
EPOCH_CHANGED = events.RESET_REASON_EPOCH_CHANGED
SLOW_CONSUMER = events.RESET_REASON_SLOW_CONSUMER


class SteadyWriter(threading.Thread):
    """Writes without pause until it is told to stop; notes what was acknowledged."""

    def __init__(self, cache):
        super().__init__(daemon=True)
        self._cache = cache
        self._stopped = threading.Event()
        self.acknowledged = []

    def run(self):
        number = 0
        while not self._stopped.is_set():
            key = f"k:{number % 50}"
            answer = self._cache.Set(pb.SetRequest(key=key, value=b"v"), timeout=30)
            self.acknowledged.append((key, answer.version))
            number += 1

    def stop(self):
        self._stopped.set()
        self.join(30)
        assert not self.is_alive()


@pytest.fixture
def client_of():
    """Cache stubs at an address, each over a connection of its own."""
    channels = []

    def connect(address):
        channels.append(grpc.insecure_channel(address, options=CHANNEL_OPTIONS))
        return contract.cache_grpc.CacheStub(channels[-1])

    yield connect
    for channel in channels:
        channel.close()


def test_a_cut_connection_resumes_with_nothing_lost_or_repeated(server, proxy, watch, client_of):
    network = proxy(server)
    writer = SteadyWriter(server.new_client())
    writer.start()
    received, token = [], b""
    for cut in range(CUTS):
        watcher = watch(client_of(network.address), "k:*", resume_token=token)
        assert watcher.subscribed().resumed == (cut > 0)
        if cut == 0:
            # The write that is under way may have come before the subscription.
            first = len(writer.acknowledged) + 1
        watcher.wait_for_events(100)
        assert network.cut() == 1
        assert watcher.wait_for_end() == grpc.StatusCode.UNAVAILABLE
        received += watcher.events
        token = watcher.last_token
    writer.stop()
    fence(server.cache)
    last = watch(client_of(network.address), "k:*", resume_token=token)
    received += events_before_fence(last)

    assert_in_order(received)
    told = [(event.key, event.version) for event in received]
    assert len(told) == len(set(told)), "nothing comes twice"
    assert set(told) <= set(writer.acknowledged)
    missing = set(writer.acknowledged[first:]) - set(told)
    assert not missing, "nothing is lost"


def test_a_token_resumes_right_after_its_message(server, watch, fill):
    watcher = watch(server)
    fill(server.cache, [f"k{number}" for number in range(300)])
    watcher.wait_for_events(300)
    positions, count = [], 0
    for each in watcher.messages:
        count += len(each.events.events)
        positions.append((each.resume_token, count))
    fence(server.cache)
    for token, position in positions[:: max(1, len(positions) // 10)] + positions[-1:]:
        resumed = watch(server, resume_token=token)
        assert resumed.subscribed().resumed
        rest = events_before_fence(resumed)
        before = {event.key for event in watcher.events[:position]}
        assert {event.key for event in rest} == {f"k{n}" for n in range(300)} - before
        assert len(rest) == 300 - position


def test_another_filter_may_take_over_the_position(server, watch, fill):
    token = watch(server, "a:*").last_token
    fill(server.cache, ["a:1", "b:1"])
    fence(server.cache)
    resumed = watch(server, "b:*", resume_token=token)
    assert [event.key for event in events_before_fence(resumed)] == ["b:1"]


def test_the_token_of_an_invalidation_is_right_after_it(server, watch, fill):
    fill(server.cache, ["a", "b"])
    for request in [
        pb.InvalidateRequest(keys=pb.KeyList(keys=["a"])),
        pb.InvalidateRequest(pattern="b"),
        pb.InvalidateRequest(tag="t"),
        pb.InvalidateRequest(everything=True),
    ]:
        token = server.cache.Invalidate(request).revision_token
        server.cache.Set(pb.SetRequest(key="after"))
        fence(server.cache, "after")
        resumed = watch(server, resume_token=token)
        assert resumed.subscribed().resumed
        assert [event.key for event in events_before_fence(resumed, "after")] == ["after"]


def test_what_the_history_still_holds_is_resumed(start_server, watch):
    server = start_server(invalidation_history=16)
    token = watch(server).last_token
    versions = [server.cache.Set(pb.SetRequest(key="k")).version for _ in range(12)]
    resumed = watch(server, resume_token=token)
    assert resumed.subscribed().resumed
    assert [event.version for event in resumed.wait_for_events(12)] == versions


def test_falling_off_the_history_is_said_with_a_reset(start_server, watch):
    server = start_server(invalidation_history=16)
    token = watch(server).last_token
    for _ in range(100):
        server.cache.Set(pb.SetRequest(key="k"))
    assert_starts_afresh(server, watch, token, HISTORY_LOST)
    assert server.stats().instance.resets == 1


def test_a_token_of_another_life_is_said_with_a_reset(start_server, watch):
    first = start_server()
    first.cache.Set(pb.SetRequest(key="k"))
    token = watch(first).last_token
    first.stop()
    assert_starts_afresh(start_server(), watch, token, EPOCH_CHANGED)


def test_a_quiet_filter_stays_within_a_short_history(start_server, watch):
    server = start_server(invalidation_history=16)
    quiet = watch(server, "quiet:*", heartbeat_seconds=1)
    old = quiet.last_token
    for _ in range(100):
        server.cache.Set(pb.SetRequest(key="loud"))
    seen = len(quiet.messages)
    quiet.wait(lambda w: "progress" in w.contents()[seen:], "a progress after the writes")
    assert watch(server, "quiet:*", resume_token=quiet.last_token).messages[0].subscribed.resumed
    assert not watch(server, "loud", resume_token=old).messages[0].subscribed.resumed


def assert_starts_afresh(server, watch, token, reason):
    """The stream says that it does not resume, and why; then it goes on from here."""
    watcher = watch(server, resume_token=token)
    reset = watcher.wait_for_content("reset").reset
    assert reset.reason == reason
    assert not watcher.subscribed().resumed
    assert sorted(watcher.contents()[:2]) == ["reset", "subscribed"]
    assert not watcher.events
    version = server.cache.Set(pb.SetRequest(key="k")).version
    assert watcher.wait_for_events(1)[0].version == version
    again = watch(server, resume_token=watcher.last_token)
    assert again.messages[0].subscribed.resumed


# A subscriber that stops reading

BATCHES, BATCH, WARM_UP = 100, 200, 20
KEY_BYTES = 1000
MEBIBYTE = 1024 * 1024


class Stuck:
    """A subscriber on a connection of its own that grants no window, until it is told to."""

    def __init__(self, connection):
        self._connection = connection
        self._stream = connection.open(path("StreamInvalidations"))
        request = events.StreamInvalidationsRequest(patterns=["k*"])
        connection.send(self._stream, message(request.SerializeToString()), end=True)
        connection.read_until(self._stream, lambda answer: answer.messages(), "the subscription")

    def messages(self):
        answer = self._connection.answers[self._stream]
        parse = events.StreamInvalidationsResponse.FromString
        return [parse(each) for each in answer.messages()]

    def read_on(self, condition, what):
        """Gives window and reads until the condition holds of the last message."""
        self._connection.give_window(self._stream, 32 * MEBIBYTE)
        self._connection.read_until(
            self._stream, lambda _: any(map(condition, self.messages()[-3:])), what
        )


def test_a_subscriber_that_stops_reading_is_reset_and_harms_nobody(
    start_server, raw, watch, sanitized
):
    server = start_server(invalidation_buffer_bytes=MEBIBYTE, invalidation_history=16)
    stuck, reader = Stuck(raw(server)), watch(server.new_client(), "k*")
    keys = [f"k{number}".ljust(KEY_BYTES, "-") for number in range(BATCH)]
    request = pb.SetMultiRequest(entries=[pb.SetRequest(key=key, value=b"v") for key in keys])
    held = 0
    for batch in range(BATCHES):
        if batch == WARM_UP:
            held = server.resident_bytes()
        server.cache.SetMulti(request, timeout=60)
        reader.wait_for_events(BATCH * (batch + 1))
    grown = server.resident_bytes() - held
    if not sanitized:
        assert grown < 8 * MEBIBYTE, "what is not read does not pile up"
    assert "reset" not in reader.contents()
    assert_in_order(reader.events)

    stuck.read_on(lambda each: each.HasField("reset"), "the reset")
    told = stuck.messages()
    reset = next(each for each in told if each.HasField("reset"))
    assert reset.reset.reason == SLOW_CONSUMER
    before = [event for each in told for event in each.events.events]
    assert len(before) < BATCHES * BATCH
    assert_in_order(before)

    version = server.cache.Set(pb.SetRequest(key="k-live")).version
    stuck.read_on(
        lambda each: any(event.version == version for event in each.events.events), "a live event"
    )
    assert server.stats().instance.resets == 1
    resumed = watch(server, "k*", resume_token=stuck.messages()[-1].resume_token)
    assert resumed.subscribed().resumed

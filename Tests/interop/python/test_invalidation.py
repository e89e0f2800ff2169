"""StreamInvalidations: what subscribers are told, of whom, and in which order."""

import random
import threading
from collections import Counter

import pytest

from contract import cache as pb
from contract import events
from expectations import duration, wait_until

SET, DELETE, TOUCH = events.EVENT_KIND_SET, events.EVENT_KIND_DELETE, events.EVENT_KIND_TOUCH
EXPIRE, INVALIDATE = events.EVENT_KIND_EXPIRE, events.EVENT_KIND_INVALIDATE


def named(name):
    """The metadata by which a writer names itself."""
    return [("x-cache-origin-id", name)]


def fence(cache, name="fence"):
    """An event that every subscriber gets, and that comes after all that was acknowledged."""
    cache.Invalidate(pb.InvalidateRequest(everything=True, reason=name))


def events_before_fence(watcher, name="fence"):
    """What the watcher got before the fence, and all of what was repeated to it.

    What is repeated to a resumed watcher is in order for each key, not over all of them: the
    fence may come in its middle.
    """

    def fenced(watcher):
        return any(event.everything and event.cause == name for event in watcher.events)

    watcher.subscribed()
    watcher.wait(fenced, f"the event of {name}")
    messages, received = list(watcher.messages), list(watcher.events)
    live = next(i for i, each in enumerate(messages) if each.HasField("subscribed"))
    repeated = sum(len(each.events.events) for each in messages[:live])
    position = next(i for i, event in enumerate(received) if event.cause == name)
    return [event for event in received[: max(position, repeated)] if event.cause != name]


def test_the_first_message_says_that_the_stream_is_live(server, watch):
    watcher = watch(server)
    assert watcher.contents()[0] == "subscribed"
    assert not watcher.messages[0].subscribed.resumed
    assert watcher.messages[0].resume_token


def test_every_change_comes_with_its_kind_and_version(start_server, watch):
    server = start_server(cleanup_interval="1s")
    cache, watcher = server.cache, watch(server)
    versions = [
        cache.Set(pb.SetRequest(key="a", value=b"1"), metadata=named("billing")).version,
        cache.Touch(pb.TouchRequest(key="a"), metadata=named("billing")).version,
        cache.Delete(pb.DeleteRequest(key="a"), metadata=named("billing")).version,
    ]
    received = watcher.wait_for_events(3)
    assert [event.kind for event in received] == [SET, TOUCH, DELETE]
    assert [event.version for event in received] == versions
    assert {event.key for event in received} == {"a"}
    assert {event.origin_id for event in received} == {"billing"}
    assert {event.cause for event in received} == {""}

    written = cache.Set(pb.SetRequest(key="b", value=b"1", ttl=duration(0.2)))
    expired = watcher.wait_for_events(5, "events, the last by the sweep")[4]
    assert (expired.kind, expired.key) == (EXPIRE, "b")
    assert expired.version > written.version

    cache.Set(pb.SetRequest(key="c"))
    keys = pb.KeyList(keys=["c"])
    cache.Invalidate(pb.InvalidateRequest(keys=keys, reason="deploy 7"), metadata=named("ops"))
    gone = watcher.wait_for_events(7)[6]
    assert (gone.kind, gone.key, gone.cause, gone.origin_id) == (INVALIDATE, "c", "deploy 7", "ops")
    assert gone.version > watcher.events[5].version


def test_a_read_that_finds_an_expired_entry_announces_it(start_server, watch):
    server = start_server(cleanup_interval="1h")
    watcher = watch(server, "k")
    server.cache.Set(pb.SetRequest(key="k", ttl=duration(0.05)))
    wait_until(lambda: not server.cache.Get(pb.GetRequest(key="k")).hit, "a read that finds it so")
    assert [event.kind for event in watcher.wait_for_events(2)] == [SET, EXPIRE]


def test_batches_announce_each_of_their_items(server, watch):
    watcher = watch(server)
    entries = [pb.SetRequest(key=f"k{number}") for number in range(100)] + [pb.SetRequest(key="")]
    outcomes = server.cache.SetMulti(pb.SetMultiRequest(entries=entries)).results
    server.cache.DeleteMulti(pb.DeleteMultiRequest(keys=["k0", "absent", "k1"]))
    fence(server.cache)
    received = events_before_fence(watcher)
    written = {event.key: event.version for event in received if event.kind == SET}
    assert written == {r.key: r.outcome.version for r in outcomes if r.outcome.stored}
    assert sorted(event.key for event in received if event.kind == DELETE) == [
        "absent",
        "k0",
        "k1",
    ]
    assert len(received) == 103


def test_what_changed_nothing_is_not_announced(server, watch):
    cache = server.cache
    cache.Set(pb.SetRequest(key="k", value=b"1"))
    watcher = watch(server)
    cache.Set(pb.SetRequest(key="k", value=b"2", if_absent=True))
    cache.Set(pb.SetRequest(key="absent", value=b"2", if_present=True))
    cache.Set(pb.SetRequest(key="k", value=b"2", if_version=10**12))
    cache.Delete(pb.DeleteRequest(key="absent", if_version=1))
    cache.Delete(pb.DeleteRequest(key="k", if_version=10**12))
    cache.Touch(pb.TouchRequest(key="absent"))
    cache.Get(pb.GetRequest(key="k"))
    cache.Exists(pb.ExistsRequest(key="absent"))
    fence(cache)
    assert events_before_fence(watcher) == []


def test_what_was_evicted_is_still_deleted_for_who_holds_it(start_server, watch):
    server = start_server(l1_max_entries=10)
    watcher = watch(server, "k0")
    for number in range(1000):
        server.cache.Set(pb.SetRequest(key=f"k{number}"))
    assert not server.cache.Get(pb.GetRequest(key="k0")).hit
    version = server.cache.Delete(pb.DeleteRequest(key="k0")).version
    told = [(event.kind, event.version) for event in watcher.wait_for_events(2)]
    assert told[-1] == (DELETE, version)


def test_a_pattern_is_one_event_to_whom_it_concerns(server, watch, fill):
    all_keys, users, one = watch(server), watch(server, "user:*"), watch(server, "user:17")
    others = watch(server, "other:*")
    fill(server.cache, [f"user:{number}" for number in range(50)])
    request = pb.InvalidateRequest(pattern="user:*", reason="nightly")
    answer = server.cache.Invalidate(request, metadata=named("ops"))
    assert answer.invalidated == 50
    fence(server.cache)
    for watcher, sets in [(all_keys, 50), (users, 50), (one, 1)]:
        received = events_before_fence(watcher)
        assert [event.kind for event in received] == [SET] * sets + [INVALIDATE]
        assert received[-1].pattern == "user:*" and received[-1].cause == "nightly"
        assert received[-1].origin_id == "ops"
    assert events_before_fence(others) == []


def test_a_tag_and_everything_come_to_every_subscriber(server, watch):
    watchers = [watch(server), watch(server, "a*"), watch(server, "nothing:like:this")]
    server.cache.Set(pb.SetRequest(key="a", tags=["red"]))
    server.cache.Invalidate(pb.InvalidateRequest(tag="red", reason="why"))
    fence(server.cache, "all gone")
    for watcher, sets in zip(watchers, [1, 1, 0], strict=True):
        received = events_before_fence(watcher, "all gone")
        assert [event.kind for event in received] == [SET] * sets + [INVALIDATE]
        assert received[-1].tag == "red" and received[-1].cause == "why"
        last = watcher.events[len(received)]
        assert last.everything and last.kind == INVALIDATE


@pytest.mark.parametrize(
    "patterns, expected",
    [
        ((), ["aa", "ab", "ba", "é"]),
        (("*",), ["aa", "ab", "ba", "é"]),
        (("a*", "*a", "aa"), ["aa", "ab", "ba"]),
        (("[!-~]b", "?"), ["ab", "é"]),
        (tuple(f"none{number}" for number in range(99)) + ("ba",), ["ba"]),
    ],
    ids=["none", "star", "overlapping", "mixed", "hundred"],
)
def test_an_event_that_matches_any_pattern_is_sent_once(server, watch, patterns, expected):
    watcher = watch(server, *patterns)
    for key in ["aa", "ab", "ba", "é"]:
        server.cache.Set(pb.SetRequest(key=key))
    fence(server.cache)
    assert [event.key for event in events_before_fence(watcher)] == expected


def test_a_subscriber_can_leave_out_its_own_writes(server, watch):
    mine, everyones = watch(server, skip_origin_id="me"), watch(server)
    server.cache.Set(pb.SetRequest(key="a"), metadata=named("me"))
    server.cache.Set(pb.SetRequest(key="b"), metadata=named("you"))
    server.cache.Set(pb.SetRequest(key="c"))
    server.cache.Delete(pb.DeleteRequest(key="c"), metadata=named("me"))
    server.cache.Invalidate(pb.InvalidateRequest(pattern="b"), metadata=named("me"))
    server.cache.Delete(pb.DeleteRequest(key="a"), metadata=named("men"))
    fence(server.cache)
    assert [event.origin_id for event in events_before_fence(mine)] == ["you", "", "men"]
    assert len(events_before_fence(everyones)) == 6


def test_an_idle_stream_says_how_far_it_is(server, watch):
    idle = watch(server, "idle:*", heartbeat_seconds=1)
    server.cache.Set(pb.SetRequest(key="other"))
    idle.wait(lambda watcher: watcher.contents().count("progress") >= 2, "two progress messages")
    assert not idle.events
    resumed = watch(server, "other", resume_token=idle.last_token)
    server.cache.Set(pb.SetRequest(key="other"))
    fence(server.cache)
    assert resumed.messages[0].subscribed.resumed
    assert len(events_before_fence(resumed)) == 1, "the position is past the first write"


# Twenty subscribers: their patterns, and the same in Python.
FILTERS = [
    ((), lambda key: True),
    (("*",), lambda key: True),
    (("a:*",), lambda key: key[0] == "a"),
    (("b:*",), lambda key: key[0] == "b"),
    (("c:*",), lambda key: key[0] == "c"),
    (("d:*",), lambda key: key[0] == "d"),
    (("*:0",), lambda key: key[2:] == "0"),
    (("*:1?",), lambda key: len(key) == 4 and key[2] == "1"),
    (("?:?",), lambda key: len(key) == 3),
    (("[ab]:*",), lambda key: key[0] in "ab"),
    (("[^ab]:*",), lambda key: key[0] not in "ab"),
    (("a:*", "b:1"), lambda key: key[0] == "a" or key == "b:1"),
    (("a:*", "a:?"), lambda key: key[0] == "a"),
    (("[a-c]:[0-4]",), lambda key: key[0] in "abc" and len(key) == 3 and key[2] in "01234"),
    (("a:0",), lambda key: key == "a:0"),
    (("d:19",), lambda key: key == "d:19"),
    (("*9",), lambda key: key[-1] == "9"),
    (("*:*",), lambda key: True),
    ((r"a\:*",), lambda key: key[0] == "a"),
    (("none:*",), lambda key: False),
]


class Writer(threading.Thread):
    """Changes random keys among few, so that writers meet, and notes what was acknowledged."""

    def __init__(self, cache, seed):
        super().__init__(daemon=True)
        self._cache = cache
        self._random = random.Random(seed)
        self.acknowledged = []  # (key, version, kind)
        self.invalidated = Counter()
        self.error = None

    def run(self):
        try:
            for _ in range(200):
                self._change()
        except Exception as error:  # the test reports it
            self.error = error

    def _key(self):
        return f"{self._random.choice('abcd')}:{self._random.randrange(20)}"

    def _change(self):
        key, choice = self._key(), self._random.random()
        if choice < 0.45:
            answer = self._cache.Set(pb.SetRequest(key=key, value=b"v"), timeout=30)
            self.acknowledged.append((key, answer.version, SET))
        elif choice < 0.6:
            answer = self._cache.Delete(pb.DeleteRequest(key=key), timeout=30)
            self.acknowledged.append((key, answer.version, DELETE))
        elif choice < 0.75:
            answer = self._cache.Touch(pb.TouchRequest(key=key), timeout=30)
            if answer.touched:
                self.acknowledged.append((key, answer.version, TOUCH))
        elif choice < 0.9:
            entries = [pb.SetRequest(key=self._key(), value=b"v") for _ in range(5)]
            answer = self._cache.SetMulti(pb.SetMultiRequest(entries=entries), timeout=30)
            for result in answer.results:
                self.acknowledged.append((result.key, result.outcome.version, SET))
        else:
            request = pb.InvalidateRequest(keys=pb.KeyList(keys=[key]))
            answer = self._cache.Invalidate(request, timeout=30)
            self.invalidated[key] += answer.invalidated


def test_twenty_subscribers_get_all_that_eight_writers_were_acknowledged(server, watch):
    watchers = [watch(server.new_client(), *patterns) for patterns, _ in FILTERS]
    writers = [Writer(server.new_client(), seed) for seed in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert not writer.is_alive() and writer.error is None, writer.error
    fence(server.cache)

    acknowledged = {change for writer in writers for change in writer.acknowledged}
    assert len(acknowledged) == sum(len(writer.acknowledged) for writer in writers)
    invalidated = sum((writer.invalidated for writer in writers), Counter())
    reference = events_before_fence(watchers[0])
    assert_invalidations(reference, invalidated)
    for watcher, (patterns, matches) in zip(watchers, FILTERS, strict=True):
        received = events_before_fence(watcher)
        assert_in_order(received)
        told = {(e.key, e.version, e.kind) for e in received if e.kind != INVALIDATE}
        assert told == {change for change in acknowledged if matches(change[0])}, patterns
        gone = [(e.key, e.version) for e in received if e.kind == INVALIDATE]
        expected = [(e.key, e.version) for e in reference if e.kind == INVALIDATE]
        assert sorted(gone) == sorted(each for each in expected if matches(each[0])), patterns


def assert_in_order(received):
    """The versions of each key only grow."""
    last = {}
    for event in received:
        assert event.version > last.get(event.key, 0), event
        last[event.key] = event.version


def assert_invalidations(received, acknowledged):
    """Each entry that Invalidate removed was announced."""
    told = Counter(event.key for event in received if event.kind == INVALIDATE)
    assert sum(acknowledged.values()) > 0
    for key, count in acknowledged.items():
        assert told[key] >= count, key

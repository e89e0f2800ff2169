"""GetMulti, SetMulti, DeleteMulti: many items, each with its own status, in request order."""

import grpc
import pytest

from contract import cache as pb
from expectations import duration, refused

OK = 0
INVALID_ARGUMENT = 3
RESOURCE_EXHAUSTED = 8
TOO_LONG = "k" * 1025
MEGABYTE = 1_000_000


def assert_refused(status, code, field):
    """An item's status names its field and has a stable reason."""
    assert status.code == code, status
    assert field in status.message, status
    assert status.reason and status.reason.upper() == status.reason


def test_get_multi_answers_in_request_order(cache, prefix, fill):
    keys = [f"{prefix}{number}" for number in range(20)]
    outcomes = fill(cache, keys, b"value", content_type="a/b", tags=["t"])
    asked = [keys[7], prefix + "absent", keys[0], keys[7], keys[19]]
    answer = cache.GetMulti(pb.GetMultiRequest(keys=asked, mode=pb.READ_MODE_CACHED_ONLY))
    assert [result.key for result in answer.results] == asked
    assert [result.status.code for result in answer.results] == [OK] * 5
    assert [result.entry.hit for result in answer.results] == [True, False, True, True, True]
    assert answer.results[0].entry == answer.results[3].entry
    first = answer.results[0].entry
    assert first.value == b"value" and first.version == outcomes[7].version
    assert first.content_type == "a/b" and list(first.tags) == ["t"]
    assert first.source == pb.SOURCE_L1


def test_get_multi_reads_the_good_keys_beside_bad_ones(cache, prefix, fill):
    fill(cache, [prefix + "k"])
    asked = [prefix + "k", "", TOO_LONG, "tab\there", prefix + "k"]
    answer = cache.GetMulti(pb.GetMultiRequest(keys=asked))
    assert [result.key for result in answer.results] == asked
    assert [result.entry.hit for result in answer.results] == [True, False, False, False, True]
    for result in answer.results[1:4]:
        assert_refused(result.status, INVALID_ARGUMENT, "key")
        assert not result.HasField("entry")


def test_get_multi_says_which_keys_did_not_fit_into_the_reply(cache, prefix):
    keys = [f"{prefix}{number}" for number in range(8)]
    for key in keys:
        cache.Set(pb.SetRequest(key=key, value=key[-1].encode() * MEGABYTE))
    left, read = list(keys), {}
    for _ in keys:
        answer = cache.GetMulti(pb.GetMultiRequest(keys=left))
        assert [result.key for result in answer.results] == left
        assert answer.ByteSize() <= 4 * 1024 * 1024
        for result in answer.results:
            if result.status.code == OK:
                read[result.key] = result.entry.value
            else:
                assert_refused(result.status, RESOURCE_EXHAUSTED, "")
                assert not result.entry.hit
        missing = [result.key for result in answer.results if result.status.code != OK]
        assert len(missing) < len(left), "each reply holds at least one of them"
        left = missing
        if not left:
            break
    assert read == {key: key[-1].encode() * MEGABYTE for key in keys}
    assert len(left) == 0


def test_the_largest_batch_is_served(cache, prefix, fill):
    keys = [f"{prefix}{number}" for number in range(1000)]
    fill(cache, keys, batch=1000)
    answer = cache.GetMulti(pb.GetMultiRequest(keys=keys))
    assert sum(result.entry.hit for result in answer.results) == 1000
    removed = cache.DeleteMulti(pb.DeleteMultiRequest(keys=keys))
    assert sum(result.outcome.deleted for result in removed.results) == 1000


@pytest.mark.parametrize("count", [3, 4])
def test_the_cap_on_a_batch_is_a_setting(start_server, count):
    server = start_server(max_batch_keys=3)
    keys = [str(number) for number in range(count)]
    calls = [
        lambda: server.cache.GetMulti(pb.GetMultiRequest(keys=keys)),
        lambda: server.cache.SetMulti(
            pb.SetMultiRequest(entries=[pb.SetRequest(key=key) for key in keys])
        ),
        lambda: server.cache.DeleteMulti(pb.DeleteMultiRequest(keys=keys)),
    ]
    for call, field in zip(calls, ["keys", "entries", "keys"], strict=True):
        if count > 3:
            refused(call, grpc.StatusCode.RESOURCE_EXHAUSTED, field)
        else:
            assert len(call().results) == 3


def test_set_multi_writes_each_entry_with_its_fields(cache, prefix):
    entries = [
        pb.SetRequest(key=prefix + "a", value=b"1", ttl=duration(60), metadata={"m": "1"}),
        pb.SetRequest(key=prefix + "b", value=b"2", no_expiry=True, tags=["t"]),
        pb.SetRequest(key=prefix + "a", value=b"3"),
    ]
    answer = cache.SetMulti(pb.SetMultiRequest(entries=entries))
    assert [result.key for result in answer.results] == [entry.key for entry in entries]
    assert all(result.status.code == OK for result in answer.results)
    assert all(result.outcome.stored for result in answer.results)
    assert answer.results[2].outcome.version > answer.results[0].outcome.version
    assert not answer.results[1].outcome.HasField("expires_at")
    assert cache.Get(pb.GetRequest(key=prefix + "a")).value == b"3"
    assert list(cache.Get(pb.GetRequest(key=prefix + "b")).tags) == ["t"]


def test_set_multi_refuses_bad_entries_and_writes_the_others(shared_server, cache, prefix):
    cache.Set(pb.SetRequest(key=prefix + "taken", value=b"old"))
    sets_before = shared_server.stats().totals.sets
    cases = [
        (pb.SetRequest(key=prefix + "good", value=b"1"), OK, ""),
        (pb.SetRequest(key="", value=b"1"), INVALID_ARGUMENT, "key"),
        (pb.SetRequest(key=TOO_LONG), INVALID_ARGUMENT, "key"),
        (pb.SetRequest(key=prefix + "tab\t"), INVALID_ARGUMENT, "key"),
        (pb.SetRequest(key=prefix + "ttl", ttl=duration(-1)), INVALID_ARGUMENT, "ttl"),
        (pb.SetRequest(key=prefix + "if", if_absent=False), INVALID_ARGUMENT, "if_absent"),
        (pb.SetRequest(key=prefix + "tag", tags=[""]), INVALID_ARGUMENT, "tags"),
        (
            pb.SetRequest(key=prefix + "large", value=bytes(1024 * 1024 + 1)),
            RESOURCE_EXHAUSTED,
            "value",
        ),
        (pb.SetRequest(key=prefix + "taken", value=b"new", if_absent=True), OK, ""),
        (pb.SetRequest(key=prefix + "last", value=b"2"), OK, ""),
    ]
    answer = cache.SetMulti(pb.SetMultiRequest(entries=[case[0] for case in cases]))
    for result, (entry, code, field) in zip(answer.results, cases, strict=True):
        assert result.key == entry.key
        if code == OK:
            assert result.status.code == OK and not result.status.message, result
        else:
            assert_refused(result.status, code, field)
            assert not result.HasField("outcome")
    taken = answer.results[-2].outcome
    assert not taken.stored and taken.reason == pb.NOT_STORED_REASON_EXISTS
    assert cache.Get(pb.GetRequest(key=prefix + "taken")).value == b"old"
    assert cache.Get(pb.GetRequest(key=prefix + "good")).value == b"1"
    assert cache.Get(pb.GetRequest(key=prefix + "last")).value == b"2"
    for name in ["ttl", "if", "tag", "large"]:
        assert not cache.Exists(pb.ExistsRequest(key=prefix + name)).exists
    assert shared_server.stats().totals.sets == sets_before + 2


def test_delete_multi_tells_each_outcome(cache, prefix, fill):
    fill(cache, [prefix + "a", prefix + "b"])
    asked = [prefix + "a", "", prefix + "absent", prefix + "a", prefix + "b", TOO_LONG]
    answer = cache.DeleteMulti(pb.DeleteMultiRequest(keys=asked))
    assert [result.key for result in answer.results] == asked
    deleted = [result.outcome.deleted for result in answer.results]
    assert deleted == [True, False, False, False, True, False]
    assert answer.results[0].outcome.version > 0
    assert answer.results[2].status.code == OK and not answer.results[2].outcome.existed
    for index in (1, 5):
        assert_refused(answer.results[index].status, INVALID_ARGUMENT, "key")
    assert not cache.Exists(pb.ExistsRequest(key=prefix + "a")).exists


@pytest.mark.parametrize("method", ["GetMulti", "DeleteMulti"])
def test_a_key_that_is_not_text_spoils_its_batch_alone(shared_server, method):
    path = f"/cachemanager.v1.Cache/{method}"
    call = shared_server.channel.unary_unary(path, None, None)
    body = b"\x0a\x04good" + b"\x0a\x03b\xffd"
    error = refused(
        lambda: call(body, timeout=30), grpc.StatusCode.INVALID_ARGUMENT, "keys"
    )
    assert "UTF-8" in error.details()
    assert shared_server.cache.Get(pb.GetRequest(key="good")).hit is False

"""The RPCs on one key, field by field, as a client in another language sees them."""

import time

import pytest

from contract import cache as pb
from expectations import duration, seconds_of, wait_until

MEBIBYTE = 1024 * 1024
CLOCK_SLACK = 2.0


def get(cache, key, **fields):
    return cache.Get(pb.GetRequest(key=key, **fields), timeout=30)


def store(cache, key, value=b"v", **fields):
    return cache.Set(pb.SetRequest(key=key, value=value, **fields), timeout=30)


def expires_in(answer):
    """Seconds from now to the `expires_at` of an answer, which must have one."""
    assert answer.HasField("expires_at")
    return seconds_of(answer.expires_at) - time.time()


def test_a_miss_is_an_answer_with_nothing_in_it(cache, prefix):
    assert get(cache, prefix + "absent") == pb.GetResponse()


def test_get_returns_everything_that_set_was_given(cache, prefix):
    value = bytes(range(256)) * 3
    metadata = {"shape": "round", "größe": "12 µm", "empty": ""}
    before = time.time()
    written = store(
        cache,
        prefix + "k",
        value,
        ttl=duration(90),
        content_type="application/json; charset=utf-8",
        metadata=metadata,
        tags=["fleet", "vehicle/7", "naïve"],
    )
    assert written.stored and written.version > 0
    assert written.reason == pb.NOT_STORED_REASON_UNSPECIFIED
    assert written.current_version == 0

    entry = get(cache, prefix + "k")
    assert entry.hit
    assert entry.value == value
    assert entry.source == pb.SOURCE_L1
    assert entry.version == written.version
    assert not entry.stale and not entry.not_modified
    assert entry.content_type == "application/json; charset=utf-8"
    assert dict(entry.metadata) == metadata
    assert list(entry.tags) == ["fleet", "vehicle/7", "naïve"]
    assert before - CLOCK_SLACK <= seconds_of(entry.cached_at) <= time.time() + CLOCK_SLACK
    assert entry.expires_at == written.expires_at
    assert 90 - 30 - CLOCK_SLACK <= expires_in(entry) <= 90 + CLOCK_SLACK


@pytest.mark.parametrize("value", [b"", b"\0", b"\0\xff" * 7, b"x" * MEBIBYTE], ids=len)
def test_a_value_of_any_bytes_and_size_up_to_the_limit_comes_back(cache, prefix, value):
    assert store(cache, prefix + "k", value).stored
    entry = get(cache, prefix + "k")
    assert entry.hit and entry.value == value


@pytest.mark.parametrize(
    "key",
    ["k", "a" * 1024, "é" * 512, "user:123", " spaced out ", "日本語", "🚗:1", "%41", "*[?]\\"],
    ids=lambda key: key[:8],
)
def test_any_key_the_contract_allows_names_its_own_entry(cache, key):
    store(cache, key, key.encode())
    assert get(cache, key).value == key.encode()
    assert cache.Delete(pb.DeleteRequest(key=key)).deleted


def test_a_write_replaces_all_of_the_entry(cache, prefix):
    first = store(
        cache, prefix + "k", b"1", content_type="text/plain", metadata={"a": "1"}, tags=["t"]
    )
    second = store(cache, prefix + "k", b"2", no_expiry=True)
    entry = get(cache, prefix + "k")
    assert entry.version == second.version > first.version
    assert entry.value == b"2"
    assert entry.content_type == "" and not entry.metadata and not entry.tags
    assert not entry.HasField("expires_at")


def test_without_a_ttl_the_namespace_decides(start_server):
    config = "namespaces:\n  session: { ttl: 10m }\n"
    server = start_server(config, default_ttl="2m")
    assert 60 < expires_in(store(server.cache, "other:1")) <= 120 + CLOCK_SLACK
    assert 500 < expires_in(store(server.cache, "session:1")) <= 600 + CLOCK_SLACK
    assert 60 < expires_in(store(server.cache, "sessions:1")) <= 120 + CLOCK_SLACK
    assert 60 < expires_in(store(server.cache, "session")) <= 120 + CLOCK_SLACK
    touched = server.cache.Touch(pb.TouchRequest(key="session:1"))
    assert 500 < expires_in(touched) <= 600 + CLOCK_SLACK


def test_no_expiry_means_no_time_anywhere(cache, prefix):
    assert not store(cache, prefix + "k", no_expiry=True).HasField("expires_at")
    assert not get(cache, prefix + "k").HasField("expires_at")
    exists = cache.Exists(pb.ExistsRequest(key=prefix + "k"))
    assert exists.exists and not exists.HasField("expires_at")


def test_the_longest_ttl_is_ten_years(cache, prefix):
    ten_years = 10 * 365 * 24 * 3600
    assert expires_in(store(cache, prefix + "k", ttl=duration(ten_years))) > ten_years - 60


def test_an_entry_is_gone_when_its_time_is_up(cache, prefix):
    store(cache, prefix + "k", ttl=duration(0.2))
    wait_until(lambda: not get(cache, prefix + "k").hit, "the entry is a miss")
    assert not cache.Exists(pb.ExistsRequest(key=prefix + "k")).exists
    assert store(cache, prefix + "k", if_absent=True).stored


@pytest.mark.parametrize("mode", pb.ReadMode.values())
def test_an_instance_that_runs_alone_answers_every_mode_from_memory(cache, prefix, mode):
    store(cache, prefix + "k", b"v")
    entry = get(cache, prefix + "k", mode=mode)
    assert entry.hit and entry.value == b"v" and entry.source == pb.SOURCE_L1


def test_if_version_not_spares_the_value_the_caller_holds(cache, prefix):
    first = store(cache, prefix + "k", b"1", content_type="text/plain", ttl=duration(60))
    same = get(cache, prefix + "k", if_version_not=first.version)
    assert same.hit and same.not_modified and same.value == b""
    assert same.version == first.version

    second = store(cache, prefix + "k", b"2")
    changed = get(cache, prefix + "k", if_version_not=first.version)
    assert changed.hit and not changed.not_modified and changed.value == b"2"
    assert changed.version == second.version
    assert not get(cache, prefix + "absent", if_version_not=first.version).hit


def test_if_absent_writes_only_a_new_key(cache, prefix):
    first = store(cache, prefix + "k", b"1", if_absent=True)
    assert first.stored
    refused = store(cache, prefix + "k", b"2", if_absent=True)
    assert not refused.stored and refused.version == 0
    assert refused.reason == pb.NOT_STORED_REASON_EXISTS
    assert refused.current_version == first.version
    assert not refused.HasField("expires_at")
    assert get(cache, prefix + "k").value == b"1"


def test_if_present_writes_only_an_existing_key(cache, prefix):
    refused = store(cache, prefix + "k", b"1", if_present=True)
    assert not refused.stored and refused.reason == pb.NOT_STORED_REASON_ABSENT
    assert refused.current_version == 0
    assert not get(cache, prefix + "k").hit
    store(cache, prefix + "k", b"1")
    assert store(cache, prefix + "k", b"2", if_present=True).stored
    assert get(cache, prefix + "k").value == b"2"


def test_if_version_writes_only_over_that_version(cache, prefix):
    absent = store(cache, prefix + "k", b"0", if_version=1)
    assert not absent.stored and absent.reason == pb.NOT_STORED_REASON_ABSENT
    first = store(cache, prefix + "k", b"1")
    second = store(cache, prefix + "k", b"2", if_version=first.version)
    assert second.stored and second.version > first.version
    stale = store(cache, prefix + "k", b"3", if_version=first.version)
    assert not stale.stored and stale.reason == pb.NOT_STORED_REASON_VERSION_MISMATCH
    assert stale.current_version == second.version
    assert get(cache, prefix + "k").value == b"2"


def test_delete_says_whether_there_was_something(cache, prefix):
    written = store(cache, prefix + "k")
    answer = cache.Delete(pb.DeleteRequest(key=prefix + "k"))
    assert answer.existed and answer.deleted and answer.current_version == 0
    assert answer.version > written.version
    assert not get(cache, prefix + "k").hit
    again = cache.Delete(pb.DeleteRequest(key=prefix + "k"))
    assert not again.existed and not again.deleted
    assert again.version > answer.version, "others may hold what was evicted here"
    unmet = pb.DeleteRequest(key=prefix + "k", if_version=written.version)
    assert cache.Delete(unmet) == pb.DeleteResponse()


def test_delete_if_version_spares_another_version(cache, prefix):
    first = store(cache, prefix + "k", b"1")
    second = store(cache, prefix + "k", b"2")
    spared = cache.Delete(pb.DeleteRequest(key=prefix + "k", if_version=first.version))
    assert spared.existed and not spared.deleted and spared.version == 0
    assert spared.current_version == second.version
    assert get(cache, prefix + "k").value == b"2"
    removed = cache.Delete(pb.DeleteRequest(key=prefix + "k", if_version=second.version))
    assert removed.deleted and removed.version > second.version


def test_versions_grow_across_a_removal(cache, prefix):
    versions = []
    for _ in range(5):
        versions.append(store(cache, prefix + "k").version)
        versions.append(cache.Touch(pb.TouchRequest(key=prefix + "k")).version)
        versions.append(cache.Delete(pb.DeleteRequest(key=prefix + "k")).version)
    assert versions == sorted(set(versions))


def test_exists_tells_the_version_and_the_expiry(cache, prefix):
    assert cache.Exists(pb.ExistsRequest(key=prefix + "k")) == pb.ExistsResponse()
    written = store(cache, prefix + "k", ttl=duration(100))
    answer = cache.Exists(pb.ExistsRequest(key=prefix + "k"))
    assert answer.exists and answer.version == written.version
    assert answer.expires_at == written.expires_at


def test_touch_gives_a_new_time_and_leaves_the_value(cache, prefix):
    assert cache.Touch(pb.TouchRequest(key=prefix + "k")) == pb.TouchResponse()
    written = store(
        cache, prefix + "k", b"v", ttl=duration(50), content_type="a/b", metadata={"a": "1"},
        tags=["t"],
    )  # fmt: skip
    answer = cache.Touch(pb.TouchRequest(key=prefix + "k", ttl=duration(500)))
    assert answer.touched and answer.version > written.version
    assert 400 < expires_in(answer) <= 500 + CLOCK_SLACK
    entry = get(cache, prefix + "k")
    assert entry.value == b"v" and entry.content_type == "a/b"
    assert dict(entry.metadata) == {"a": "1"} and list(entry.tags) == ["t"]
    assert entry.version == answer.version and entry.expires_at == answer.expires_at


def test_touch_can_take_the_expiry_away(cache, prefix):
    store(cache, prefix + "k", ttl=duration(50))
    answer = cache.Touch(pb.TouchRequest(key=prefix + "k", no_expiry=True))
    assert answer.touched and not answer.HasField("expires_at")
    assert not get(cache, prefix + "k").HasField("expires_at")


def test_touch_keeps_an_entry_that_would_have_expired(cache, prefix):
    store(cache, prefix + "witness", ttl=duration(0.4))
    store(cache, prefix + "k", ttl=duration(0.4))
    cache.Touch(pb.TouchRequest(key=prefix + "k", ttl=duration(60)))
    wait_until(lambda: not get(cache, prefix + "witness").hit, "the witness expired")
    assert get(cache, prefix + "k").hit


def test_a_writer_may_name_itself(cache, prefix):
    named = [("x-cache-origin-id", "billing-7")]
    assert cache.Set(pb.SetRequest(key=prefix + "k"), metadata=named).stored
    assert cache.Delete(pb.DeleteRequest(key=prefix + "k"), metadata=named).deleted


def test_unknown_metadata_is_none_of_our_business(cache, prefix):
    extra = [("x-request-id", "1"), ("x-blob-bin", b"\0\1\2"), ("authorization", "Bearer x")]
    assert cache.Set(pb.SetRequest(key=prefix + "k"), metadata=extra).stored


def test_unknown_fields_of_a_newer_client_are_ignored(cache, prefix):
    newer = pb.SetRequest(key=prefix + "k", value=b"v").SerializeToString()
    newer += b"\xf8\x3f\x01" + b"\xfa\x3f\x03abc"  # field 1023: a number, and bytes
    assert cache.Set(pb.SetRequest.FromString(newer)).stored
    assert get(cache, prefix + "k").value == b"v"

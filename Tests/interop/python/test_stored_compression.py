"""Values above `compression_threshold`: compressed in memory and on Redis, plain for every reader."""

import random

import pytest

from contract import cache as pb
from expectations import wait_until
from redis_process import RedisServer
from test_lifecycle import reload
from test_redis import get, put, usable

HEADER = 56  # bytes of an envelope before what was stored; then a block's size, then the block
LARGE = b"all work and no play makes a dull value. " * 2_500  # 100 KB and a little
NOISE = random.Random(7).randbytes(100_000)


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path / "redis") as server:
        yield server


def instance(start_server, redis, config=None, **settings):
    server = start_server(config, redis_url=redis.url, **settings)
    usable(server)
    return server


def name_of(redis, key):
    """The name that Redis has for the entry."""
    names = redis.cli("keys", f"*:e:{key}").splitlines()
    assert len(names) == 1, names
    return names[0]


def stored_bytes(redis, key):
    return int(redis.cli("strlen", name_of(redis, key)))


def spoil(redis, key, offset, *numbers):
    """Overwrites bytes of the stored entry, at an offset behind its header."""
    text = ",".join(str(number) for number in numbers)
    script = f"return redis.call('SETRANGE', KEYS[1], {HEADER + offset}, string.char({text}))"
    redis.cli("eval", script, 1, name_of(redis, key))


def read(server, *keys, **fields):
    request = pb.GetMultiRequest(keys=keys, **fields)
    return [item.entry.value for item in server.cache.GetMulti(request).results]


def test_memory_and_redis_hold_less_and_everybody_reads_the_same(start_server, redis):
    first, second = (instance(start_server, redis) for _ in range(2))
    version = put(
        first, "k", LARGE, content_type="text/plain", tags=["t"], metadata={"a": "b"}
    ).version
    put(first, "noise", NOISE)
    assert stored_bytes(redis, "k") < len(LARGE) / 20
    assert stored_bytes(redis, "noise") > len(NOISE)
    for server, mode in [(first, 0), (second, 0), (second, 0), (second, pb.READ_MODE_SKIP_L1)]:
        answer = get(server, "k", mode=mode)
        assert (answer.value, answer.version) == (LARGE, version)
        assert (answer.content_type, list(answer.tags)) == ("text/plain", ["t"])
        assert answer.metadata == {"a": "b"}
        assert get(server, "noise", mode=mode).value == NOISE
        assert read(server, "k", "noise", "none", mode=mode) == [LARGE, NOISE, b""]
    assert get(second, "k", if_version_not=version).not_modified
    for server in (first, second):
        for key in ("k", "noise"):
            wait_until(lambda: get(server, key).source == pb.SOURCE_L1, "memory has it")
        assert get(server, "k").value == LARGE
        totals = server.stats().totals
        assert totals.l1_size == 2 and totals.l1_bytes < len(NOISE) + len(LARGE) / 4
    counted = first.stats().compression
    assert (counted.compressed, counted.left_plain) == (1, 1)
    assert counted.bytes_before == len(LARGE) > 20 * counted.bytes_after > 0
    assert second.stats().compression.compressed == 0


def test_a_new_instance_reads_what_an_old_one_compressed(start_server, redis):
    old = instance(start_server, redis)
    version = put(old, "k", LARGE).version
    old.stop()
    new = instance(start_server, redis, compression_threshold="0")
    assert (get(new, "k").value, get(new, "k").version) == (LARGE, version)
    assert put(new, "k", LARGE[::-1], if_version=version).stored
    assert stored_bytes(redis, "k") > len(LARGE)
    assert get(new, "k", mode=pb.READ_MODE_SKIP_L1).value == LARGE[::-1]


def test_the_threshold_counts_in_bytes_and_is_each_namespaces_own(start_server, redis):
    config = (
        "compression_threshold: 2KiB\n"
        "namespaces:\n"
        "  off: { compression_threshold: 0 }\n"
        "  low: { compression_threshold: 100 }\n"
    )
    server = instance(start_server, redis, config)
    cases = [
        ("k", 2_048, False), ("k", 2_049, True), ("other:k", 2_049, True), ("low:k", 100, False),
        ("low:k", 101, True), ("off:k", 90_000, False),
    ]
    for key, size, compressed in cases:
        put(server, key, b"z" * size)
        assert (stored_bytes(redis, key) < size) == compressed, (key, size)
        assert get(server, key).value == b"z" * size
        assert get(server, key, mode=pb.READ_MODE_SKIP_L1).value == b"z" * size


def test_a_batch_of_sets_and_writes_that_wait_are_compressed_too(start_server, redis):
    server = instance(start_server, redis, "namespaces: { later: { l2_writes: async } }\n")
    keys = ["a", "later:b"]
    entries = [pb.SetRequest(key=key, value=LARGE) for key in keys]
    results = server.cache.SetMulti(pb.SetMultiRequest(entries=entries)).results
    assert all(result.outcome.stored for result in results)
    assert read(server, *keys) == [LARGE, LARGE]
    wait_until(lambda: server.stats().shared.write_behind.entries == 0, "all is sent")
    for key in keys:
        assert stored_bytes(redis, key) < len(LARGE) / 20


def test_without_redis_memory_holds_less_and_a_batch_is_bounded_by_what_is_read(start_server):
    server = start_server("max_message_bytes: 1MiB\nmax_value_bytes: 256KiB\n")
    keys = [f"k{number}" for number in range(20)]
    for key in keys:
        put(server, key, LARGE)
    assert server.stats().totals.l1_bytes < len(LARGE)
    results = server.cache.GetMulti(pb.GetMultiRequest(keys=keys)).results
    full = [item for item in results if item.status.reason == "REPLY_FULL"]
    assert all(item.entry.value == LARGE for item in results if item not in full)
    assert len(keys) - len(full) == (1 << 20) // len(LARGE)


def test_a_namespaces_threshold_changes_with_a_reload(start_server):
    server = start_server("namespaces: { n: { compression_threshold: 0 } }\n")
    put(server, "n:k", LARGE)
    assert server.stats().compression.compressed == 0
    reload(server, "namespaces: { n: { compression_threshold: 2KiB } }\n")

    def compresses():
        put(server, "n:k", LARGE)
        return server.stats().compression.compressed > 0

    wait_until(compresses, "the new threshold is in force")
    assert get(server, "n:k").value == LARGE


def test_a_threshold_that_is_no_size_stops_the_start(start_server):
    for config, variables in [
        ("compression_threshold: much\n", None),
        ("namespaces: { n: { compression_threshold: -1 } }\n", None),
        (None, {"COMPRESSION_THRESHOLD": "2GiB"}),
    ]:
        with pytest.raises(AssertionError) as refused:
            start_server(config, variables)
        assert "compression_threshold" in str(refused.value)


SPOILED = {
    "it says it is shorter": (0, 1, 0, 0, 0),
    "it says it is a little longer": (0, 0xFF),
    "it says it is empty": (0, 0, 0, 0, 0),
    "it says it is larger than values may be": (0, 0, 0, 0x20, 0),
    "it says it has 4 GiB": (0, 0xFF, 0xFF, 0xFF, 0xFF),
    "its block begins with garbage": (4, 0xFF, 0xFF, 0xFF, 0xFF),
    "its block looks back before its beginning": (4, 0x10, 0x61, 0xFF, 0xFF),
    "its block is zeros": (4, *[0] * 64),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_block_is_a_counted_miss(start_server, redis, name):
    writer = instance(start_server, redis)
    put(writer, "k", LARGE)
    put(writer, "other", LARGE)
    spoil(redis, "k", *SPOILED[name])
    reader = instance(start_server, redis)
    assert not get(reader, "k").hit
    assert not get(reader, "k", mode=pb.READ_MODE_SKIP_L1).hit
    assert read(reader, "k", "other") == [b"", LARGE]
    stats = reader.stats()
    assert stats.shared.foreign_entries == 3
    assert (stats.totals.misses, stats.totals.l2_misses) == (3, 3)
    assert (stats.totals.hits, stats.totals.l2_hits) == (1, 1)
    assert put(reader, "k", LARGE).stored
    assert get(reader, "k", mode=pb.READ_MODE_SKIP_L1).value == LARGE


def test_a_method_that_is_not_known_is_a_counted_miss(start_server, redis):
    server = instance(start_server, redis, "namespaces: { n: { l1: false } }\n")
    put(server, "n:k", LARGE)
    spoil(redis, "n:k", 3 - HEADER, 2)
    assert not get(server, "n:k").hit
    assert server.stats().shared.foreign_entries == 1

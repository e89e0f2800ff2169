"""The server on real Redis: every call in each topology, and what two instances see of each other."""

import contextlib

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from contract import SERVICE, events
from contract import cache as pb
from expectations import duration, seconds_of, wait_until
from server_process import ServerProcess

SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture(scope="module")
def instances(redis_topology, tmp_path_factory):
    """Two instances on the same Redis."""
    with contextlib.ExitStack() as servers:
        started = []
        for _ in range(2):
            folder = tmp_path_factory.mktemp(f"{redis_topology.topology}-instance")
            started.append(ServerProcess(folder, redis_url=redis_topology.url))
            servers.callback(started[-1].stop)
            usable(started[-1])
        yield started


def health(server):
    """Every name that health knows, with its status."""
    stub = health_pb2_grpc.HealthStub(server.channel)
    statuses = stub.List(health_pb2.HealthListRequest(), timeout=30).statuses
    return {name: status.status for name, status in statuses.items()}


def usable(server):
    """Waits until the server says that it serves."""
    wait_until(lambda: health(server)[SERVICE] == SERVING, "the cache serves")


def put(server, key, value, **fields):
    answer = server.cache.Set(pb.SetRequest(key=key, value=value, **fields))
    assert answer.stored
    return answer


def get(server, key, **fields):
    return server.cache.Get(pb.GetRequest(key=key, **fields))


def sees(server, key, value):
    """Waits until the server answers this value (None: a miss)."""

    def does():
        answer = get(server, key)
        return not answer.hit if value is None else answer.hit and answer.value == value

    wait_until(does, f"{key} is {value}")


MODES = {
    "single": "redis", "shards": "redis shards (3)", "cluster": "redis cluster",
    "sentinel": "redis sentinel",
}


def test_mode_banner_and_health_name_the_redis(instances, redis_topology):
    first = instances[0]
    mode = MODES[redis_topology.topology]
    assert first.stats().instance.mode == mode
    assert any(line.startswith(f"mode: {mode}, shared by all instances") for line in first.output())
    redis = next(line for line in first.output() if line.startswith("redis: "))
    assert redis.endswith("connected"), redis
    names = health(first)
    assert names[""] == names["l1"] == names["l2"] == names[SERVICE] == SERVING
    shards = {name for name in names if name.startswith("l2/default/")}
    count = {"single": 1, "shards": 3, "cluster": 3, "sentinel": 1}[redis_topology.topology]
    assert len(shards) == count
    if redis_topology.topology == "shards":
        assert shards == {"l2/default/a", "l2/default/b", "l2/default/c"}


def test_an_entry_is_whole_on_every_instance(instances, prefix):
    first, second = instances
    key = prefix + "entry"
    stored = put(
        first, key, b"\0\xffvalue", ttl=duration(60), content_type="text/x",
        metadata={"a": "b"}, tags=["t1", "t2"],
    )
    assert stored.version > 0
    answer = get(second, key)
    assert (answer.hit, answer.value, answer.source) == (True, b"\0\xffvalue", pb.SOURCE_L2)
    assert answer.version == stored.version
    assert abs(seconds_of(answer.expires_at) - seconds_of(stored.expires_at)) < 0.001
    assert answer.content_type == "text/x"
    assert dict(answer.metadata) == {"a": "b"} and list(answer.tags) == ["t1", "t2"]
    # Memory holds nothing before the second instance hears all changes.
    wait_until(
        lambda: get(second, key).source == pb.SOURCE_L1, "the second instance has it in memory")
    assert get(second, key, mode=pb.READ_MODE_SKIP_L1).source == pb.SOURCE_L2
    assert get(first, key, if_version_not=stored.version).not_modified
    assert not get(first, prefix + "absent").hit


def test_conditions_hold_across_instances(instances, prefix):
    first, second = instances
    key = prefix + "condition"
    version = put(first, key, b"1", if_absent=True).version
    refused = second.cache.Set(pb.SetRequest(key=key, value=b"2", if_absent=True))
    assert (refused.stored, refused.reason) == (False, pb.NOT_STORED_REASON_EXISTS)
    assert refused.current_version == version
    newer = put(second, key, b"2", if_version=version).version
    late = first.cache.Set(pb.SetRequest(key=key, value=b"3", if_version=version))
    assert late.reason == pb.NOT_STORED_REASON_VERSION_MISMATCH
    assert late.current_version == newer
    kept = first.cache.Delete(pb.DeleteRequest(key=key, if_version=version))
    assert kept.existed and not kept.deleted
    assert second.cache.Delete(pb.DeleteRequest(key=key, if_version=newer)).deleted
    absent = first.cache.Set(pb.SetRequest(key=key, value=b"4", if_present=True))
    assert absent.reason == pb.NOT_STORED_REASON_ABSENT


def test_exists_touch_and_delete(instances, prefix):
    first, second = instances
    key = prefix + "life"
    put(first, key, b"v", ttl=duration(60))
    there = second.cache.Exists(pb.ExistsRequest(key=key))
    assert there.exists and there.version > 0
    touched = second.cache.Touch(pb.TouchRequest(key=key, ttl=duration(600)))
    assert touched.touched and touched.expires_at.seconds > there.expires_at.seconds
    wait_until(
        lambda: get(first, key).expires_at.seconds == touched.expires_at.seconds,
        "the first instance hears of it",
    )
    assert second.cache.Touch(pb.TouchRequest(key=key, no_expiry=True)).touched
    assert first.cache.Delete(pb.DeleteRequest(key=key)).deleted
    assert not first.cache.Exists(pb.ExistsRequest(key=key)).exists
    assert not second.cache.Touch(pb.TouchRequest(key=key, ttl=duration(1))).touched
    sees(second, key, None)


def test_a_change_reaches_the_memory_of_the_other_instance(instances, prefix):
    first, second = instances
    key = prefix + "change"
    put(first, key, b"1")
    assert get(second, key).value == b"1"
    put(first, key, b"2")
    sees(second, key, b"2")
    first.cache.Delete(pb.DeleteRequest(key=key))
    sees(second, key, None)


def test_batches(instances, prefix):
    first, second = instances
    keys = [f"{prefix}batch:{number}" for number in range(50)]
    entries = [pb.SetRequest(key=key, value=key.encode()) for key in keys]
    stored = first.cache.SetMulti(pb.SetMultiRequest(entries=entries)).results
    assert [result.key for result in stored] == keys
    assert all(result.outcome.stored for result in stored)
    answer = second.cache.GetMulti(pb.GetMultiRequest(keys=[*keys, prefix + "absent"])).results
    assert [result.entry.value for result in answer[:-1]] == [key.encode() for key in keys]
    assert not answer[-1].entry.hit
    removed = second.cache.DeleteMulti(pb.DeleteMultiRequest(keys=keys)).results
    assert all(result.outcome.deleted for result in removed)
    sees(first, keys[0], None)


def all_keys(server, pattern, page_size):
    keys, token = [], ""
    while True:
        request = pb.KeysRequest(pattern=pattern, page_size=page_size, page_token=token)
        answer = server.cache.Keys(request)
        keys += answer.keys
        token = answer.next_page_token
        if not token:
            return keys


def test_keys_come_in_pages_from_all_shards(instances, prefix, fill):
    first, second = instances
    keys = [f"{prefix}page:{number}" for number in range(120)]
    fill(first.cache, keys)
    listed = all_keys(second, prefix + "page:*", 7)
    assert sorted(listed) == sorted(keys)


def test_invalidations_of_every_kind_reach_the_other_instance(instances, prefix, fill):
    first, second = instances

    def invalidate(server, **selector):
        answer = server.cache.Invalidate(pb.InvalidateRequest(reason="test", **selector))
        assert answer.success and answer.revision_token
        return answer.invalidated

    keys = [f"{prefix}gone:{number}" for number in range(40)]
    for selector, count in (
        ({"keys": pb.KeyList(keys=keys[:3])}, 3), ({"pattern": prefix + "gone:*"}, 40),
        ({"tag": "mine"}, 40),
    ):
        fill(first.cache, keys, tags=["mine"])
        for key in keys:
            assert get(second, key).hit
        assert invalidate(first, **selector) == count
        sees(second, keys[0], None)
        assert not get(first, keys[0]).hit
    fill(first.cache, keys)
    assert invalidate(second, everything=True) >= 40
    sees(first, keys[0], None)
    assert all_keys(first, prefix + "*", 100) == []


def test_a_watcher_of_one_instance_hears_of_changes_at_the_other(instances, prefix, watch):
    first, second = instances
    watcher = watch(second, prefix + "*")
    key = prefix + "watched"
    version = put(first, key, b"1").version
    first.cache.Delete(pb.DeleteRequest(key=key))
    first.cache.Invalidate(pb.InvalidateRequest(pattern=prefix + "*"))
    seen = watcher.wait_for_events(3)
    kinds = [event.kind for event in seen]
    assert kinds[:2] == [events.EVENT_KIND_SET, events.EVENT_KIND_DELETE]
    assert seen[0].key == key and seen[0].version == version


def test_entries_survive_a_restart_of_the_server(redis_topology, start_server, prefix):
    server = start_server(redis_url=redis_topology.url)
    usable(server)
    put(server, prefix + "kept", b"v")
    server.stop()
    again = start_server(redis_url=redis_topology.url)
    usable(again)
    answer = get(again, prefix + "kept")
    assert answer.hit and answer.value == b"v" and answer.source == pb.SOURCE_L2


def test_stats_tell_of_both_levels_and_of_every_shard(instances, redis_topology, prefix):
    first = instances[0]
    put(first, prefix + "stats", b"v")
    before = first.stats().totals
    get(first, prefix + "stats", mode=pb.READ_MODE_SKIP_L1)
    get(first, prefix + "stats-absent")
    stats = first.stats()
    assert stats.totals.l2_hits == before.l2_hits + 1
    assert stats.totals.l2_misses == before.l2_misses + 1
    assert stats.totals.l2_errors == before.l2_errors
    assert {shard.state for shard in stats.shards} == {"up"}
    assert {shard.breaker for shard in stats.shards} == {"closed"}
    assert sum(shard.partitions for shard in stats.shards) == 256
    assert all(shard.redis.version for shard in stats.shards)
    if redis_topology.topology == "cluster":
        cluster = stats.shared.clusters[0]
        assert (cluster.state, cluster.slots_ok) == ("ok", 16_384)
        assert cluster.healthy_nodes == cluster.known_nodes == 6

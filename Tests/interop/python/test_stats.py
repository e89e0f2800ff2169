"""Stats: every counter moves by exactly what clients did."""

import os
import time

import grpc
import pytest

from contract import cache as pb
from expectations import duration, refused, seconds_of, wait_until

RPCS = ["Get", "Set", "Delete", "Exists", "Touch", "GetMulti", "SetMulti", "DeleteMulti", "Keys"]


def drive(cache):
    """A little of everything: 3 hits, 2 misses, 4 sets, 1 delete, 1 invalidation."""
    for number in range(3):
        cache.Set(pb.SetRequest(key=f"user:{number}", value=b"v" * 100))
    cache.Set(pb.SetRequest(key="other", value=b"v", if_absent=True))
    cache.Set(pb.SetRequest(key="other", value=b"v", if_absent=True))
    cache.Get(pb.GetRequest(key="user:0"))
    cache.Get(pb.GetRequest(key="absent"))
    cache.GetMulti(pb.GetMultiRequest(keys=["user:1", "user:2", "absent"]))
    cache.Exists(pb.ExistsRequest(key="user:0"))
    cache.Exists(pb.ExistsRequest(key="absent"))
    cache.Touch(pb.TouchRequest(key="user:0"))
    cache.Delete(pb.DeleteRequest(key="user:0"))
    cache.Delete(pb.DeleteRequest(key="user:0"))
    cache.Invalidate(pb.InvalidateRequest(keys=pb.KeyList(keys=["user:1", "absent"])))


def test_counters_say_what_happened(server):
    drive(server.cache)
    totals = server.stats().totals
    assert (totals.hits, totals.misses) == (3, 2)
    assert totals.hit_rate == pytest.approx(3 / 5)
    assert (totals.sets, totals.deletes, totals.invalidations) == (4, 1, 1)
    assert (totals.evictions, totals.expirations, totals.rejected_for_room) == (0, 0, 0)
    assert totals.l1_size == 2
    assert 100 < totals.l1_bytes < 4096 < totals.l1_max_bytes
    assert (totals.l2_hits, totals.l2_misses, totals.l2_errors) == (0, 0, 0)


def test_a_fresh_instance_has_counted_nothing(server):
    totals = server.stats().totals
    assert (totals.hits, totals.misses, totals.hit_rate, totals.l1_size) == (0, 0, 0, 0)
    assert totals.l1_bytes == 0


def test_namespaces_are_counted_apart_and_add_up(start_server):
    server = start_server("namespaces:\n  user: { ttl: 10m }\n  idle: { ttl: 1m }\n")
    drive(server.cache)
    answer = server.stats()
    spaces = {each.namespace: each.counters for each in answer.namespaces}
    assert set(spaces) == {"user", "idle", "default"}
    user, default = spaces["user"], spaces["default"]
    assert (user.hits, user.misses, user.sets, user.l1_size) == (3, 0, 3, 1)
    assert (user.deletes, user.invalidations) == (1, 1)
    assert (default.hits, default.misses, default.sets, default.l1_size) == (0, 2, 1, 1)
    for name in ["hits", "misses", "sets", "deletes", "invalidations", "l1_size", "l1_bytes"]:
        total = sum(getattr(counters, name) for counters in spaces.values())
        assert getattr(answer.totals, name) == total, name
    assert user.hit_rate == 1 and spaces["idle"].hit_rate == 0


def test_one_namespace_can_be_asked_for(start_server):
    server = start_server("namespaces:\n  user: { ttl: 10m }\n")
    drive(server.cache)
    answer = server.stats(namespace="user")
    assert [each.namespace for each in answer.namespaces] == ["user"]
    assert answer.totals.sets == 3, "the totals are the sum over what is listed"


def test_an_unknown_namespace_is_not_found(server):
    code = grpc.StatusCode.NOT_FOUND
    refused(lambda: server.stats(namespace="no-such-namespace"), code, "namespace")


def test_operations_are_timed(server):
    drive(server.cache)
    server.cache.SetMulti(pb.SetMultiRequest(entries=[pb.SetRequest(key="a")]))
    server.cache.DeleteMulti(pb.DeleteMultiRequest(keys=["a"]))
    server.cache.Keys(pb.KeysRequest())
    latencies = {each.operation: each for each in server.stats().latencies}
    assert set(RPCS) <= set(latencies)
    assert latencies["Get"].count == 1, "of each operation the first call and one in eight"
    for name in RPCS:
        each = latencies[name]
        quantiles = [each.p50, each.p90, each.p99, each.p999, each.max]
        spans = [seconds_of(quantile) for quantile in quantiles]
        assert each.count > 0 and spans == sorted(spans), name
        assert 0 < spans[-1] < 30, name


def test_expirations_are_counted_once(start_server, fill):
    server = start_server(cleanup_interval="1s")
    fill(server.cache, [f"k{number}" for number in range(50)], ttl=duration(0.1))
    fill(server.cache, ["stays"])

    def counted():
        totals = server.stats().totals
        return totals.expirations == 50 and totals.l1_size == 1

    wait_until(counted, "50 expirations with nobody reading the keys")
    server.cache.Get(pb.GetRequest(key="k1"))
    assert server.stats().totals.expirations == 50


def test_the_entry_budget_evicts_the_least_recently_used(start_server, fill):
    config = "namespaces:\n  recent: { eviction: lru, max_bytes: 1MiB, max_entries: 100 }\n"
    server = start_server(config)
    fill(server.cache, [f"recent:{number}" for number in range(1000)], batch=50)
    totals = server.stats().totals
    assert totals.l1_size <= 100
    assert totals.evictions == 1000 - totals.l1_size
    assert server.cache.Get(pb.GetRequest(key="recent:999")).hit
    assert not server.cache.Get(pb.GetRequest(key="recent:0")).hit


def test_evictions_are_told_by_policy_and_reason(start_server, fill):
    config = "namespaces:\n  recent: { eviction: lru, max_bytes: 1MiB, max_entries: 10 }\n"
    server = start_server(config, l1_max_entries=100)
    fill(server.cache, [f"recent:{number}" for number in range(30)])
    fill(server.cache, [f"any{number}" for number in range(300)], batch=50)
    stats = server.stats()
    told = {(one.policy, one.reason): one.count for one in stats.evictions}
    assert told[("lru", "order")] == 20
    assert {policy for policy, _ in told} == {"lru", "tinylfu"}
    assert sum(told.values()) == stats.totals.evictions == 20 + 200
    by_name = {one.namespace: one for one in stats.namespaces}
    assert [(name, one.policy) for name, one in by_name.items()] == [
        ("default", "tinylfu"), ("recent", "lru"),
    ]  # fmt: skip
    recent = by_name["recent"].evictions
    assert [(one.policy, one.reason, one.count) for one in recent] == [("", "order", 20)]


def test_the_entry_budget_keeps_what_is_used(start_server, fill):
    server = start_server(l1_max_entries=100)
    used = [f"used{number}" for number in range(20)]
    fill(server.cache, used)
    for start in range(0, 1000, 50):
        fill(server.cache, [f"once{number}" for number in range(start, start + 50)], batch=50)
        for key in used:
            server.cache.Get(pb.GetRequest(key=key))
    totals = server.stats().totals
    assert totals.l1_size <= 100
    assert totals.evictions == 1020 - totals.l1_size
    assert sum(server.cache.Get(pb.GetRequest(key=key)).hit for key in used) >= 15


def test_the_byte_budget_is_never_exceeded(start_server):
    budget = 1024 * 1024
    server = start_server(l1_max_bytes=budget, max_value_bytes=64 * 1024)
    for number in range(200):
        entry = pb.SetRequest(key=f"k{number}", value=os.urandom(20_000))
        assert server.cache.Set(entry).stored
        assert server.stats().totals.l1_bytes <= budget
    totals = server.stats().totals
    assert totals.l1_max_bytes == budget
    assert totals.evictions == 200 - totals.l1_size > 0
    assert totals.l1_bytes >= totals.l1_size * 20_000 > budget / 3


def test_a_namespace_that_never_evicts_refuses_what_does_not_fit(start_server):
    config = "namespaces:\n  pinned: { ttl: 10m, eviction: none, max_bytes: 1MiB, max_entries: 10 }\n"
    server = start_server(config)
    outcomes = [
        server.cache.Set(pb.SetRequest(key=f"pinned:{number}", value=b"v"))
        for number in range(15)
    ]
    assert [outcome.stored for outcome in outcomes] == [True] * 10 + [False] * 5
    assert {outcome.reason for outcome in outcomes[10:]} == {pb.NOT_STORED_REASON_NO_ROOM}
    assert server.cache.Set(pb.SetRequest(key="pinned:0", value=b"new")).stored
    assert server.cache.Delete(pb.DeleteRequest(key="pinned:1")).deleted
    assert server.cache.Set(pb.SetRequest(key="pinned:10", value=b"v")).stored
    counters = server.stats(namespace="pinned").totals
    assert (counters.rejected_for_room, counters.evictions, counters.l1_size) == (5, 0, 10)


def test_the_instance_describes_itself(server, watch):
    before = time.time()
    watchers = [watch(server, "a*"), watch(server), watch(server)]
    instance = server.stats().instance
    assert instance.mode == "embedded" and instance.version
    assert before - 60 < seconds_of(instance.started_at) <= time.time() + 1
    assert instance.connections >= 1 and instance.watchers == 3 and instance.resets == 0
    for key in ["a", "b"]:
        server.cache.Set(pb.SetRequest(key=key))
    for watcher, count in zip(watchers, [1, 2, 2], strict=True):
        watcher.wait_for_events(count)
    instance = server.stats().instance
    assert instance.events_delivered == 5 and instance.history_events == 2
    for watcher in watchers:
        watcher.cancel()
    wait_until(lambda: server.stats().instance.watchers == 0, "no watcher is left")


def test_connections_are_counted(server):
    clients = [server.new_client() for _ in range(5)]
    for client in clients:
        client.Exists(pb.ExistsRequest(key="k"))
    assert server.stats().instance.connections == 6


def test_an_instance_alone_has_no_shards(server):
    assert len(server.stats().shards) == 0

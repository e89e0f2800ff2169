"""Redis breaks while clients write and read: what was promised stays, and service comes back."""

import time

import grpc
import pytest

from chaos import Chaos
from contract import cache as pb
from expectations import wait_until
from redis_process import RedisCluster, RedisShards, SentinelTrio

# How long before a master's death its replica may not have been told of a write, on one machine.
REPLICATION_SECONDS = 2.0


@pytest.fixture
def say(capsys):
    """Prints past pytest's capture: what was lost is for the reader of a green run, too."""

    def print_line(text):
        with capsys.disabled():
            print(f"\n    {text}", end="")

    return print_line


@pytest.fixture
def cluster(tmp_path):
    with RedisCluster(tmp_path) as cluster:
        yield cluster


def test_resharding_under_load_gives_no_error_and_loses_nothing(cluster, start_server):
    servers = [start_server(redis_url=cluster.url) for _ in range(2)]
    with Chaos(servers) as chaos:
        chaos.wait_for_calls(30)
        # A quarter of the slots there and back: both directions, so both kinds of redirection.
        cluster.reshard(0, 1, slots=1_400)
        chaos.wait_for_calls(30)
        cluster.reshard(1, 0, slots=1_400)
        chaos.wait_for_calls(30)
    assert not chaos.errors, chaos.errors[:5]
    chaos.read_everything()
    chaos.assert_no_surprise()
    chaos.assert_nothing_lost()


def test_a_master_of_the_cluster_dies_and_its_replica_goes_on(cluster, start_server, say):
    servers = [start_server(redis_url=cluster.url) for _ in range(2)]
    with Chaos(servers) as chaos:
        chaos.wait_for_calls(30)
        victim = cluster.nodes[0]
        replica, = cluster.replicas_of(victim)
        died = time.monotonic()
        victim.kill()
        # Calls need not fail: they wait for the failover.
        wait_until(lambda: _is_master(replica), "the replica is the master", 60)
        chaos.wait_for_peace()
    chaos.read_everything()
    chaos.assert_no_surprise()
    chaos.assert_lost_only_near(died, REPLICATION_SECONDS, say)


def test_sentinels_promote_the_replica_and_the_cache_follows(tmp_path, start_server, say):
    with SentinelTrio(tmp_path) as trio:
        servers = [start_server(redis_url=trio.url) for _ in range(2)]
        with Chaos(servers) as chaos:
            chaos.wait_for_calls(30)
            master, replica = trio.master, trio.replica
            died = time.monotonic()
            master.kill()
            wait_until(lambda: _is_master(replica), "the replica is the master", 60)
            chaos.wait_for_peace()
        chaos.read_everything()
        chaos.assert_no_surprise()
        chaos.assert_lost_only_near(died, REPLICATION_SECONDS, say)


def test_a_shard_that_is_killed_takes_only_its_own_keys_with_it(tmp_path, start_server):
    with RedisShards(tmp_path, 3) as shards:
        server = start_server(redis_url=shards.url)
        keys = [f"k{number}" for number in range(60)]
        for key in keys:
            assert server.cache.Set(pb.SetRequest(key=key, value=b"v")).stored
        shards.servers[1].kill()
        # From the shared level, and each key once: a third of them fail, the others do not.
        codes = [_code(server, key) for key in keys]
        assert 0 < codes.count("UNAVAILABLE") < len(keys)
        assert set(codes) == {"OK", "UNAVAILABLE"}
        shards.servers[1].restart()
        wait_until(lambda: {_code(server, key) for key in keys} == {"OK"}, "all keys again")


def test_a_shard_that_hangs_is_given_up_and_taken_back(tmp_path, start_server):
    with RedisShards(tmp_path, 3) as shards:
        servers = [start_server(redis_url=shards.url, redis_timeout="1s") for _ in range(2)]
        with Chaos(servers, clients=8) as chaos:
            chaos.wait_for_calls(30)
            shards.servers[0].pause()
            wait_until(lambda: chaos.errors, "a call that fails", 30)
            _wait_for_breaker(servers[0], "open")
            shards.servers[0].resume()
            chaos.wait_for_peace()
        chaos.read_everything()
        chaos.assert_no_surprise()
        chaos.assert_nothing_lost()
        _wait_for_breaker(servers[0], "closed")


def _is_master(server):
    try:
        return server.info("replication")["role"] == "master"
    except AssertionError:
        return False  # it ends its connections as it is promoted


def _code(server, key):
    try:
        server.cache.Get(pb.GetRequest(key=key, mode=pb.READ_MODE_SKIP_L1), timeout=10)
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def _wait_for_breaker(server, state):
    def breakers():
        return {shard.breaker for shard in server.stats().shards}

    if state == "closed":
        wait_until(lambda: breakers() == {"closed"}, "every breaker closed")
    else:
        wait_until(lambda: state in breakers(), f"a breaker that is {state}")

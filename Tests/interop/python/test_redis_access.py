"""The rights that docs/redis.md gives the cache's user: enough for every call, and none too many."""

import re

import pytest

from contract import PROJECT
from contract import cache as pb
from expectations import duration, wait_until
from redis_process import RedisCluster, RedisServer, SentinelTrio
from test_redis import all_keys, get, put, usable

PASSWORD = "hunter2"
# What one server is never asked: it has all partitions for good.
CLUSTER_ONLY = {
    "cluster|slots", "cluster|nodes", "cluster|info", "readonly", "asking", "role", "sunsubscribe"
}


def documented():
    """The user's rules and the commands among them."""
    page = (PROJECT / "docs/redis.md").read_text()
    text = re.search(r"<!-- acl: begin -->(.*?)<!-- acl: end -->", page, re.DOTALL).group(1)
    rules = " ".join(text.split()).replace("PASSWORD", PASSWORD)
    return rules, {word[1:] for word in rules.split() if word.startswith("+")}


def use(first, second, prefix):
    """Every call, in ways that reach every command."""
    for number in range(20):
        put(first, f"{prefix}:{number}", b"v" * 300, ttl=duration(60), tags=["t"])
    version = put(first, prefix + ":c", b"v", no_expiry=True).version
    put(first, prefix + ":c", b"w", if_version=version)
    assert get(second, prefix + ":c").hit
    assert first.cache.Exists(pb.ExistsRequest(key=prefix + ":c")).exists
    assert first.cache.Touch(pb.TouchRequest(key=prefix + ":c", ttl=duration(9))).touched
    assert first.cache.Touch(pb.TouchRequest(key=prefix + ":c", no_expiry=True)).touched
    assert first.cache.Delete(pb.DeleteRequest(key=prefix + ":c")).deleted
    assert len(all_keys(first, prefix + ":*", 7)) == 20
    for selector in (
        {"keys": pb.KeyList(keys=[prefix + ":1"])}, {"tag": "t"}, {"pattern": prefix + ":*"},
        {"everything": True},
    ):
        assert first.cache.Invalidate(pb.InvalidateRequest(**selector)).success
    put(first, "plain:" + prefix, b"v")
    assert get(second, "replica:" + prefix).hit is False


def used(servers):
    """The commands that the servers have been asked, those of scripts too."""
    commands = set()
    for server in servers:
        for name, value in server.info("commandstats").items():
            calls = int(re.search(r"calls=(\d+)", value).group(1))
            if calls:
                commands.add(name.removeprefix("cmdstat_"))
    return commands


def refusals(servers):
    """What the servers have refused the user."""
    return [server.cli("acl", "log") for server in servers if server.cli("acl", "log")]


CONFIG = "namespaces: { plain: { events: none }, replica: { read_from: replica } }\n"


@pytest.fixture
def two(start_server):
    def start(url):
        servers = [
            start_server(CONFIG, {"REDIS_PASSWORD": PASSWORD}, redis_url=url) for _ in range(2)
        ]
        for server in servers:
            usable(server)
        return servers

    return start


def test_the_documented_rights_are_enough_and_none_is_too_many(two, tmp_path):
    rules, commands = documented()
    with RedisServer(tmp_path / "redis", rules) as redis:
        first, second = two(f"redis://cache@{redis.address}/1")
        use(first, second, "one")
        # The feeds miss something, and read it from the log.
        redis.cli("client", "kill", "type", "pubsub")
        for number in range(50):
            put(first, f"gap:{number}", b"v")
        redis.cli("client", "kill", "type", "pubsub")
        put(first, "gap:0", b"w")
        wait_until(lambda: get(second, "gap:0").value == b"w", "the change is heard of")
        use(first, second, "two")
        assert refusals([redis]) == []
        unused = commands - used([redis]) - CLUSTER_ONLY
        assert unused == set()


def test_the_documented_rights_are_enough_in_a_cluster(two, tmp_path):
    rules, commands = documented()
    with RedisCluster(tmp_path / "cluster", 3, 1, 1_500, rules) as cluster:
        first, second = two(cluster.url.replace("://", "://cache@"))
        use(first, second, "one")
        cluster.reshard(0, 1, 2_000, timeout=240)
        use(first, second, "two")
        assert refusals(cluster.nodes) == []
        # Replicas are connected to once somebody wants to read them.
        wait_until(
            lambda: not get(second, "replica:x").hit and "readonly" in used(cluster.nodes),
            "a replica is read",
        )
        # A race of an instance with the servers: which of them ends a subscription first.
        rest = {"role", "asking", "select", "xrange", "sunsubscribe"}
        wait_until(
            lambda: commands - used(cluster.nodes) <= rest, "every command is sent that is allowed"
        )
        assert refusals(cluster.nodes) == []


def test_the_documented_rights_are_enough_behind_sentinels(two, tmp_path):
    rules, commands = documented()
    with SentinelTrio(tmp_path / "sentinel", 1_000, rules) as trio:
        first, second = two(trio.url.replace("://", "://cache@"))
        use(first, second, "one")
        assert refusals(trio.data) == []
        assert "role" in used(trio.data)

"""What is used most: in Stats, and as `cachectl top` shows it."""

import json
import os
import pathlib
import subprocess

import grpc
import pytest

import contract
from contract import cache as pb
from expectations import refused
from server_process import environment


@pytest.fixture
def cachectl(server):
    """Runs `cachectl` against the server; answers how it ended and what it printed."""
    program = os.environ.get("CACHECTL_BIN", contract.PROJECT / ".build/debug/cachectl")
    assert pathlib.Path(program).exists(), f"{program} is missing: run `make test`"

    def run(*arguments):
        return subprocess.run(
            [program, *arguments, "--server", server.address, "--timeout", "60s"],
            env=environment(), capture_output=True, text=True, timeout=120,
        )

    return run


def drive(server):
    """Two hot keys, two missed prefixes, one large entry among small ones."""
    cache = server.cache
    for key, size in [("user:1", 10), ("user:2", 10), ("image:large", 50_000)]:
        cache.Set(pb.SetRequest(key=key, value=os.urandom(size)))
    for key, times in [("user:1", 6), ("user:2", 3), ("order:9:lines", 4), ("user:3", 1)]:
        for _ in range(times):
            cache.Get(pb.GetRequest(key=key))
    cache.GetMulti(pb.GetMultiRequest(keys=["user:1", "order:7"]))


def test_stats_tell_what_is_used_most_when_asked(server):
    drive(server)
    assert not server.stats().HasField("top")
    top = server.stats(top=10).top
    assert [each.key for each in top.hottest_keys] == ["user:1", "user:2"]
    assert [each.share for each in top.hottest_keys] == pytest.approx([7 / 16, 3 / 16])
    first, second, third = top.missed_prefixes
    assert (first.prefix, second.prefix, third.prefix) == ("order:", "order:9:", "user:")
    assert first.miss_rate == 1 and third.share == pytest.approx(1 / 6)
    assert top.largest_entries[0].key == "image:large"
    assert 50_000 < top.largest_entries[0].bytes < 51_000
    assert len(top.largest_entries) == 3
    server.cache.Delete(pb.DeleteRequest(key="image:large"))
    assert "image:large" not in [each.key for each in server.stats(top=10).top.largest_entries]


def test_more_than_a_hundred_are_refused(server):
    assert len(server.stats(top=100).top.hottest_keys) == 0
    refused(lambda: server.stats(top=101), grpc.StatusCode.INVALID_ARGUMENT, "top")


def test_hot_keys_stand_out_of_a_flood_of_others(server, fill):
    hot = [f"hot:{number}" for number in range(5)]
    fill(server.cache, hot)
    for round in range(200):
        others = [f"flood:{round}:{number}" for number in range(95)]
        server.cache.GetMulti(pb.GetMultiRequest(keys=hot + others))
    top = server.stats(top=5).top
    assert {each.key for each in top.hottest_keys} == set(hot)
    assert all(0.005 < each.share < 0.02 for each in top.hottest_keys)
    assert top.missed_prefixes[0].prefix == "flood:"
    assert 0.9 < sum(each.share for each in top.missed_prefixes[:1]) <= 1


def test_cachectl_top_prints_tables(server, cachectl):
    drive(server)
    said = cachectl("top", "--count", "2")
    assert said.returncode == 0 and not said.stderr
    lines = said.stdout.splitlines()
    assert lines[0].split() == ["HOTTEST", "KEY", "READS/S", "OF", "ALL"]
    assert [line.split()[0] for line in lines[1:3]] == ["user:1", "user:2"]
    assert lines[5].startswith("order: ") and lines[9].startswith("image:large ")
    assert "48.9 KiB" in lines[9] and len(lines) == 11
    assert max(len(line) for line in lines) <= 80


def test_cachectl_top_speaks_json(server, cachectl):
    drive(server)
    top = json.loads(cachectl("top", "--json", "--count", "1").stdout)
    assert set(top) == {"hottestKeys", "missedPrefixes", "largestEntries"}
    assert [each["key"] for each in top["hottestKeys"]] == ["user:1"]
    assert set(top["missedPrefixes"][0]) == {"prefix", "missesPerSecond", "missRate", "share"}
    assert top["largestEntries"][0]["bytes"] > 50_000


def test_cachectl_top_says_what_is_wrong(cachectl):
    assert cachectl("top", "--count", "0").returncode == 2
    unknown = cachectl("top", "--namespace", "no-such-namespace", "--json")
    assert unknown.returncode == 4
    assert json.loads(unknown.stderr)["reason"] == "UNKNOWN_NAMESPACE"
    idle = cachectl("top")
    assert idle.returncode == 0 and "nothing was read lately" in idle.stdout

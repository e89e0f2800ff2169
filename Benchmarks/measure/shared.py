"""The shared level: what a Get that Redis answers costs both, and how fast a pattern is cleared."""

import statistics
import subprocess
import time

from . import wire
from .load import (
    BatchLoad,
    HTTP2Load,
    PipelinedRedisLoad,
    RedisLoad,
    Shape,
    SpreadRedisLoad,
)
from .machine import PROJECT, need
from .report import Row
from .servers import VALUE, CacheManager, CacheManagerOnRedis, RedisServer

MANY = Shape(connections=50, streams=100)
FEW = Shape(connections=4, streams=100)
BATCHES = Shape(connections=4, streams=10)
ONE_AT_A_TIME = Shape(connections=50, streams=1)
CLEAR_KEYS = 100_000
BATCH = 1_000
CLEAR_SECONDS = 120


def hits(options, machine, say):
    """P9, and the rate that one core each gives beside redis-benchmark's own."""
    redis_row = Row(f"Redis CPU per Get from L2, {MANY} ÷ its plain GET, one at a time",
                    bar=0.35, goal=0.35, unit="×")  # fmt: skip
    own_row = Row("our CPU per Get from L2 ÷ Redis's plain GET", bar=3, goal=3, unit="×")
    rate_row = Row(f"redis-benchmark -P 16 over {SpreadRedisLoad.KEYS:,} keys ÷ our Gets from L2, "
                   f"{FEW}, one core each", bar=2, goal=2, unit="×")  # fmt: skip
    batch_row = Row("redis-benchmark -P 16 of one key ÷ our keys from L2 in GetMulti of 16, "
                    "one core each", bar=2, goal=2, unit="×")  # fmt: skip
    CacheManager.binary = options.server
    with (
        CacheManagerOnRedis(machine, "--threads", "1", "--l1-enabled", "false") as ours,
        RedisServer(machine) as plain,
    ):
        for server in (ours, plain):
            server.prepare()
            server.verify()
        wire.store_all(ours, BatchLoad.KEYS, VALUE)
        loads = {
            "ours": HTTP2Load(machine, ours, MANY),
            "few": HTTP2Load(machine, ours, FEW),
            "batch": BatchLoad(machine, ours, BATCHES),
            "plain": RedisLoad(machine, plain, ONE_AT_A_TIME),
            "pipelined": PipelinedRedisLoad(machine, plain, ONE_AT_A_TIME),
            "spread": SpreadRedisLoad(machine, plain, ONE_AT_A_TIME),
        }
        loads["spread"].fill()
        calls = {name: load.calls_for(options.seconds) for name, load in loads.items()}
        before = wire.stats(ours)["l2_hits"]
        sent = _keys_sent(loads)
        samples = []
        for pair in range(options.pairs):
            names = list(loads) if pair % 2 == 0 else list(loads)[::-1]
            sample = {}
            for name in names:
                redis_before = ours.redis.cpu_seconds()
                run = loads[name].run(calls[name])
                keys = run.calls * (len(BatchLoad.KEYS) if name == "batch" else 1)
                sample[name] = run.cpu_seconds / keys
                sample[name, "rate"] = run.calls_per_second
                sample[name, "redis"] = (ours.redis.cpu_seconds() - redis_before) / keys
            samples.append(sample)
            say(f"{pair + 1} of {options.pairs}: {1e6 * sample['ours']:.2f} µs ours, "
                f"{1e6 * sample['ours', 'redis']:.2f} µs Redis")  # fmt: skip
        counted = wire.stats(ours)["l2_hits"] - before
        if counted != _keys_sent(loads) - sent:
            raise AssertionError(f"{_keys_sent(loads) - sent} keys, {counted} L2 hits")
        ours.verify()
    _fill(redis_row, [s["ours", "redis"] / s["plain"] for s in samples])
    _fill(own_row, [s["ours"] / s["plain"] for s in samples])
    # What the busier of the two takes for a key is what one core each can do.
    _fill(rate_row, [s["spread", "rate"] * max(s["few"], s["few", "redis"]) for s in samples])
    _fill(batch_row,
          [s["pipelined", "rate"] * max(s["batch"], s["batch", "redis"]) for s in samples])  # fmt: skip
    own_row.note = (
        f"ours {_median(s['ours'] for s in samples):.2f} µs, Redis for it "
        f"{_median(s['ours', 'redis'] for s in samples):.2f} µs, plain GET "
        f"{_median(s['plain'] for s in samples):.2f} µs"
    )
    rate_row.note = _rate_note("spread", "few", samples)
    batch_row.note = _rate_note("pipelined", "batch", samples)
    return [redis_row, own_row, rate_row, batch_row]


def _keys_sent(loads):
    """The keys that our server was asked for."""
    single = loads["ours"].calls_sent + loads["few"].calls_sent
    return single + loads["batch"].calls_sent * len(BatchLoad.KEYS)


def _rate_note(theirs, ours, samples):
    rate = statistics.median(s[theirs, "rate"] for s in samples)
    return f"redis-benchmark {rate:,.0f} a second, ours {_median(s[ours] for s in samples):.2f} µs a key"


def clear(options, machine, say):
    """An invalidation by pattern beside redis-cli's SCAN and UNLINK of as many keys."""
    row = Row(f"clearing {CLEAR_KEYS:,} keys by pattern ÷ redis-cli SCAN and UNLINK",
              bar=3, goal=3, unit="×")  # fmt: skip
    CacheManager.binary = options.server
    cachectl = PROJECT / ".build/release/cachectl"
    pairs = min(options.pairs, 5)
    ratios, times = [], []
    with CacheManagerOnRedis(machine, "--threads", "1") as server:
        for pair in range(pairs):
            _store_keys(server)
            theirs = _timed(
                ["sh", "-c", f"{need('redis-cli')} -p {server.redis.port} --scan "
                 f"--pattern '*:e:clear:*' | xargs -n {BATCH} "
                 f"{need('redis-cli')} -p {server.redis.port} unlink > /dev/null"],
            )  # fmt: skip
            _store_keys(server)
            ours = _timed([str(cachectl), "invalidate", "--server", f"127.0.0.1:{server.port}",
                           "--timeout", "60s", "--pattern", "clear:*"])  # fmt: skip
            left = subprocess.run(
                [need("redis-cli"), "-p", str(server.redis.port), "--scan", "--pattern", "*:e:clear:*"],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            if left.stdout:
                raise AssertionError(f"{len(left.stdout.splitlines())} keys are left")
            ratios.append(ours / theirs)
            times.append((ours, theirs))
            say(f"{pair + 1} of {pairs}: {ours:.2f} s, redis-cli {theirs:.2f} s")
    _fill(row, ratios)
    row.note = (
        f"ours {statistics.median(t[0] for t in times):.2f} s, "
        f"redis-cli {statistics.median(t[1] for t in times):.2f} s"
    )
    return [row]


def _store_keys(server):
    for start in range(0, CLEAR_KEYS, BATCH):
        wire.store_all(server, [f"clear:{n}" for n in range(start, start + BATCH)], b"x" * 100)


def _timed(command):
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=CLEAR_SECONDS)
    return time.monotonic() - began


def _fill(row, ratios):
    row.measured = statistics.median(ratios)
    row.low, row.high = min(ratios), max(ratios)
    row.details = {"ratios": ratios}


def _median(seconds):
    return 1e6 * statistics.median(seconds)

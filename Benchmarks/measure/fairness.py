"""What a small call waits for while large answers fill its connection."""

import statistics
import struct
import time

from . import wire
from .report import Row
from .servers import KEY, CacheManager, CacheManagerTLS, GRPCCpp

LARGE_KEY, LARGE_BYTES, LARGE_CALLS = "bench:large", 1 << 20, 8
WINDOW_BYTES = 64 << 20


def small_beside_large(options, machine, say):
    """Ours with TLS and without, and the C++ server without, one after the other."""
    CacheManager.binary = options.server
    count = 200 if options.quick else 2_000
    rows = []
    for kind in (CacheManagerTLS, CacheManager, GRPCCpp):
        what = f"bytes ahead of a small Get, {LARGE_CALLS} × 1 MiB beside it, {kind.name}"
        row = Row(what, unit="KiB")
        rows.append(row)
        with kind(machine, *kind.one_thread) as server:
            server.prepare()
            wire.store(server, LARGE_KEY, bytes(LARGE_BYTES))
            alone = _waits(server, count, 0)
            beside = _waits(server, count, LARGE_CALLS)
        say(f"{kind.name}: {len(beside)} small calls")
        row.measured = statistics.median(each[0] for each in beside) / 1024
        row.low, row.high = (point / 1024 for point in _points(each[0] for each in beside))
        times = {
            name: [1e3 * point for point in _points(each[1] for each in waits)]
            for name, waits in (("alone", alone), ("beside", beside))
        }
        row.note = "ms p50–p99: " + ", ".join(
            f"{low:.2f}–{high:.2f} {name}" for name, (low, high) in times.items()
        )
        row.details = {"calls": count, "milliseconds": times}
    return rows


def _points(values):
    """The median and the 99th percentile."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]


def _waits(server, count, large):
    """For so many small Gets in turn: the bytes that came before the answer, and the seconds."""
    connection = wire.Connection(server, initial_window=WINDOW_BYTES)
    connection.send(wire.frame(wire.WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW_BYTES)))
    block, waits, streams = wire.header_block(wire.GET), [], iter(range(1, 1 << 30, 2))

    def ask(key):
        stream = next(streams)
        body = wire.grpc_message(wire.get_request(key))
        connection.send(
            wire.frame(wire.HEADERS, wire.END_HEADERS, stream, block)
            + wire.frame(wire.DATA, wire.END_STREAM, stream, body)
        )
        return stream

    try:
        open_large = {ask(LARGE_KEY) for _ in range(large)}
        small, began, ahead, unreturned = ask(KEY), time.perf_counter(), 0, 0
        while len(waits) < count:
            kind, flags, stream, payload = connection.read_frame()
            if kind == wire.RST_STREAM:
                raise AssertionError(f"stream {stream} was reset")
            if kind == wire.DATA:
                unreturned += len(payload)
                if stream != small:
                    ahead += len(payload)
                if unreturned >= 1 << 20:
                    size = struct.pack(">I", unreturned)
                    connection.send(wire.frame(wire.WINDOW_UPDATE, 0, 0, size))
                    unreturned = 0
            if not (kind in (wire.DATA, wire.HEADERS) and flags & wire.END_STREAM):
                continue
            if stream in open_large:
                open_large.remove(stream)
                open_large.add(ask(LARGE_KEY))
            elif stream == small:
                waits.append((ahead, time.perf_counter() - began))
                small, began, ahead = ask(KEY), time.perf_counter(), 0
    finally:
        connection.close()
    return waits

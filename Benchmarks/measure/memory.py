"""Resident memory of idle StreamInvalidations watchers."""

from . import wire
from .report import Row
from .servers import CacheManager

MEBIBYTE = 1 << 20
KIBIBYTE = 1 << 10
ROUNDS = 2


def watchers_on_shared_connections(options, machine, say):
    connections, each = (10, 100) if options.quick else (100, 100)
    count = connections * each
    row = Row(f"memory of {count:,} idle watchers on {connections} connections", unit="MiB")
    row.bar = row.goal = 40 * count / 10_000
    added = _added(options, machine, say, connections, each)
    row.measured = added[-1] / MEBIBYTE
    row.note = f"{added[-1] / count:.0f} B a watcher; first round {added[0] / MEBIBYTE:.1f} MiB"
    row.details = {"watchers": count, "added_bytes": added}
    return [row]


def watchers_on_their_own_connections(options, machine, say):
    count = 100 if options.quick else 1_000
    row = Row(f"memory of a connection with one watcher, {count:,} of them", unit="KiB")
    row.bar = row.goal = 48
    added = _added(options, machine, say, count, 1)
    row.measured = added[-1] / count / KIBIBYTE
    row.note = f"first round {added[0] / count / KIBIBYTE:.1f} KiB"
    row.details = {"connections": count, "added_bytes": added}
    return [row]


def _added(options, machine, say, connections, each):
    """What the watchers add to the server's memory, after each round of coming and going."""
    CacheManager.binary = options.server
    with CacheManager(machine) as server:
        server.prepare()
        server.verify()
        empty, added = server.resident_bytes(), []
        for number in range(ROUNDS):
            watching = [_watch(server.port, each) for _ in range(connections)]
            counted = wire.stats(server.port)["watchers"]
            if counted != connections * each:
                raise AssertionError(f"{connections * each} watchers came, {counted} are counted")
            added.append(server.resident_bytes() - empty)
            say(f"round {number + 1}: {added[-1] / MEBIBYTE:.1f} MiB for {counted} watchers")
            for connection in watching:
                connection.close()
            _wait_until_gone(server.port)
    return added


def _watch(port, count):
    """A connection with so many live watchers."""
    connection = wire.Connection(port)
    connection.send(wire.subscribe_frames(count))
    live = set()
    while len(live) < count:
        kind, flags, stream, payload = connection.read_frame()
        if kind == wire.DATA and wire.is_subscribed(payload):
            live.add(stream)
        elif kind == wire.RST_STREAM or (kind == wire.HEADERS and flags & wire.END_STREAM):
            raise AssertionError(f"the watcher on stream {stream} was refused")
    return connection


def _wait_until_gone(port):
    """Asks until no watcher is left; each question takes a round trip, so this does not spin."""
    for _ in range(10_000):
        if wire.stats(port)["watchers"] == 0:
            return
    raise AssertionError("the watchers of closed connections are still counted")

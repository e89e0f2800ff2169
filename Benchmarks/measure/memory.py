"""Resident memory of connections, streams and watchers that do nothing."""

from . import wire
from .report import Row
from .servers import CacheManager, CacheManagerTLS

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


def silent_connections(options, machine, say):
    count = 200 if options.quick else 2_000
    rows = []
    for kind, also in ((CacheManager, ""), (CacheManagerTLS, ", TLS")):
        what = f"memory of a connection that sent its preface only, {count:,} of them{also}"
        row = Row(what, unit="KiB")
        rows.append(row)
        if kind is CacheManager:
            row.bar = row.goal = 48
        added = _added(options, machine, say, count, 0, kind=kind)
        row.measured = added[-1] / count / KIBIBYTE
        row.note = f"first round {added[0] / count / KIBIBYTE:.1f} KiB"
        row.details = {"connections": count, "added_bytes": added}
    return rows


def idle_streams(options, machine, say):
    connections, each = (10, 100) if options.quick else (20, 900)
    count = connections * each
    row = Row(f"memory of an open idle stream, {count:,} on {connections} connections", unit="B")
    row.bar = row.goal = 2_048
    added = _added(options, machine, say, connections, each, _open)
    row.measured = added[-1] / count
    row.note = f"first round {added[0] / count:.0f} B; its connection counts with it"
    row.details = {"streams": count, "added_bytes": added}
    return [row]


def _added(options, machine, say, connections, each, opened=None, kind=CacheManager):
    """What they add to the server's memory, after each round of coming and going."""
    opened = opened or _watch
    CacheManager.binary = options.server
    with kind(machine) as server:
        server.prepare()
        server.verify()
        empty, added = server.resident_bytes(), []
        for number in range(ROUNDS):
            before = wire.stats(server)["connections"]
            idle = [opened(server, each) for _ in range(connections)]
            counted = wire.stats(server)
            if opened is _watch and counted["watchers"] != connections * each:
                raise AssertionError(f"{connections * each} watchers, {counted} are counted")
            if counted["connections"] - before != connections:
                raise AssertionError(f"{connections} connections, {counted} are counted")
            added.append(server.resident_bytes() - empty)
            say(f"round {number + 1}: {added[-1] / MEBIBYTE:.1f} MiB")
            for connection in idle:
                connection.close()
            _wait_until_gone(server)
    return added


def _open(server, count):
    """A connection with so many calls that were begun and never went on."""
    connection = wire.Connection(server)
    block = wire.header_block(wire.STREAM)
    connection.send(
        b"".join(
            wire.frame(wire.HEADERS, wire.END_HEADERS, stream, block)
            for stream in range(1, 2 * count, 2)
        )
    )
    _wait_until_read(connection)
    return connection


def _wait_until_read(connection):
    """A ping's answer shows that the server has read everything before it."""
    connection.send(wire.frame(wire.PING, 0, 0, bytes(8)))
    while True:
        kind, flags, _, _ = connection.read_frame()
        if kind == wire.PING and flags & wire.ACK:
            return


def _watch(server, count):
    """A connection with so many live watchers."""
    connection = wire.Connection(server)
    connection.send(wire.subscribe_frames(count))
    live = set()
    while len(live) < count:
        kind, flags, stream, payload = connection.read_frame()
        if kind == wire.DATA and wire.is_subscribed(payload):
            live.add(stream)
        elif kind == wire.RST_STREAM or (kind == wire.HEADERS and flags & wire.END_STREAM):
            raise AssertionError(f"the watcher on stream {stream} was refused")
    _wait_until_read(connection)
    return connection


def _wait_until_gone(server):
    """Asks until no watcher is left; each question takes a round trip, so this does not spin."""
    for _ in range(10_000):
        found = wire.stats(server)
        if found["watchers"] == 0 and found["connections"] == 1:
            return
    raise AssertionError("closed connections are still counted")

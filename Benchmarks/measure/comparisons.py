"""Server CPU per unary Get beside a peer's, interleaved A B B A, as a ratio with its spread."""

import statistics

from . import load
from .load import HTTP2Load, RedisLoad, Shape
from .report import Row
from .servers import CacheManager, CacheManagerTLS, GRPCCpp, Nghttpd, RedisServer

MANY = Shape(connections=50, streams=100)
FEW = Shape(connections=10, streams=10)
ONE_AT_A_TIME = Shape(connections=50, streams=1)


def against_nghttpd(options, machine, say):
    row = Row(f"CPU per Get ÷ nghttpd, a file of 100 B, {MANY}", bar=1.0, goal=1.0, unit="×")
    return _compare(options, machine, say, row, MANY, CacheManager, Nghttpd)


def against_grpc_cpp(options, machine, say):
    row = Row(f"CPU per Get ÷ gRPC C++ callback server, {FEW}", bar=0.2, goal=0.2, unit="×")
    return _compare(options, machine, say, row, FEW, CacheManager, GRPCCpp)


def against_redis(options, machine, say):
    row = Row(f"CPU per Get ÷ redis-server GET, {ONE_AT_A_TIME}", bar=1.3, goal=1.3, unit="×")
    return _compare(options, machine, say, row, ONE_AT_A_TIME, CacheManager, RedisServer)


def tls_against_plain(options, machine, say):
    rows = []
    for shape in (MANY, FEW, ONE_AT_A_TIME):
        row = Row(f"CPU per Get, TLS ÷ plain text, {shape}", unit="×")
        rows += _compare(options, machine, say, row, shape, CacheManagerTLS, CacheManager)
    return rows


def noise_floor(options, machine, say):
    row = Row(f"the same server twice, {MANY} (noise)", unit="×")
    return _compare(options, machine, say, row, MANY, CacheManager, CacheManager)


def _compare(options, machine, say, row, shape, ours, peer):
    CacheManager.binary = options.server
    with peer(machine, *peer.one_thread) as b, ours(machine, *ours.one_thread) as a:
        sides = [_Side(machine, server, shape) for server in (a, b)]
        for side in sides:
            side.begin(options.seconds)
        ratios = []
        for pair in range(options.pairs):
            order = sides if pair % 2 == 0 else sides[::-1]
            for side in order:
                side.measure()
            ratios.append(sides[0].runs[-1].cpu_per_call / sides[1].runs[-1].cpu_per_call)
            say(f"pair {pair + 1} of {options.pairs}: {ratios[-1]:.3f}")
        for side in sides:
            side.end()
        row.measured = statistics.median(ratios)
        row.low, row.high = min(ratios), max(ratios)
        row.details = {
            "ratios": ratios, "shape": str(shape), "sides": [side.summary() for side in sides],
        }  # fmt: skip
        row.note = ", ".join(f"{side.name} {side.microseconds():.2f} µs" for side in sides)
        if not all(side.through_grpcio for side in sides if side.is_plain_grpc):
            row.note += "; not checked through grpcio (no .venv)"
    return [row]


class _Side:
    """One server of a comparison and its runs."""

    def __init__(self, machine, server, shape):
        load_of = RedisLoad if isinstance(server, RedisServer) else HTTP2Load
        self._server, self._load = server, load_of(machine, server, shape)
        self.name = server.name
        self.runs = []
        self.is_grpc = isinstance(server, (CacheManager, GRPCCpp))
        self.is_plain_grpc = self.is_grpc and not server.tls
        self.through_grpcio = False

    def begin(self, cpu_seconds):
        self._server.prepare()
        self._server.verify()
        self._hits_before = self._hits()
        self._calls = self._load.calls_for(cpu_seconds)

    def measure(self):
        self.runs.append(self._load.run(self._calls))

    def end(self):
        """The load was served: the counter moved by it, and a real call still works."""
        counted = self._hits() - self._hits_before
        if isinstance(self._server, CacheManager) and counted != self._load.calls_sent:
            raise AssertionError(f"{self._load.calls_sent} calls were sent, {counted} were hits")
        self._server.verify()
        if self.is_grpc and not self._server.tls:
            self.through_grpcio = load.verify_with_grpcio(self._server.port)

    def microseconds(self):
        """The median of what a call cost."""
        return 1e6 * statistics.median(run.cpu_per_call for run in self.runs)

    def summary(self):
        return {
            "server": self.name,
            "cpu_microseconds_per_call": round(self.microseconds(), 4),
            "calls_per_run": self._calls,
            "calls_per_second": round(statistics.median(r.calls_per_second for r in self.runs)),
        }

    def _hits(self):
        return self._server.hits() if isinstance(self._server, CacheManager) else 0

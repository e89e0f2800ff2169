"""The load on its own core, and what it says of a run."""

import pathlib
import re
import subprocess
import tempfile
from dataclasses import dataclass

from . import wire
from .machine import PROJECT, need
from .servers import KEY, VALUE

RUN_SECONDS = 300


@dataclass(frozen=True)
class Shape:
    """How the requests come: connections, and streams at once on each."""

    connections: int
    streams: int

    def __str__(self):
        return f"{self.connections} × {self.streams}"


@dataclass(frozen=True)
class Run:
    """One run against one server."""

    calls: int
    cpu_seconds: float
    calls_per_second: float

    @property
    def cpu_per_call(self):
        return self.cpu_seconds / self.calls


class Load:
    """Sends calls to one server, and takes what they cost it."""

    def __init__(self, machine, server, shape):
        self._machine, self._server, self._shape = machine, server, shape
        self.calls_sent = 0

    def run(self, calls):
        """So many calls; fails unless each was answered well."""
        calls = max(calls, self._shape.connections)
        before = self._server.cpu_seconds()
        answer = subprocess.run(
            self._machine.on_load_core(self._command(calls)),
            capture_output=True, text=True, timeout=RUN_SECONDS,
        )  # fmt: skip
        cpu_seconds = self._server.cpu_seconds() - before
        rate = self._rate(answer.stdout, calls)
        if rate is None:
            raise AssertionError(f"the load: {answer.stdout[-400:]}{answer.stderr[-400:]}")
        self.calls_sent += calls
        return Run(calls, cpu_seconds, rate)

    def calls_for(self, cpu_seconds, first=20_000):
        """How many calls take the server so much time, found by trying."""
        calls = first
        while True:
            run = self.run(calls)
            if run.cpu_seconds >= min(0.1, cpu_seconds / 2):
                return max(first // 10, round(cpu_seconds / run.cpu_per_call))
            calls *= 4


class HTTP2Load(Load):
    """Gets, or plain GETs for a file, from h2load."""

    def __init__(self, machine, server, shape):
        super().__init__(machine, server, shape)
        self._body = tempfile.NamedTemporaryFile(prefix="request-")
        self._body.write(wire.grpc_message(self._request()))
        self._body.flush()

    def _request(self):
        return wire.get_request(KEY)

    def _path(self):
        return self._server.path

    def _command(self, calls):
        command = [
            need("h2load"), "-t1", f"-c{self._shape.connections}", f"-m{self._shape.streams}",
            "-n", str(calls),
        ]  # fmt: skip
        if self._path() in (wire.GET, wire.GET_MULTI):
            command += ["-d", self._body.name, "-H", "content-type: application/grpc",
                        "-H", "te: trailers"]  # fmt: skip
        scheme = "https" if self._server.tls else "http"
        return [*command, f"{scheme}://127.0.0.1:{self._server.port}{self._path()}"]

    def _rate(self, output, calls):
        done = re.search(r"(\d+) done, (\d+) succeeded", output)
        if not done or [int(each) for each in done.groups()] != [calls, calls]:
            return None
        return float(re.search(r"([\d.]+) req/s", output).group(1))


class BatchLoad(HTTP2Load):
    """GetMulti of sixteen keys, from h2load."""

    KEYS = [f"{KEY}-{n}" for n in range(16)]

    def _request(self):
        return b"".join(wire.bytes_field(1, key.encode()) for key in self.KEYS)

    def _path(self):
        return wire.GET_MULTI


class RedisLoad(Load):
    """GETs from redis-benchmark, which waits for each answer before it asks again."""

    def _command(self, calls):
        return [need("redis-benchmark"), "-p", str(self._server.port), "-n", str(calls),
                "-c", str(self._shape.connections), "-q", "GET", KEY]  # fmt: skip

    def _rate(self, output, calls):
        found = re.findall(r"([\d.]+) requests per second", output)
        return float(found[-1]) if found else None


class PipelinedRedisLoad(RedisLoad):
    """GETs from redis-benchmark, sixteen at a time on each connection."""

    def _command(self, calls):
        return [*super()._command(calls)[:-2], "-P", "16", "GET", KEY]


class SpreadRedisLoad(RedisLoad):
    """The same over many keys, drawn alike."""

    KEYS = 100_000

    def fill(self):
        """Stores so many draws that hardly a key is left out."""
        command = [need("redis-benchmark"), "-p", str(self._server.port), "-q", "-P", "16",
                   "-n", str(20 * self.KEYS), "-r", str(self.KEYS), "-d", str(len(VALUE)),
                   "-t", "set"]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def _command(self, calls):
        return [*super()._command(calls)[:-2], "-P", "16", "-r", str(self.KEYS),
                "GET", "key:__rand_int__"]  # fmt: skip


def verify_with_grpcio(port):
    """A Get through grpcio, where the project's .venv has it; says whether it was done."""
    python = PROJECT / ".venv/bin/python"
    if not python.exists():
        return False
    script = pathlib.Path(__file__).with_name("grpcio_get.py")
    request = wire.get_request(KEY).hex()
    answer = subprocess.run(
        [str(python), str(script), f"127.0.0.1:{port}", wire.GET, request],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    if answer.returncode == 3:
        return False
    if answer.returncode != 0:
        raise AssertionError(f"a Get through grpcio failed: {answer.stderr[-400:]}")
    if wire.fields(bytes.fromhex(answer.stdout.strip())).get(2) != VALUE:
        raise AssertionError(f"a Get through grpcio answered {answer.stdout[:200]}")
    return True

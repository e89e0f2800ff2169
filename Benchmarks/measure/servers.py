"""The servers under load: ours and its peers, each started on a free port and pinned to a core."""

import os
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import time

from . import wire
from .machine import PROJECT, Unavailable, need

START_SECONDS = 30
STOP_SECONDS = 15
KEY = "bench:key"
VALUE = bytes(range(33, 133))
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running process; a context manager that stops it."""

    name = "server"
    path = wire.GET
    one_thread = ()
    tls = None  # how a client speaks to it, where it is not in plain text

    def __init__(self, machine, *flags, wrapper=()):
        command = [*wrapper, *self.command(*flags)]
        self.process = subprocess.Popen(
            machine.on_server_core(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            self.port = self._wait_for_port()
        except BaseException:
            self.stop()
            raise

    def command(self, *flags):
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def prepare(self):
        """Puts in place what the load reads."""
        wire.store(self, KEY, VALUE)

    def verify(self):
        """One real call; the value must come back."""
        value = wire.fetch(self, KEY)
        if value != VALUE:
            raise AssertionError(f"{self.name} answered {value!r}")

    def cpu_seconds(self):
        """User and system time of the process so far."""
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = text.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_bytes(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) * 1024

    def _wait_for_listener(self, port):
        """For a peer that does not say when it listens."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return port
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise AssertionError(f"{self.name} did not start")

    def _wait_for_port(self):
        for raw in self.process.stdout:
            found = re.match(r"listening on \S+:(\d+)", raw.decode("utf-8", "replace"))
            if found:
                return int(found.group(1))
        raise AssertionError(f"{self.name} ended before it listened")


class CacheManager(Server):
    """Ours, with one event loop."""

    name = "cache-manager"
    one_thread = ("--threads", "1")
    default_binary = PROJECT / ".build/release/cache-manager"
    binary = default_binary

    def command(self, *flags):
        if not pathlib.Path(self.binary).exists():
            raise AssertionError(f"{self.binary} is missing: run `make build` first")
        return [str(self.binary), "--listen-port", "0", "--log-level", "error", *flags]

    def hits(self):
        """How many reads have found an entry."""
        return wire.stats(self)["hits"]


class CacheManagerTLS(CacheManager):
    """The same over TLS, with certificates for development."""

    name = "cache-manager, TLS"

    def command(self, *flags):
        need("openssl")
        self._folder = tempfile.TemporaryDirectory(prefix="certs-")
        folder = pathlib.Path(self._folder.name)
        made = subprocess.run([str(PROJECT / "scripts/certs"), folder], capture_output=True, text=True)
        if made.returncode != 0:
            raise AssertionError(f"no certificates: {made.stdout}{made.stderr}")
        self.tls = ssl.create_default_context(cafile=folder / "ca.pem")
        self.tls.set_alpn_protocols(["h2"])
        files = ["--tls-certificate", folder / "server.pem", "--tls-key", folder / "server-key.pem"]
        return super().command(*map(str, files), *flags)


class CacheManagerOnRedis(CacheManager):
    """Ours in front of a Redis of its own, which runs on the load's core."""

    name = "cache-manager on Redis"

    def __init__(self, machine, *flags, wrapper=()):
        self.redis = RedisServer(_Elsewhere(machine))
        try:
            super().__init__(machine, *flags, wrapper=wrapper)
        except BaseException:
            self.redis.stop()
            raise

    def command(self, *flags):
        return super().command("--redis-url", f"redis://127.0.0.1:{self.redis.port}", *flags)

    def stop(self):
        super().stop()
        self.redis.stop()


class _Elsewhere:
    """The machine as a server sees it that runs beside the load."""

    def __init__(self, machine):
        self.on_server_core = machine.on_load_core


class GRPCCpp(Server):
    """gRPC C++ callback API over a hash map behind a mutex."""

    name = "grpc-cpp"

    def command(self, *_):
        folder = PROJECT / "Benchmarks/grpc-cpp-server"
        for program in ("make", "g++", "protoc", "grpc_cpp_plugin"):
            need(program)
        built = subprocess.run(["make", "-s", "-C", str(folder)], capture_output=True, text=True)
        if built.returncode != 0:
            raise Unavailable(f"the C++ server does not build: {built.stderr.strip()[-300:]}")
        return [str(PROJECT / "Benchmarks/build/grpc-cpp-server/server"), "--listen-port", "0"]


class Nghttpd(Server):
    """nghttp2's own server with one file of 100 bytes."""

    name = "nghttpd"
    path = "/value"

    def command(self, *_):
        program = need("nghttpd")
        self._folder = tempfile.TemporaryDirectory(prefix="nghttpd-")
        (pathlib.Path(self._folder.name) / "value").write_bytes(VALUE)
        self._free_port = free_port()
        folder = self._folder.name
        return [program, "-n", "1", "--no-tls", "-a", "127.0.0.1", "-d", folder,
                str(self._free_port)]  # fmt: skip

    def prepare(self):
        """The file is there."""

    def verify(self):
        body = wire.get_file(self, self.path)
        if body != VALUE:
            raise AssertionError(f"nghttpd answered {body!r}")

    def _wait_for_port(self):
        return self._wait_for_listener(self._free_port)


class RedisServer(Server):
    """redis-server with nothing written to disk."""

    name = "redis-server"

    def command(self, *_):
        self._free_port = free_port()
        return [need("redis-server"), "--port", str(self._free_port), "--bind", "127.0.0.1",
                "--save", "", "--appendonly", "no"]  # fmt: skip

    def prepare(self):
        if self._ask(b"SET", KEY.encode(), VALUE) != b"+OK\r\n":
            raise AssertionError("redis-server did not store the value")

    def verify(self):
        answer = self._ask(b"GET", KEY.encode())
        if answer != b"$%d\r\n%b\r\n" % (len(VALUE), VALUE):
            raise AssertionError(f"redis-server answered {answer!r}")

    def _ask(self, *words):
        with socket.create_connection(("127.0.0.1", self.port), START_SECONDS) as connection:
            request = b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
            connection.sendall(b"*%d\r\n" % len(words) + request)
            return connection.recv(4_096)

    def _wait_for_port(self):
        return self._wait_for_listener(self._free_port)


def free_port():
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]

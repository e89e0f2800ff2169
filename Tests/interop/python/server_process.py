"""One real server process: starts it, talks to it, stops it, and tells what it said."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import grpc

import contract

START_SECONDS = 60
STOP_SECONDS = 20

CALL_SECONDS = 60


def _call_limits():
    """The service config by which no unary call of a test can wait forever."""
    service = contract.cache.DESCRIPTOR.services_by_name["Cache"]
    names = [
        {"service": contract.SERVICE, "method": method.name}
        for method in service.methods
        if not method.server_streaming
    ]
    return json.dumps({"methodConfig": [{"name": names, "timeout": f"{CALL_SECONDS}s"}]})


CHANNEL_OPTIONS = [
    ("grpc.service_config", _call_limits()),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
]


def binary():
    """The program under test: CACHE_MANAGER_BIN, or the debug build."""
    default = contract.PROJECT / ".build/debug/cache-manager"
    return pathlib.Path(os.environ.get("CACHE_MANAGER_BIN", default))


# What the machine has set must not reach a program under test.
FOREIGN_VARIABLES = (
    "CACHE_", "REDIS_", "ROUTER_REDIS_", "MAX_MEMORY_SIZE", "COMPRESSION_THRESHOLD",
)


def environment(own=None):
    """The variables that a server under test gets: the machine's, but for settings, and its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN_VARIABLES)}
    return kept | (own or {})


class ServerProcess:
    """A running `cache-manager` on a free port of 127.0.0.1."""

    def __init__(self, directory, config=None, variables=None, **settings):
        self.config_file = pathlib.Path(directory) / "cache-manager.yaml"
        arguments = self._command(config, settings)
        if not pathlib.Path(arguments[0]).exists():
            raise RuntimeError(f"{arguments[0]} is missing: run `make test`, or set its variable")
        self._lines = []
        self._said = threading.Condition()
        self._channels = []
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(variables),
        )
        self._readers = [
            threading.Thread(target=self._read, args=(pipe,), daemon=True)
            for pipe in (self.process.stdout, self.process.stderr)
        ]
        for reader in self._readers:
            reader.start()
        self.host, self.port = self._wait_for_address()
        self.address = f"{self.host}:{self.port}"
        self.channel = self.connect()
        self.cache = contract.cache_grpc.CacheStub(self.channel)

    # Talking to it

    def connect(self, *options):
        """A channel with a connection of its own; closed with the server."""
        channel = grpc.insecure_channel(self.address, options=CHANNEL_OPTIONS + list(options))
        self._channels.append(channel)
        return channel

    def connect_securely(self, credentials):
        """A channel over TLS to `localhost`, by that name; closed with the server."""
        name = [("grpc.ssl_target_name_override", "localhost")]
        channel = grpc.secure_channel(self.address, credentials, options=CHANNEL_OPTIONS + name)
        self._channels.append(channel)
        return channel

    def new_client(self):
        """A Cache stub over a connection of its own."""
        return contract.cache_grpc.CacheStub(self.connect())

    def stats(self, namespace="", top=0):
        request = contract.stats.StatsRequest(namespace=namespace, top=top)
        return self.cache.Stats(request, timeout=30)

    # Watching it

    def output(self):
        """The lines of both outputs so far."""
        with self._said:
            return list(self._lines)

    def wait_for_line(self, predicate, what, seconds=30):
        """The first line, of now or later, that the predicate accepts."""
        deadline = time.monotonic() + seconds
        with self._said:
            while True:
                for line in self._lines:
                    if predicate(line):
                        return line
                left = deadline - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._reading()):
                    raise AssertionError(f"the server never said {what}:\n{self._tail()}")
                self._said.wait(min(left, 0.1))

    def resident_bytes(self):
        """What the process holds in memory."""
        return self._memory("VmRSS")

    def peak_resident_bytes(self):
        """The most it has held since `forget_peak`."""
        return self._memory("VmHWM")

    def forget_peak(self):
        """Lets the peak begin at what it holds now."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    # Stopping it

    def signal(self, number):
        self.process.send_signal(number)

    def wait_for_exit(self):
        """Its exit code; fails when it does not come in time."""
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"the server was still running {STOP_SECONDS} s after it was told to stop:\n"
                + self._tail()
            ) from None

    def stop(self):
        """Drains it, unless it has ended already, and insists on exit code 0."""
        for channel in self._channels:
            channel.close()
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        code = self.wait_for_exit()
        for reader in self._readers:
            reader.join(STOP_SECONDS)
        assert code == 0, f"the server ended with {code}:\n{self._tail()}"

    # Private

    def _memory(self, name):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"{name} is missing in /proc: the server is gone")

    def _command(self, config, settings):
        arguments = [str(binary())]
        for name, value in ({"listen_port": 0, "log_format": "json"} | settings).items():
            arguments += ["--" + name.replace("_", "-"), str(value)]
        if config is not None:
            self.config_file.write_text(config)
            arguments += ["--config", str(self.config_file)]
        return arguments

    def _wait_for_address(self):
        pattern = re.compile(r"^listening on (\S+):(\d+)")
        try:
            line = self.wait_for_line(pattern.match, "`listening on HOST:PORT`", START_SECONDS)
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise
        host, port = pattern.match(line).groups()
        return host, int(port)

    def _read(self, pipe):
        for line in pipe:
            with self._said:
                self._lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._said.notify_all()

    def _reading(self):
        return any(reader.is_alive() for reader in self._readers)

    def _tail(self):
        return "\n".join(self._lines[-40:]) or "(it said nothing)"

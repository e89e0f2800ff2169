"""Real Redis servers on free ports: one, independent shards, a cluster, a Sentinel trio."""

import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time

READY_SECONDS = 60
STOP_SECONDS = 20
HOST = "127.0.0.1"
# A cluster's nodes speak to each other on this port beside their own.
BUS_DISTANCE = 10_000
LOWEST_PORT, HIGHEST_PORT = 20_000, 45_000
SLOTS = 16_384
MASTER_NAME = "mymaster"


def wait_until(condition, what, seconds=READY_SECONDS):
    """What the condition gave when it held; fails with the last reason it did not."""
    deadline = time.monotonic() + seconds
    reason = "it was never asked"
    while time.monotonic() < deadline:
        try:
            result = condition()
            if result:
                return result
            reason = "not yet"
        except (OSError, AssertionError, subprocess.SubprocessError) as error:
            reason = str(error)
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s ({reason})")


def program(name):
    """The path of one of Redis's programs."""
    path = shutil.which(name)
    if path is None:
        raise RuntimeError(f"{name} is missing: run `make deps`")
    return path


def _claim(port):
    """Whether nobody listens on the port; the answer may be old by the time it is used."""
    with socket.socket() as probe:
        # Connections that have ended linger; only a listener is in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port():
    """A port that is free now, and with it the one that a cluster's node takes beside it."""
    for _ in range(1_000):
        port = random.randint(LOWEST_PORT, HIGHEST_PORT)
        if _claim(port) and _claim(port + BUS_DISTANCE):
            return port
    raise RuntimeError("no free port was found")


class RedisServer:
    """One redis-server, in a folder of its own. It ends with `stop`, at the latest."""

    ATTEMPTS = 5

    def __init__(self, directory, *config_lines, port=None, password=None, sentinel=False):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.password = password
        self.sentinel = sentinel
        self.config_lines = config_lines
        self.config_file = self.directory / "redis.conf"
        self.log_file = self.directory / "redis.log"
        self.process = None
        self._paused = False
        # Somebody else may take a free port before the server does.
        for attempt in range(1, self.ATTEMPTS + 1):
            self.port = port or free_port()
            self._write_config()
            try:
                self._start()
                return
            except AssertionError:
                taken = "Address already in use" in self.log()
                self.stop()
                if not taken or port or attempt == self.ATTEMPTS:
                    raise

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    @property
    def url(self):
        user = f":{self.password}@" if self.password else ""
        return f"redis://{user}{self.address}"

    def cli(self, *arguments, timeout=30, check=True):
        """What redis-cli prints; fails when it says that something is wrong."""
        command = [program("redis-cli"), "-h", HOST, "-p", str(self.port), "-e"]
        if self.password:
            command += ["--no-auth-warning", "-a", self.password]
        done = subprocess.run(
            command + [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"redis-cli {arguments}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def info(self, section):
        """A section of INFO as a dictionary."""
        lines = [line.split(":", 1) for line in self.cli("info", section).splitlines()]
        return {pair[0]: pair[1].strip() for pair in lines if len(pair) == 2}

    def kill(self):
        """Ends it at once, as a crash would."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._paused = False

    def pause(self):
        """Stops it in its tracks; its connections stay open."""
        self.process.send_signal(signal.SIGSTOP)
        self._paused = True

    def resume(self):
        """Lets it go on after `pause`."""
        if self._paused and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        self._paused = False

    def restart(self):
        """Ends it, if it still runs, and starts it again on the same port with its files."""
        self.kill()
        wait_until(lambda: _claim(self.port), f"port {self.port} becomes free")
        self._start()

    def stop(self):
        """Ends it; twice does nothing."""
        self.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def log(self):
        """What it has written to its log."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    # Private

    def _write_config(self):
        lines = [f"bind {HOST}", f"port {self.port}", f"dir {self.directory}",
                 f"logfile {self.log_file}", "daemonize no"]
        if not self.sentinel:
            lines += ["save \"\"", "appendonly no"]
        if self.password:
            lines += [f"requirepass {self.password}"]
            if not self.sentinel:
                lines += [f"masterauth {self.password}"]
        self.config_file.write_text("\n".join([*lines, *self.config_lines]) + "\n")

    def _start(self):
        command = [program("redis-server"), str(self.config_file)]
        if self.sentinel:
            command.append("--sentinel")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(self._answers, f"redis-server on port {self.port} answers")
        except (AssertionError, RuntimeError):
            self.kill()
            raise AssertionError(f"redis-server does not start:\n{self.log()}") from None

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError("it has ended")  # no use in waiting on
        return self.cli("ping", timeout=5) == "PONG"


class _Group:
    """Several servers with one end."""

    def __init__(self):
        self.servers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends them all; twice does nothing."""
        for server in self.servers:
            server.stop()


class RedisShards(_Group):
    """Independent servers, named `a`, `b`, `c` …"""

    def __init__(self, directory, count=3, *config_lines, password=None):
        super().__init__()
        try:
            for index in range(count):
                self.servers.append(
                    RedisServer(
                        pathlib.Path(directory) / f"shard-{index}", *config_lines,
                        password=password,
                    )
                )
        except BaseException:
            self.stop()
            raise

    @property
    def names(self):
        return [chr(ord("a") + index) for index in range(len(self.servers))]

    @property
    def url(self):
        pairs = zip(self.names, self.servers)
        return " ".join(f"{server.url}?name={name}" for name, server in pairs)


class RedisCluster(_Group):
    """A Redis Cluster of masters and their replicas, all slots served."""

    def __init__(
        self, directory, masters=3, replicas_per_master=1, node_timeout_ms=1_500, *config_lines
    ):
        super().__init__()
        lines = [
            "cluster-enabled yes", "cluster-config-file nodes.conf",
            f"cluster-node-timeout {node_timeout_ms}", "cluster-replica-validity-factor 0",
            "repl-diskless-sync yes", "repl-diskless-sync-delay 0", *config_lines,
        ]
        try:
            for index in range(masters * (1 + replicas_per_master)):
                self.servers.append(
                    RedisServer(pathlib.Path(directory) / f"node-{index}", *lines)
                )
            self._create(masters, replicas_per_master)
        except BaseException:
            self.stop()
            raise

    @property
    def nodes(self):
        return self.servers

    @property
    def url(self):
        seeds = ",".join(server.address for server in self.servers[:3])
        return f"redis+cluster://{seeds}"

    def cli(self, *arguments, timeout=60):
        """What redis-cli prints for the cluster's own node, following its redirections."""
        return self.running()[0].cli("-c", *arguments, timeout=timeout)

    def running(self):
        """The nodes whose process runs."""
        return [server for server in self.servers if server.process.poll() is None]

    def node_lines(self):
        """CLUSTER NODES of a node that runs, split into words."""
        return [line.split() for line in self.running()[0].cli("cluster", "nodes").splitlines()]

    def master_of(self, slot):
        """The server that is the master of a slot now."""
        for words in self.node_lines():
            if "master" not in words[2].split(",") or "fail" in words[2].split(","):
                continue
            for span in words[8:]:
                if span.startswith("["):
                    continue
                first, _, last = span.partition("-")
                if int(first) <= slot <= int(last or first):
                    return self.server_at(words[1])
        raise AssertionError(f"no master has slot {slot}")

    def replicas_of(self, master):
        """The servers that follow a master now."""
        lines = self.node_lines()
        node = next(words[0] for words in lines if self.server_at(words[1]) is master)
        return [self.server_at(words[1]) for words in lines if words[3] == node]

    def server_at(self, address):
        """The server of a node's address as CLUSTER NODES writes it."""
        port = int(address.split("@")[0].rpartition(":")[2])
        return next(server for server in self.servers if server.port == port)

    def reshard(self, source, target, slots, timeout=120):
        """Moves slots, with their keys, from one node to another, both by their index."""
        nodes = self.servers[source], self.servers[target]
        ids = [node.cli("cluster", "myid") for node in nodes]
        done = subprocess.run(
            [program("redis-cli"), "--cluster", "reshard", nodes[0].address, "--cluster-from",
             ids[0], "--cluster-to", ids[1], "--cluster-slots", str(slots), "--cluster-yes"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout,
        )
        if done.returncode != 0:
            raise AssertionError(f"resharding: {done.stdout[-2_000:]}{done.stderr}")
        self.wait_until_ready()

    def is_ready(self):
        """Whether every running node sees all slots served."""
        return all(
            "cluster_state:ok" in server.cli("cluster", "info") for server in self.running()
        )

    def wait_until_ready(self):
        """Waits until the state is ok on every node."""
        wait_until(self.is_ready, "the cluster is ready")

    def _create(self, masters, replicas_per_master):
        """What `redis-cli --cluster create` does, without its waits of seconds."""
        share = -(-SLOTS // masters)
        for index in range(masters):
            last = min(SLOTS, (index + 1) * share) - 1
            self.servers[index].cli("cluster", "addslotsrange", index * share, last)
            self.servers[index].cli("cluster", "set-config-epoch", index + 1)
        for server in self.servers[1:]:
            self.servers[0].cli("cluster", "meet", HOST, server.port)
        wait_until(
            lambda: all(
                f"cluster_known_nodes:{len(self.servers)}" in server.cli("cluster", "info")
                for server in self.servers
            ),
            "the nodes know each other",
        )
        for index in range(masters * replicas_per_master):
            master = self.servers[index % masters].cli("cluster", "myid")
            replica = self.servers[masters + index]
            wait_until(
                lambda: master in replica.cli("cluster", "nodes")
                and replica.cli("cluster", "replicate", master) == "OK",
                "a replica follows its master",
            )
        self.wait_until_ready()
        for server in self.servers[masters:]:
            wait_until(
                lambda: server.info("replication").get("master_link_status") == "up",
                "a replica is in step with its master",
            )


class SentinelTrio(_Group):
    """A master with one replica, and three Sentinels that watch them."""

    def __init__(self, directory, down_after_ms=1_000, *config_lines, password=None):
        super().__init__()
        folder = pathlib.Path(directory)
        self.password = password
        lines = ["repl-diskless-sync yes", "repl-diskless-sync-delay 0", *config_lines]
        try:
            self.data = [RedisServer(folder / "first", *lines, password=password)]
            self.servers.append(self.data[0])
            follow = f"replicaof {HOST} {self.data[0].port}"
            self.data.append(RedisServer(folder / "second", *lines, follow, password=password))
            self.servers.append(self.data[1])
            self.sentinels = []
            for index in range(3):
                sentinel = RedisServer(
                    folder / f"sentinel-{index}", *self._sentinel_lines(down_after_ms),
                    sentinel=True,
                )
                self.sentinels.append(sentinel)
                self.servers.append(sentinel)
            wait_until(self._is_ready, "the Sentinels know each other and the replica")
        except BaseException:
            self.stop()
            raise

    @property
    def url(self):
        user = f":{self.password}@" if self.password else ""
        sentinels = ",".join(sentinel.address for sentinel in self.sentinels)
        return f"redis+sentinel://{user}{sentinels}/{MASTER_NAME}"

    @property
    def master(self):
        """The server that the Sentinels call master now."""
        sentinel = next(each for each in self.sentinels if each.process.poll() is None)
        port = int(sentinel.cli("sentinel", "get-master-addr-by-name", MASTER_NAME).split()[1])
        return next(server for server in self.data if server.port == port)

    @property
    def replica(self):
        """The other one."""
        master = self.master
        return next(server for server in self.data if server is not master)

    def _sentinel_lines(self, down_after_ms):
        lines = [
            f"sentinel monitor {MASTER_NAME} {HOST} {self.data[0].port} 2",
            f"sentinel down-after-milliseconds {MASTER_NAME} {down_after_ms}",
            f"sentinel failover-timeout {MASTER_NAME} {max(3_000, 3 * down_after_ms)}",
            f"sentinel parallel-syncs {MASTER_NAME} 1",
        ]
        if self.password:
            lines.append(f"sentinel auth-pass {MASTER_NAME} {self.password}")
        return lines

    def _is_ready(self):
        if self.data[1].info("replication").get("master_link_status") != "up":
            return False
        for sentinel in self.sentinels:
            master = sentinel.cli("sentinel", "master", MASTER_NAME).splitlines()
            told = dict(zip(master[::2], master[1::2]))
            if told["num-other-sentinels"] != "2" or told["num-slaves"] != "1":
                return False
        return True


TOPOLOGIES = {
    "single": RedisServer,
    "shards": RedisShards,
    "cluster": RedisCluster,
    "sentinel": SentinelTrio,
}

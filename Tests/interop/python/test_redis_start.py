"""How the server starts, stops and speaks with Redis there, not there, not ours; and its settings."""

import json
import subprocess

import grpc
import pytest
from grpc_health.v1 import health_pb2

import server_process
from certificates import Certificates
from contract import SERVICE
from contract import cache as pb
from expectations import error_info, refused, wait_until
from redis_process import RedisServer, RedisShards, free_port
from test_redis import get, health, put, usable

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
SECRET = "hunter2"


@pytest.fixture
def redis(tmp_path):
    """Starts Redis servers that end with the test."""
    servers = []

    def start(*lines, **options):
        servers.append(RedisServer(tmp_path / f"redis-{len(servers)}", *lines, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def run(*arguments, variables=None):
    """Runs the program to its end."""
    return subprocess.run(
        [server_process.binary(), *arguments], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60, env=server_process.environment(variables),
    )


def log_line(server, event):
    """Waits for the log line of an event; its members."""

    def has(line):
        return line.startswith("{") and json.loads(line)["event"] == event

    return json.loads(server.wait_for_line(has, f'"{event}"'))


def events(server):
    """The events of Redis that were told so far."""
    lines = (json.loads(line) for line in server.output() if line.startswith("{"))
    return [line["event"] for line in lines if line["event"].startswith("redis ")]


def test_without_redis_the_server_starts_says_so_and_recovers(start_server, tmp_path):
    port = free_port()
    server = start_server(redis_url=f"redis://127.0.0.1:{port}")
    banner = server.wait_for_line(lambda line: line.startswith("redis: "), "how Redis stands")
    assert f"127.0.0.1:{port} not reachable yet" in banner and "retrying" in banner
    lost = log_line(server, "redis shard lost")
    assert lost["pool"] == "default" and lost["shard"] and lost["reason"] and lost["hint"]
    names = health(server)
    assert names[""] == names["l1"] == SERVING
    assert names[SERVICE] == names["l2"] == NOT_SERVING
    error = refused(lambda: put(server, "k", b"v"), UNAVAILABLE)
    assert error_info(error).reason == "L2_UNAVAILABLE"
    with RedisServer(tmp_path / "late", port=port):
        usable(server)
        assert log_line(server, "redis shard connected")["address"] == f"127.0.0.1:{port}"
        put(server, "k", b"v")
        assert get(server, "k").value == b"v"
        assert health(server)["l2"] == SERVING
        log_line(server, "redis feed live")
    # That was nothing to lose: the shard had been told of.
    assert events(server)[:2] == ["redis shard lost", "redis shard connected"]


def test_a_shard_that_dies_is_told_in_log_and_health(start_server, tmp_path):
    with RedisShards(tmp_path / "shards") as shards:
        server = start_server(redis_url=shards.url)
        usable(server)
        shards.servers[1].kill()
        line = log_line(server, "redis shard lost")
        assert line["shard"] == "b" and line["pool"] == "default"
        wait_until(lambda: health(server)["l2/default/b"] == NOT_SERVING, "b does not serve")
        names = health(server)
        assert names["l2"] == NOT_SERVING
        assert names["l2/default/a"] == names["l2/default/c"] == names[SERVICE] == SERVING
        shards.servers[1].restart()
        wait_until(lambda: health(server)["l2"] == SERVING, "all shards serve again")


def test_passwords_are_in_no_output(start_server, redis):
    server = redis(password=SECRET)
    url = server.url
    assert SECRET in url
    started = start_server(redis_url=url)
    usable(started)
    put(started, "k", b"v")
    wrong = start_server(redis_url=url.replace(SECRET, "wrong-" + SECRET))
    refusal = log_line(wrong, "redis shard refuses us")
    assert "password" in refusal["reason"] + refusal["hint"]
    assert health(wrong)[SERVICE] == NOT_SERVING
    for each in (started, wrong):
        assert not any(SECRET in line for line in each.output())


@pytest.mark.parametrize("how", ["url", "setting", "variable", "parts"])
def test_a_password_comes_by_url_setting_or_environment(start_server, redis, how):
    server = redis(password=SECRET)
    bare = f"redis://{server.address}"
    started = {
        "url": lambda: start_server(redis_url=server.url),
        "setting": lambda: start_server(config=f"redis_password: {SECRET}\n", redis_url=bare),
        "variable": lambda: start_server(
            variables={"REDIS_URL": bare, "REDIS_PASSWORD": SECRET}
        ),
        "parts": lambda: start_server(
            variables={
                "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(server.port), "REDIS_DB": "3",
                "REDIS_PASSWORD": SECRET, "CACHE_L2_KEY_PREFIX": "atp:cache:",
                "REDIS_SOCKET_TIMEOUT": "5.0",
            }
        ),
    }[how]()
    usable(started)
    put(started, "k", b"v")
    if how == "parts":
        keys = server.cli("-n", "3", "keys", "*").split()
        assert keys and all(key.startswith("atp:cache:") for key in keys)


def test_a_switched_off_second_level_is_not_touched(start_server, redis):
    server = redis()
    started = start_server(
        variables={"REDIS_URL": server.url, "CACHE_L2_ENABLED": "false"})
    put(started, "k", b"v")
    assert started.stats().instance.mode == "embedded"
    assert server.cli("dbsize") == "0"
    assert SERVICE in health(started) and "l2" not in health(started)


def test_a_switched_off_first_level_keeps_nothing_in_memory(start_server, redis):
    started = start_server(variables={"REDIS_URL": redis().url, "CACHE_L1_ENABLED": "false"})
    usable(started)
    put(started, "k", b"v")
    assert [get(started, "k").source for _ in range(2)] == [pb.SOURCE_L2] * 2
    assert started.stats().totals.l1_size == 0
    assert "l1" not in health(started)


def test_two_pools_hold_the_namespaces_that_name_them(start_server, redis):
    main, keep = redis(), redis()
    started = start_server(
        config=f"redis_url: {main.url}\nredis_pools: {{ keep: '{keep.url}' }}\n"
        "namespaces: { session: { pool: keep } }\n"
    )
    usable(started)
    put(started, "session:1", b"s")
    put(started, "user:1", b"u")
    assert any(key.endswith(":e:session:1") for key in keep.cli("keys", "*").split())
    assert not any("session" in key for key in main.cli("keys", "*").split())
    assert any(key.endswith(":e:user:1") for key in main.cli("keys", "*").split())
    assert started.stats().instance.mode == "redis and 1 more pool"
    keep.kill()
    wait_until(lambda: health(started)[SERVICE] == NOT_SERVING, "a whole pool is away")
    put(started, "user:1", b"u2")
    refused(lambda: put(started, "session:1", b"s2"), UNAVAILABLE)


def test_a_store_of_another_deployment_stops_the_start_with_exit_code_2(redis):
    server = redis()
    server.cli("hset", "cm:deployment", "format", "1", "partitions", "64")
    done = run("--redis-url", server.url, "--listen-port", "0")
    assert done.returncode == 2, done.stderr
    assert "partitions" in done.stderr and "prefix" in done.stderr
    assert "listening" not in done.stdout
    other = run("--redis-url", server.url, "--redis-key-prefix", "mine:", "--print-config")
    assert other.returncode == 0


def test_a_store_of_another_deployment_that_comes_late_stays_unused(start_server, redis):
    server = redis("dbfilename dump.rdb")
    server.cli("hset", "cm:deployment", "partitions", "64")
    server.cli("save")
    server.kill()
    started = start_server(redis_url=server.url)
    log_line(started, "redis shard lost")
    server.restart()
    refusal = log_line(started, "redis shard is not of this deployment")
    assert refusal["level"] == "error" and "partitions" in refusal["reason"]
    refused(lambda: put(started, "k", b"v"), UNAVAILABLE)
    assert health(started)[SERVICE] == NOT_SERVING
    assert server.cli("keys", "*") == "cm:deployment"
    assert events(started).count("redis shard is not of this deployment") == 1
    # Once it is nobody's, it is ours.
    server.cli("flushall")
    usable(started)
    put(started, "k", b"v")


def test_foreign_values_are_told_without_their_keys(start_server, redis):
    server = redis()
    started = start_server(config="l1_enabled: false\n", redis_url=server.url)
    usable(started)
    put(started, "secret-key", b"v")
    stored = server.cli("keys", "*:e:*")
    server.cli("set", stored, "secret-value")
    for _ in range(3):
        assert not get(started, "secret-key").hit
    line = log_line(started, "redis holds foreign values")
    assert line["level"] == "warning" and line["pool"] == "default" and line["hint"]
    assert events(started).count("redis holds foreign values") == 1
    assert not any("secret" in line for line in started.output())


@pytest.mark.parametrize(
    "form, words",
    [
        ("tls-to-plain", "write redis:// instead of rediss://"),
        ("plain-to-tls", "write rediss:// instead of redis://"),
        ("replica", "is a replica, which takes no writes"),
    ],
)
def test_what_is_wrong_with_the_url_is_said_as_it_is(start_server, redis, tmp_path, form, words):
    if form == "tls-to-plain":
        url = redis().url.replace("redis://", "rediss://")
    elif form == "plain-to-tls":
        folder = Certificates(tmp_path / "certificates")
        port = free_port()
        redis(
            f"tls-port {port}", f"tls-cert-file {folder.path('server.pem')}",
            f"tls-key-file {folder.path('server-key.pem')}",
            f"tls-ca-cert-file {folder.path('ca.pem')}",
        )
        url = f"redis://127.0.0.1:{port}"
    else:
        url = redis(f"replicaof 127.0.0.1 {redis().port}").url
    started = start_server("redis_connect_timeout: 500ms\n", redis_url=url)
    assert words in log_line(started, "redis shard lost")["reason"]
    refused(lambda: put(started, "k", b"v"), UNAVAILABLE)


def test_variables_without_the_rest_stop_the_start():
    for variables, name in [
        ({"REDIS_PORT": "6379"}, "REDIS_PORT"), ({"REDIS_DB": "1"}, "REDIS_DB"),
        ({"REDIS_CLUSTER_NODES": '["h:1"]'}, "REDIS_CLUSTER_NODES"),
    ]:
        done = run("--listen-port", "0", variables=variables)
        assert done.returncode == 2 and name in done.stderr, done.stderr
        assert "needs" in done.stderr


@pytest.mark.parametrize(
    "arguments, variables, words",
    [
        (["--redis-url", f"redis://:{SECRET}@h:x"], {}, ["redis_url", "a port is", "redis+cluster"]),
        ([], {"REDIS_URL": f"http://:{SECRET}@h"}, ["redis_url", "env REDIS_URL", "scheme"]),
        ([], {"REDIS_HOST": "h", "REDIS_PORT": "x"}, ["REDIS_PORT", "1 to 65535"]),
        (["--l1-enabled", "false"], {}, ["l1_enabled", "needs redis_url"]),
        (
            ["--redis-url", "rediss://h?ca=/no/such/file"], {}, ["redis_url", "/no/such/file"]
        ),
    ],
)
def test_wrong_settings_stop_the_start_with_a_sentence(arguments, variables, words):
    done = run(*arguments, variables=variables)
    assert done.returncode in (1, 2), done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    assert SECRET not in done.stderr + done.stdout


def test_print_config_hides_passwords():
    done = run(
        "--redis-url", f"redis://ada:{SECRET}@h/1", "--print-config", "--json",
        variables={"REDIS_PASSWORD": SECRET},
    )
    assert done.returncode == 0 and SECRET not in done.stdout + done.stderr
    printed = json.loads(done.stdout)
    assert printed["redis_url"]["value"] == "redis://ada:***@h:6379/1"
    assert printed["redis_password"] == {"value": "***", "source": "env REDIS_PASSWORD"}


def test_a_stop_sends_what_waits_and_exits_0(start_server, redis):
    server = redis()
    started = start_server(
        config="namespaces: { log: { l2_writes: async } }\n", redis_url=server.url)
    usable(started)
    keys = [f"log:{number}" for number in range(500)]
    for key in keys:
        put(started, key, b"v")
    started.stop()  # insists on exit code 0
    stored = [key for key in server.cli("keys", "*:e:log:*").split()]
    assert len(stored) == len(keys)

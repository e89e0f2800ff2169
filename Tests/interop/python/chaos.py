"""Clients that write and read while something breaks, and remember what they were promised."""

import random
import threading
import time

import grpc

import contract

TTL_SECONDS = 3600
CALL_SECONDS = 10
LET_DOWN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Key:
    """What one key may hold: the last value that was acknowledged, or one that may have come later."""

    def __init__(self, name):
        self.name = name
        self.acknowledged = 0
        self.acknowledged_at = 0.0
        self.next = 1
        self.history = []  # (number, when it was acknowledged)
        self.unanswered = set()  # writes that failed: they may be executed at any later time

    def begin(self):
        number = self.next
        self.next += 1
        return number

    def succeeded(self, number):
        self.acknowledged, self.acknowledged_at = number, time.monotonic()
        self.history.append((number, self.acknowledged_at))

    def lost_at(self, number):
        """When the first acknowledged write was promised that a read of `number` does not show."""
        return next((when for each, when in self.history if each > number), None)


class Client(threading.Thread):
    """Owns its keys: nobody else writes them, so that it knows what a read must show."""

    def __init__(self, stub, index, keys, stop):
        super().__init__(name=f"client-{index}", daemon=True)
        self._stub, self._ended = stub, stop
        self._random = random.Random(index)
        self.keys = [Key(f"chaos:{index}-{number}") for number in range(keys)]
        self.calls = 0
        self.errors = []  # (when, what)
        self.lost = []  # (key, number read, number promised, when it was promised)
        self.surprises = []
        self.late = 0  # reads of a write that had failed, and came after one that was acknowledged

    def run(self):
        while not self._ended.is_set():
            key = self._random.choice(self.keys)
            try:
                if self._random.random() < 0.5:
                    self._write(key)
                else:
                    self.read(key)
            except grpc.RpcError as error:
                self.errors.append((time.monotonic(), error.code(), error.details()))
                if error.code() not in LET_DOWN:
                    self.surprises.append(f"{key.name}: {error.code()} {error.details()}")
                # As a client does that backs off, though not for long.
                self._ended.wait(0.02)
            self.calls += 1

    def _write(self, key):
        number = key.begin()
        request = contract.cache.SetRequest(
            key=key.name, value=str(number).encode(), ttl={"seconds": TTL_SECONDS}
        )
        try:
            answer = self._stub.Set(request, timeout=CALL_SECONDS)
        except grpc.RpcError:
            key.unanswered.add(number)
            raise
        if answer.stored:
            key.succeeded(number)
        else:
            self.surprises.append(f"{key.name}: not stored, {answer.reason}")

    def read(self, key, mode=contract.cache.READ_MODE_UNSPECIFIED):
        answer = self._stub.Get(
            contract.cache.GetRequest(key=key.name, mode=mode), timeout=CALL_SECONDS
        )
        number = int(answer.value) if answer.hit else 0
        if number >= key.next:
            self.surprises.append(f"{key.name}: {number} was never written")
        if number < key.acknowledged and number in key.unanswered:
            self.late += 1
        elif number < key.acknowledged:
            self.lost.append((key.name, number, key.acknowledged, key.lost_at(number)))
            # It is gone: what comes now is measured against what is there.
            key.acknowledged = number
            key.history = [each for each in key.history if each[0] <= number]


class Chaos:
    """Clients at work; `with` starts and ends them."""

    def __init__(self, servers, clients=16, keys=40):
        self._stop = threading.Event()
        self.clients = [
            Client(servers[index % len(servers)].new_client(), index, keys, self._stop)
            for index in range(clients)
        ]

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for client in self.clients:
            client.join(60)
            assert not client.is_alive(), f"{client.name} hangs"

    @property
    def calls(self):
        return sum(client.calls for client in self.clients)

    @property
    def errors(self):
        return [error for client in self.clients for error in client.errors]

    @property
    def lost(self):
        return [each for client in self.clients for each in client.lost]

    def wait_for_calls(self, count, seconds=60):
        """Waits until every client has made so many more calls."""
        goals = [(client, client.calls + count) for client in self.clients]
        self._wait(lambda: all(client.calls >= goal for client, goal in goals), seconds,
                   f"{count} calls of every client")  # fmt: skip

    def wait_for_peace(self, calls=50, seconds=90):
        """Waits until every client has made so many calls in a row without an error."""
        def marks():
            return [(client, client.calls, len(client.errors)) for client in self.clients]

        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = marks()
            self.wait_for_calls(calls, max(1, deadline - time.monotonic()))
            if all(len(client.errors) == errors for client, _, errors in before):
                return
        raise AssertionError(f"there are still errors: {self.errors[-5:]}")

    def read_everything(self):
        """Every key once more, from the shared level; after the clients have ended."""
        for client in self.clients:
            for key in client.keys:
                client.read(key, contract.cache.READ_MODE_SKIP_L1)

    def assert_no_surprise(self):
        surprises = [each for client in self.clients for each in client.surprises]
        assert not surprises, surprises[:10]

    def assert_nothing_lost(self):
        assert not self.lost, f"{len(self.lost)} acknowledged writes are gone: {self.lost[:5]}"

    def assert_lost_only_near(self, moment, seconds, say):
        """What is gone was acknowledged in the moments before a master died: its replica had not
        been told. Redis's replication is asynchronous, and that much it loses by itself."""
        early = [each for each in self.lost if each[3] < moment - seconds]
        assert not early, f"promised long before the failure, and gone: {early[:5]}"
        say(f"{len(self.lost)} of {self.calls} calls' writes were acknowledged within {seconds} s "
            "before the master died and are gone: Redis replicates asynchronously")  # fmt: skip

    @staticmethod
    def _wait(condition, seconds, what):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"no {what} within {seconds:.0f} s"
            time.sleep(0.02)

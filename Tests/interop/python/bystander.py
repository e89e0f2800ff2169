"""What an attack must not disturb: a client that behaves, and the server's memory."""

import contextlib
import threading
import time

import grpc

from contract import cache as pb

# A call takes a millisecond. Two seconds are for a machine that is busy with other things, and
# for sanitizers; an attack that got hold of the event loop would take it for as long as it lasts,
# and its calls would fail by their deadline of 60 s.
SLOWEST_SECONDS = 2
MEBIBYTE = 1 << 20


class Bystander:
    """Calls the server all the time, over a connection of its own."""

    def __init__(self, server):
        self._cache = server.new_client()
        self._cache.Set(pb.SetRequest(key="bystander", value=b"v" * 100))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.calls = 0
        self.failures = []
        self.slowest = 0.0

    def _run(self):
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                assert self._cache.Get(pb.GetRequest(key="bystander")).hit
            except (grpc.RpcError, AssertionError) as error:
                self.failures.append(error)
                return
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.calls += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def assert_undisturbed(self):
        """Every call went well, and the slowest was not slow."""
        assert not self.failures, self.failures
        assert self.calls > 0
        assert self.slowest < SLOWEST_SECONDS, f"a call took {self.slowest:.1f} s"


@contextlib.contextmanager
def beside(server):
    """A well-behaved client throughout the block; it must not notice anything."""
    with Bystander(server) as bystander:
        yield bystander
    bystander.assert_undisturbed()


@contextlib.contextmanager
def memory_within(server, mebibytes, is_meaningful=True):
    """The server's memory at its peak within the block, against what it held before.

    Under a sanitizer the figure says nothing, for freed memory is kept there.
    """
    server.forget_peak()
    before = server.resident_bytes()
    yield
    grown = server.peak_resident_bytes() - before
    if is_meaningful:
        assert grown <= mebibytes * MEBIBYTE, f"it grew by {grown / MEBIBYTE:.1f} MiB"

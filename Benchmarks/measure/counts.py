"""What no neighbour disturbs: system calls, heap allocations and instructions per Get."""

import pathlib
import re
import signal
import struct
import subprocess
import tempfile
import time

from .load import HTTP2Load, Shape
from .machine import PROJECT, Unavailable, need
from .report import Row
from .servers import CacheManager

HUNDRED_STREAMS = Shape(connections=50, streams=100)
ATTACH_SECONDS = 30
COUNTER = struct.Struct("=Q")


def system_calls(options, machine, say):
    row = Row(f"system calls per Get, {HUNDRED_STREAMS}", bar=0.05, goal=0.05)
    calls = 20_000 if options.quick else 100_000
    CacheManager.binary = options.server
    strace = need("strace")
    with CacheManager(machine, "--threads", "1") as server, tempfile.TemporaryDirectory() as folder:
        load = _warm(machine, server)
        summary = pathlib.Path(folder) / "summary"
        tracer = subprocess.Popen(
            [strace, "-c", "-f", "-o", str(summary), "-p", str(server.process.pid)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        _wait_until_traced(server, tracer)
        say(f"{calls} calls under strace")
        try:
            load.run(calls)
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(ATTACH_SECONDS)
        server.verify()
        total = re.search(r"^\s*100\.00\s.*?(\d+)\s+(?:\d+\s+)?total$", summary.read_text(), re.M)
        if not total:
            raise AssertionError(f"strace counted nothing: {summary.read_text()[:400]}")
        row.measured = int(total.group(1)) / calls
        row.details = {"calls": calls, "system_calls": int(total.group(1))}
    return [row]


def allocations(options, machine, say):
    row = Row(f"heap allocations per Get, {HUNDRED_STREAMS}", bar=2, goal=2)
    calls = 20_000 if options.quick else 200_000
    CacheManager.binary = options.server
    with tempfile.TemporaryDirectory() as folder:
        count = pathlib.Path(folder) / "count"
        count.write_bytes(bytes(COUNTER.size))
        preload = ["env", f"LD_PRELOAD={_malloc_counter(folder)}", f"MALLOC_COUNT_FILE={count}"]
        with CacheManager(machine, "--threads", "1", wrapper=preload) as server:
            load = _warm(machine, server)
            # What h2load's connections cost to open is the same for both, and falls out.
            counts = []
            for number in (calls, 2 * calls):
                before = COUNTER.unpack(count.read_bytes())[0]
                load.run(number)
                counts.append(COUNTER.unpack(count.read_bytes())[0] - before)
                say(f"{counts[-1]} allocations in {number} calls")
            server.verify()
    row.measured = (counts[1] - counts[0]) / calls
    row.details = {"calls": calls, "allocations": counts}
    return [row]


def _malloc_counter(folder):
    """The library that counts, built for this run."""
    source = PROJECT / "Benchmarks/malloc-count/malloc_count.c"
    library = pathlib.Path(folder) / "malloc_count.so"
    command = [need("gcc"), "-O2", "-shared", "-fPIC", "-o", str(library), str(source)]
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode != 0:
        raise Unavailable(f"the malloc counter does not build: {built.stderr.strip()[-200:]}")
    return library


def instructions(options, machine, say):
    """By the processor's counter; valgrind's simulation crashes on a Swift server."""
    row = Row(f"instructions per Get, {HUNDRED_STREAMS}", unit="")
    CacheManager.binary = options.server
    row.measured, row.note = _by_perf(options, machine)
    return [row]


def _warm(machine, server):
    server.prepare()
    server.verify()
    load = HTTP2Load(machine, server, HUNDRED_STREAMS)
    load.run(2_000)
    return load


def _wait_until_traced(server, tracer):
    deadline = time.monotonic() + ATTACH_SECONDS
    tasks = pathlib.Path(f"/proc/{server.process.pid}/task")
    while time.monotonic() < deadline:
        if tracer.poll() is not None:
            raise Unavailable(f"strace cannot attach: {tracer.stderr.read().strip()[-200:]}")
        states = [(task / "status").read_text() for task in tasks.iterdir()]
        if all(f"TracerPid:\t{tracer.pid}\n" in state for state in states):
            return
        time.sleep(0.01)
    tracer.kill()
    raise AssertionError("strace did not attach")


def _by_perf(options, machine):
    """Instructions in user mode, as the processor counts them."""
    try:
        perf = need("perf")
    except Unavailable:
        return None
    calls = 20_000 if options.quick else 200_000
    with CacheManager(machine, "--threads", "1") as server, tempfile.TemporaryDirectory() as folder:
        load = _warm(machine, server)
        counters = pathlib.Path(folder) / "counters"
        counter = subprocess.Popen(
            [perf, "stat", "-x,", "-e", "instructions:u", "-o", str(counters),
             "-p", str(server.process.pid)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            load.run(calls)
        finally:
            counter.send_signal(signal.SIGINT)
            counter.wait(ATTACH_SECONDS)
        found = re.search(r"^(\d+),", counters.read_text(), re.M)
    if not found or int(found.group(1)) < calls:
        raise Unavailable("the processor's counters are not available here")
    return int(found.group(1)) / calls, "counted by the processor, user mode"

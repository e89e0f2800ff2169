"""The engine alone, without a network: what a call costs, and what an entry takes."""

import statistics
import subprocess

from .machine import PROJECT, Unavailable, need
from .report import Row

BINARY = PROJECT / ".build/release/engine-bench"
TIMEOUT_SECONDS = 1_200
# What the requirements ask for, in nanoseconds, in sizes that a core's caches hold.
RESIDENT = (("get", 25), ("set", 142), ("concurrent-get", 41))
# What the coalescer takes for a caller that joins a flight under way, for one that has a flight
# to itself, and for one that finds the entry. The first is what the requirements count.
COALESCER = (("coalescer", "join"), ("coalescer-alone", "alone"), ("coalescer-hit", "hit"))
COALESCER_GOAL = 68


def speed(options, machine, say):
    figures = _run("speed", options, machine, say)
    rows = []
    for name, goal in RESIDENT:
        row = Row(f"engine: {name}, 1,000 entries", goal=goal, bar=4 * goal, unit="ns")
        rows.append(_spread(row, figures[name]))
    for name, what in COALESCER:
        goal = COALESCER_GOAL
        row = Row(f"engine: coalescer, {what}", goal=goal, bar=4 * goal, unit="ns")
        rows.append(_spread(row, figures[name]))
    pairs = zip(figures["hit"], figures["dictionary"], strict=True)
    row = Row("engine: hit / Dictionary + Mutex, 1 M keys, Zipf 0.99", bar=1, goal=0.5)
    rows.append(_spread(row, [ours / theirs for ours, theirs in pairs]))
    row.note = f"{statistics.median(figures['hit']):.0f} ns a hit, one thread"
    # The report's limits are upper ones, so the gain is told upside down.
    row = Row("engine: a hit's time with two threads / with one", bar=0.8, goal=1 / 1.7)
    rows.append(_spread(row, [1 / gain for gain in figures["two-threads-gain"]]))
    row.note = f"{statistics.median(figures['two-threads-gain']):.2f} times the calls"
    return rows


# What another thread does meanwhile, by the name that engine-bench gives it.
PAUSES = (
    ("clear-namespace", "a namespace is cleared"),
    ("clear-all", "everything is cleared"),
    ("expire", "all expire"),
    ("reconfigure", "all get another policy"),
)
LONGEST_MICROSECONDS = 1_000


def pauses(options, machine, say):
    # Other programs that want the processor would make it look as if calls waited for the engine.
    figures = _run("pauses", options, machine, say, before=[need("nice"), "-n", "-20"])
    many = "200,000 entries" if options.quick else "1 M entries"
    quiet = min(figures["quiet"])
    rows = []
    for name, what in PAUSES:
        row = Row(f"engine: longest call while {what}, {many}", unit="µs")
        row.bar = row.goal = LONGEST_MICROSECONDS
        row.note = f"{quiet:.0f} µs beside nothing of the kind"
        rows.append(_least(row, figures[name]))
    row = Row(f"engine: longest set while it grows to {many}", unit="µs")
    row.bar = row.goal = LONGEST_MICROSECONDS
    return [*rows, _least(row, figures["grow"])]


def memory(options, machine, say):
    figures = {}
    for part in ("plain", "expiring", "budget"):
        figures |= _run(f"memory {part}", options, machine, say)
    many = "100,000" if options.quick else "1 M"
    rows = []
    for name, what in (("entry-overhead", ""), ("entry-overhead-expiring", ", with expiry")):
        row = Row(f"engine: bytes an entry beyond key and value, {many}{what}", unit="B")
        row.bar, row.goal = 64, 48
        rows.append(_spread(row, figures[name]))
    many = "100,000" if options.quick else "10 M"
    off = [abs(ratio - 1) for ratio in figures["budget-accuracy"]]
    row = Row(f"engine: resident memory off the budget's count, {many}", bar=0.05, goal=0.03)
    rows.append(_spread(row, off))
    return rows


def _run(what, options, machine, say, before=()):
    """The rounds of each figure, by name."""
    if not BINARY.exists():
        raise Unavailable("engine-bench is not built: make build")
    cores = f"{machine.server_core},{machine.load_core}"
    command = [*before, need("taskset"), "-c", cores, str(BINARY), *what.split()]
    say(what)
    done = subprocess.run(
        command + (["--quick"] if options.quick else []),
        capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
    )  # fmt: skip
    if done.returncode != 0:
        raise AssertionError(f"engine-bench ended with {done.returncode}: {done.stderr[-200:]}")
    lines = (line.split() for line in done.stdout.splitlines())
    return {name: [float(number) for number in numbers] for name, *numbers in lines}


def _least(row, rounds):
    """The least of the rounds: the machine adds waits, and what the engine does is in all."""
    _spread(row, rounds)
    row.measured = min(rounds)
    return row


def _spread(row, rounds):
    row.measured = statistics.median(rounds)
    if len(rounds) > 1:
        row.low, row.high = min(rounds), max(rounds)
    row.details = {"rounds": rounds}
    return row

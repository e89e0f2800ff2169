"""The share of recorded requests that the engine answers, beside what others reach."""

import array
import gzip
import lzma
import statistics
import struct
import subprocess
import tempfile
from dataclasses import dataclass

from .engine import BINARY, TIMEOUT_SECONDS
from .machine import PROJECT, Unavailable
from .report import Row

TRACES = PROJECT.parent / "shared/traces"
# The keys are hashed with a random seed in production: a table shows the median of so many.
SEEDS = range(1, 6)
FILES = {
    "OLTP": "oltp.gz",
    "GLI": "gli.trace.gz",
    "SCARAB": "scarab-recs.trace.xz",
    "loop": "loop.trace.gz",
    "Corda": "trace_vaultservice.gz",
}
MIX = ("Corda", *5 * ("loop",), "Corda")
LIMIT_POINTS = 0.5


@dataclass
class Line(Row):
    """A line of a table, laid out by itself."""

    text: str = ""

    def line(self):
        return self.text


def one_thread(options, machine, say):
    return _table(options, say, threads=1)


def two_threads(options, machine, say):
    return _table(options, say, threads=2)


def _table(options, say, threads):
    if not TRACES.is_dir():
        raise Unavailable(f"there are no traces in {TRACES}: nothing to replay")
    if not BINARY.exists():
        raise Unavailable("engine-bench is not built: make build")
    columns, reference = _reference()
    seeds = SEEDS[:1] if options.quick else SEEDS
    rows = [_heading(columns, threads)]
    ours = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, others in reference.items():
            path, entries = _keys(name, folder)
            say(f"{name}, {threads} threads")
            rounds = [_replay(path, entries, threads, seed) for seed in seeds]
            ours[name] = statistics.median(rounds)
            rows.append(_line(name, ours[name], rounds, others))
    means = [statistics.mean(column) for column in zip(*reference.values(), strict=True)]
    mean = statistics.mean(ours.values())
    rows.append(_line("mean", mean, [mean], means))
    return rows + _summary(columns, reference, ours, mean, means, threads)


def _reference():
    """The columns' names, and the numbers of each row, as the traces' README has them."""
    lines = (TRACES / "README.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    first = next(index for index, row in enumerate(cells) if row[0] == "trace, size")
    table = {}
    for name, *numbers in cells[first + 2 :]:
        if not numbers:
            break
        table[name] = [float(number) for number in numbers]
    return cells[first][1:], table


def _keys(name, folder):
    """A file with the keys of a row's trace, 8 bytes each, and the size in entries."""
    if name.startswith("Corda"):
        traces, entries = MIX, name.rsplit(" ", 1)[1]
    else:
        trace, entries = name.rsplit(" ", 1)
        traces = (trace,)
    path = f"{folder}/{'-'.join(traces)}"
    with open(path, "ab") as file:
        if file.tell() == 0:
            for trace in traces:
                array.array("q", _requests(trace)).tofile(file)
    return path, int(entries)


def _requests(trace):
    path = TRACES / FILES[trace]
    content = (lzma if path.suffix == ".xz" else gzip).open(path).read()
    if trace in ("SCARAB", "Corda"):
        return [number for (number,) in struct.iter_unpack(">q", content)]
    lines = (line.split() for line in content.decode().splitlines())
    if trace != "OLTP":
        return [int(line[0]) for line in lines if line and line[0] != "*"]
    starts = ((int(line[0]), int(line[1])) for line in lines if len(line) > 1)
    return [block for start, count in starts for block in range(start, start + count)]


def _replay(path, entries, threads, seed):
    """The hit ratio in percent."""
    done = subprocess.run(
        [str(BINARY), "replay", path, str(entries), "tinylfu", str(threads), str(seed)],
        capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
    )  # fmt: skip
    if done.returncode != 0:
        raise AssertionError(f"engine-bench ended with {done.returncode}: {done.stderr[-200:]}")
    _, hits, _, requests, *_ = done.stdout.split()
    return 100 * int(hits) / int(requests)


def _heading(columns, threads):
    text = f"hit ratio in %, {threads} thread{'s' if threads > 1 else ''}"
    names = "".join(f"{name:>11}" for name in ("here", "spread", *columns))
    return Line("heading", text=f"{text:<36}{names}")


def _line(name, measured, rounds, others):
    spread = f"{min(rounds):.2f}–{max(rounds):.2f}"
    numbers = "".join(f"{other:>11.2f}" for other in others)
    return Line(
        f"hit ratio, {name}", measured=measured, low=min(rounds), high=max(rounds), unit="%",
        details={"rounds": rounds, "others": others},
        text=f"{name:<36}{measured:>11.2f}{spread:>12}{numbers[1:]}",
    )  # fmt: skip


def _summary(columns, reference, ours, mean, means, threads):
    """The report's limits are upper ones, so what is missing is told."""
    rows = []
    for column, is_demanded in (("W-TinyLFU", True), ("LRU", False)):
        place = columns.index(column)
        missing = {name: others[place] - ours[name] for name, others in reference.items()}
        worst = max(missing, key=missing.get)
        row = Row(f"points below {column} at worst, {threads} thread(s)", unit="points")
        row.measured, row.note = missing[worst], worst
        row.goal, row.bar = LIMIT_POINTS, LIMIT_POINTS if is_demanded else 100
        rows.append(row)
    best = max(others for name, others in zip(columns, means, strict=True) if name != "OPT")
    row = Row(f"points of the mean below the best column's, {threads} thread(s)", unit="points")
    row.measured, row.bar, row.goal = best - mean, 0, 0
    return [*rows, row]

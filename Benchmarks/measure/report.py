"""What comes out: a row per figure, printed when it is known, and all of it as JSON at the end."""

import datetime
import json
import sys
from dataclasses import dataclass, field

from .machine import PROJECT, Unavailable

RESULTS = PROJECT / "Benchmarks/results"
COLUMNS = f"{'measured':<58} {'bar':>8} {'goal':>8} {'here':>9}  {'spread':<15} "


@dataclass
class Row:
    """One figure. The bar is what must hold, the goal where it is headed; both are at most."""

    measured_what: str
    bar: float | None = None
    goal: float | None = None
    unit: str = ""
    measured: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    details: dict = field(default_factory=dict)

    @property
    def verdict(self):
        if self.measured is None:
            return "not measured"
        if self.bar is None:
            return ""
        if self.measured <= self.goal:
            return "goal"
        return "bar" if self.measured <= self.bar else "ABOVE THE BAR"

    def line(self):
        spread = "" if self.low is None else f"{_short(self.low)}–{_short(self.high)}"
        limits = [f"≤ {_short(each)}" if each is not None else "" for each in (self.bar, self.goal)]
        here = "–" if self.measured is None else f"{_short(self.measured)} {self.unit}".strip()
        text = f"{self.measured_what:<58} {limits[0]:>8} {limits[1]:>8} {here:>9}  {spread:<15} "
        note = f" ({self.note})" if self.note else ""
        return (text + self.verdict + note).rstrip()


def _short(number):
    if number >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}"


class Report:
    """Prints as it goes; remembers for the file."""

    def __init__(self, machine, options):
        self._machine, self._options = machine, options
        self._rows = {}
        self._began = datetime.datetime.now(datetime.timezone.utc)
        self.failed = False

    def begin(self):
        about = self._machine.description()
        self._print(
            f"{about['processor']}, {about['cores']} cores, {about['system']}, {about['commit']}; "
            f"server on core {about['server_core']}, load on core {about['load_core']}"
        )
        if self._machine.cores < 2:
            self._print("one core: server and load share it, which the ratios survive badly")
        self._print(COLUMNS.rstrip())

    def measure(self, name, function, options, machine):
        """Runs one measurement and prints its rows; what is missing is said, and no failure."""

        def say(text):
            if sys.stderr.isatty():
                print(f"  {name}: {text}\033[K", end="\r", file=sys.stderr, flush=True)

        try:
            rows = function(options, machine, say)
        except Unavailable as missing:
            rows = [Row(name, note=str(missing))]
        except (AssertionError, OSError) as failure:
            rows = [Row(name, note=f"FAILED: {failure}")]
            self.failed = True
        if sys.stderr.isatty():
            print("\033[K", end="", file=sys.stderr)
        self._rows[name] = rows
        for row in rows:
            self._print(row.line())

    def end(self):
        """Writes the file, and prints it where JSON was asked for."""
        results = self._as_json()
        RESULTS.mkdir(parents=True, exist_ok=True)
        path = RESULTS / f"{self._began:%Y-%m-%dT%H-%M-%SZ}.json"
        path.write_text(results + "\n")
        self._print(f"written to {path.relative_to(PROJECT)}")
        if self._options.json:
            print(results)

    def _print(self, line):
        print(line, file=sys.stderr if self._options.json else sys.stdout, flush=True)

    def _as_json(self):
        rows = [
            {
                "name": name,
                "what": row.measured_what,
                "measured": row.measured,
                "unit": row.unit,
                "bar": row.bar,
                "goal": row.goal,
                "low": row.low,
                "high": row.high,
                "verdict": row.verdict,
                "note": row.note,
                "details": row.details,
            }
            for name, rows in self._rows.items()
            for row in rows
        ]
        options = {key: getattr(self._options, key) for key in ("quick", "pairs", "seconds")}
        whole = {
            "date": self._began.isoformat(timespec="seconds"),
            "machine": self._machine.description(),
            "options": options,
            "measurements": rows,
        }
        return json.dumps(whole, indent=2, ensure_ascii=False)

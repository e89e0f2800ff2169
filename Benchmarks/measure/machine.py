"""The machine: which core serves, which makes the load, and what to write down about it."""

import os
import pathlib
import platform
import resource
import shutil
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]


class Unavailable(Exception):
    """Something a measurement needs is not on this machine; said, and no failure."""


class Machine:
    """Two cores, one for the server and one for the load; the same one where there is no other."""

    def __init__(self):
        cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.load_core = cores[0], cores[min(1, len(cores) - 1)]
        self.cores = len(cores)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def on_server_core(self, command):
        """The command, pinned to where servers run."""
        return ["taskset", "-c", str(self.server_core), *command]

    def on_load_core(self, command):
        """The command, pinned to where the load is made."""
        return ["taskset", "-c", str(self.load_core), *command]

    def description(self):
        """What a reader of the results must know."""
        return {
            "processor": _processor(),
            "cores": self.cores,
            "server_core": self.server_core,
            "load_core": self.load_core,
            "system": f"{platform.system()} {platform.release()}",
            "commit": _commit(),
        }


def need(program):
    """The program's path; says which one is missing otherwise."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Unavailable(f"{program} is not installed")
    return path


def _processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _commit():
    answer = subprocess.run(
        ["git", "-C", str(PROJECT), "describe", "--always", "--dirty"],
        capture_output=True, text=True,
    )  # fmt: skip
    return answer.stdout.strip() or "unknown"

"""What this process holds, as Linux's ``/proc`` tells."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

SELF = Path("/proc/self")


@dataclass(frozen=True)
class Usage:
    """Resident memory, and how many open files, threads and children."""

    megabytes: float
    files: int
    threads: int
    children: int


def usage() -> Usage:
    """What this process holds now."""
    status = dict(line.split(":\t", 1) for line in (SELF / "status").read_text().splitlines())
    children = [pid for path in SELF.glob("task/*/children") for pid in path.read_text().split()]
    files = len(os.listdir(SELF / "fd")) - 1  # but for the one that lists them
    return Usage(int(status["VmRSS"].split()[0]) / 1024, files, int(status["Threads"]), len(children))


def growth(samples: list[Usage]) -> dict[str, float]:
    """What the last sample has more of than the first."""
    first, last = asdict(samples[0]), asdict(samples[-1])
    return {name: round(last[name] - first[name], 1) for name in first}

"""Versions, operating system and processor."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator

from leap import __version__
from leap.doctor.finding import Finding

SECTION = "System"
SETTINGS = (
    "LEAP_DATA",
    "LEAP_PARTS",
    "OMP_NUM_THREADS",
    "CUDA_VISIBLE_DEVICES",
    "HDF5_USE_FILE_LOCKING",
    "XDG_CACHE_HOME",
)
"""Variables of the environment that are reported; none of them holds a secret."""


def system_findings() -> Iterator[Finding]:
    """Versions of package and Python, operating system, processor, and settings."""
    python = f"Python {platform.python_version()} ({platform.python_implementation()})"
    yield Finding(SECTION, "leap", f"{__version__}, {python}")
    yield Finding(SECTION, "operating system", platform.platform())
    yield Finding(SECTION, "processor", f"{platform.machine()}, {_usable_cores()} of {os.cpu_count()} cores")
    given = [f"{name}={os.environ[name]}" for name in SETTINGS if name in os.environ]
    yield Finding(SECTION, "settings", ", ".join(given) or "none")


def _usable_cores() -> int | None:
    """Number of cores that this process may use, where the system says so."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count()

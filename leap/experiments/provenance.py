"""Under what a run was made: code, libraries, machine."""

import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import leap
from leap.experiments.records import Record

LIBRARIES = ("torch", "numpy", "h5py", "safetensors")


def code() -> dict[str, Any]:
    """Package version and, in a git checkout, commit and whether the package's files differ from it."""
    commit, changes = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--", ".")
    return {
        "version": leap.__version__,
        "commit": commit,
        "dirty": None if changes is None else bool(changes),
    }


def libraries() -> dict[str, str]:
    """Versions of the libraries that compute."""
    return {name: version(name) for name in LIBRARIES}


def device(name: str = "cpu") -> dict[str, Any]:
    """Processor architecture and number of threads, and the GPU where training was on one."""
    found = {"type": "cpu", "machine": platform.machine(), "threads": torch.get_num_threads()}
    return found if name == "cpu" else found | {"type": name, "gpu": torch.cuda.get_device_name(name)}


def flagged(caption: str, records: Iterable[Record]) -> str:
    """A caption and, only where they are others than here, the libraries and devices its records name."""
    made = [record.libraries | record.device for record in records]
    others = []
    for name, here in (libraries() | device()).items():
        values = sorted({str(found.get(name, "unknown")) for found in made})
        if values != [str(here)]:
            others.append(f"{name} {' and '.join(values)} (here {here})")
    if not others:
        return caption
    return f"{caption} Made with {', '.join(others)}; others round differently."


def _git(*arguments: str) -> str | None:
    folder = Path(leap.__file__).parent
    try:
        result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()

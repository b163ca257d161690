"""Provenance of a run: code, libraries, machine."""

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
NO_GPU = {"gpu": "none"}


def code() -> dict[str, Any]:
    """Version of the package and, in a git checkout, its commit.

    Returns:
        ``version``, ``commit`` and ``dirty``, whether files of the package differ from the commit; the last
        two are None outside a checkout.
    """
    commit, changes = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--", ".")
    return {
        "version": leap.__version__,
        "commit": commit,
        "dirty": None if changes is None else bool(changes),
    }


def libraries() -> dict[str, str]:
    """Versions of the libraries on which a run's numbers depend."""
    return {name: version(name) for name in LIBRARIES}


def device(name: str = "cpu") -> dict[str, Any]:
    """Architecture of the processor, number of threads and, for a GPU, its name."""
    found = {"type": "cpu", "machine": platform.machine(), "threads": torch.get_num_threads()}
    return found if name == "cpu" else found | {"type": name, "gpu": torch.cuda.get_device_name(name)}


def with_environment(caption: str, records: Iterable[Record]) -> str:
    """Extend a caption by the libraries and devices of the records that differ from the current ones.

    Args:
        caption: the caption.
        records: the records from which a table or figure is made.
    """
    made = [NO_GPU | record.libraries | record.device for record in records]
    others = []
    for name, here in (libraries() | device() | NO_GPU).items():
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

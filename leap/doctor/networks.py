"""The trained parsers that ship, the fetched weights, and the space in the cache."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from leap.doctor.core import REINSTALL
from leap.doctor.finding import Finding, failure
from leap.doctor.packages import NAME

SECTION = "Parsers and weights"
MISSING, SOUND = "not fetched", "fetched"
"""States of weights; others say what is wrong with them."""


def parser_findings() -> Iterator[Finding]:
    """The parsers that ship, as far as the headers of their files tell."""
    from leap.models.shipped import shipped_parsers

    states = {name: _file_problem(path) for name, path in shipped_parsers().items()}
    for name, problem in states.items():
        if problem:
            yield Finding(SECTION, name, problem, REINSTALL.format(name=NAME))
    sound = [name for name, problem in states.items() if not problem]
    yield Finding(SECTION, "shipped parsers", ", ".join(sound) or "none")


def weight_findings() -> Iterator[Finding]:
    """The weights of the feature networks in the user's cache, and the free space of its disk."""
    from leap.features.weights import WEIGHTS, weights_folder, weights_path

    folder = weights_folder()
    yield Finding(SECTION, "cache", f"{folder}, {_free(folder)}")
    paths = {name: weights_path(name, folder) for name in WEIGHTS}
    states = {name: _weights_state(path) for name, path in paths.items()}
    sound = [name for name, state in states.items() if state == SOUND]
    yield Finding(SECTION, "fetched weights", ", ".join(sound) or "none")
    for name, state in states.items():
        if state not in (SOUND, MISSING):
            yield Finding(
                SECTION, name, f"{state}; remove it and fetch it again", f"leap weights fetch {name}"
            )
    yield from _missing([name for name, state in states.items() if state == MISSING])


def _missing(names: list[str]) -> Iterator[Finding]:
    """Weights that are not here: first those that parse a video file without training."""
    from leap.features.weights import EVERYDAY, GROUPS

    without_training = [name for name in names if name in GROUPS[EVERYDAY]]
    if without_training:
        state = f"{MISSING}; `leap parse` needs them"
        yield Finding(SECTION, " and ".join(without_training), state, f"leap weights fetch {EVERYDAY}")
    for name in names:
        if name not in without_training:
            yield Finding(SECTION, name, MISSING, f"leap weights fetch {name}")


def _weights_state(path: Path) -> str:
    try:
        if not path.exists():
            return MISSING
        files = [path] if path.is_file() else list(path.rglob("*.safetensors"))
    except OSError as error:
        return f"cannot be read ({failure(error)})"
    problems = list(filter(None, map(_file_problem, files)))
    return problems[0] if problems else SOUND if files else f"{path} holds no safetensors"


def _file_problem(path: Path) -> str:
    """What is wrong with the header of a safetensors file, or with its size; empty if nothing is."""
    from leap.io.tensor_file import open_tensors

    try:
        with open_tensors(path) as file:
            return "" if list(file.keys()) else f"{path} holds no tensors"
    except Exception as error:
        return f"{path} is damaged ({failure(error)})"


def _free(folder: Path) -> str:
    """The free space of the disk on which a folder lies or would be made."""
    existing = next(path for path in (folder, *folder.parents) if path.is_dir())
    return f"{shutil.disk_usage(existing).free / 1e9:,.1f} GB free"

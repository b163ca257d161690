"""Which data sets can be opened, and whether LLP's annotations are the official ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from leap.doctor.core import REINSTALL
from leap.doctor.finding import Finding, guarded
from leap.doctor.packages import NAME

SECTION = "Data sets"
GETS = {
    "llp": "leap data fetch llp --out {folder}",
    "llp-sim": "leap data simulate --videos 10000 --out {folder}/llp_sim.h5",
}
"""Data set that does not ship → the command that gets it into a folder, which LEAP_DATA then has to name."""


def data_findings() -> Iterator[Finding]:
    """Every data set that the package knows by name, and LLP's annotations."""
    from leap.data.registry import DATASETS

    for name, dataset in DATASETS.items():
        yield from guarded(SECTION, name, partial(_store, name, dataset.ships), dataset.ships)
    yield from guarded(SECTION, "LLP's annotations", _annotations)


def _store(name: str, ships: bool) -> Iterator[Finding]:
    """Whether a data set can be opened, which checks the structure of its store and no array."""
    from leap.data.registry import open_dataset
    from leap.errors import LeapError

    folder = os.environ.get("LEAP_DATA")
    set_folder = "" if folder else "; export LEAP_DATA=llp"
    command = REINSTALL.format(name=NAME) if ships else GETS[name].format(folder=folder or "llp") + set_folder
    try:
        with open_dataset(name) as store:
            videos = ", ".join(f"{count:,} {split}" for split, count in store.splits.items())
    except LeapError as error:
        yield Finding(SECTION, name, str(error).removeprefix(f"{name}: "), command, stops_core=ships)
    else:
        yield Finding(SECTION, name, f"opens; videos: {videos}")


def _annotations() -> Iterator[Finding]:
    """LLP's annotation files in ``LEAP_DATA``, or in ``llp`` if that is unset."""
    from leap.data.llp.sources import ANNOTATION_SHA256
    from leap.io.download import file_sha256

    folder = Path(os.environ.get("LEAP_DATA") or "llp") / "annotations"
    found = {name: file_sha256(folder / name) for name in ANNOTATION_SHA256 if (folder / name).is_file()}
    other = [name for name, expected in ANNOTATION_SHA256.items() if found.get(name) != expected]
    subject, command = "LLP's annotations", GETS["llp"].format(folder=folder.parent)
    if not found:
        yield Finding(SECTION, subject, f"not in {folder}", command)
    elif other:
        state = f"in {folder}, missing or not those that upstream distributes: {', '.join(other)}"
        yield Finding(SECTION, subject, state, f"leap data check llp --annotations {folder}")
    else:
        yield Finding(SECTION, subject, f"the official ones, in {folder}")

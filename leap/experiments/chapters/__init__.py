"""The chapters of results, a file each: which runs they need, and the tables that are theirs alone."""

from collections.abc import Callable

from leap.config import RunConfig
from leap.experiments.chapters import (
    audit,
    blocks,
    encoders,
    interpretability,
    labels,
    ledger,
    losses,
    overlap,
    presets,
    pseudo_labels,
    systems,
)
from leap.experiments.grid import Profile, leap_vs_mmil

NOTEBOOKS: dict[str, Callable[[Profile, str], dict[str, list[RunConfig]]]] = {
    "02_leap_vs_mmil": leap_vs_mmil,
    "04_encoders": encoders.grid,
    "05_systems": systems.grid,
    "06_overlap": overlap.grid,
    "07_blocks": blocks.grid,
    "08_labels": labels.grid,
    "09_losses": losses.grid,
    "10_interpretability": interpretability.grid,
    "11_pseudo_labels": pseudo_labels.grid,
    "20_presets": presets.grid,
    "21_audit": audit.grid,
    "30_ledger": ledger.grid,
}
"""The runs of every chapter, by system, at a profile and on a data set."""

ONE_DATASET = {
    "01_data": "av-digits",
    "12_scale": "llp-sim",
    "20_presets": "av-digits",
    "21_audit": "av-digits",
}
"""Chapters about one data set, which they show whatever the others are made on."""

AFRESH = ("02_leap_vs_mmil", "06_overlap", "10_interpretability")
"""Chapters on the same runs, which are few enough to be made afresh at every profile."""


def from_records(notebook: str, profile: Profile) -> bool:
    """Whether a notebook shows the committed records instead of making its runs, which take too long."""
    if notebook in AFRESH:
        return False
    return profile not in ("smoke", "full") if notebook in ONE_DATASET else profile in ("laptop", "trial")


def own_runs(notebook: str, profile: Profile, dataset: str) -> list[RunConfig]:
    """The runs of a chapter that no chapter before it has: those its committed records hold."""
    before = list(NOTEBOOKS)[: list(NOTEBOOKS).index(notebook)]
    if ONE_DATASET.get(notebook, dataset) != dataset:
        before = []  # the others have no runs on it
    known = {config for name in before for config in all_runs(name, profile, dataset)}
    return [config for config in all_runs(notebook, profile, dataset) if config not in known]


def all_runs(notebook: str, profile: Profile, dataset: str) -> list[RunConfig]:
    """The runs of a chapter, each once."""
    grid = NOTEBOOKS[notebook](profile, dataset)
    return list(dict.fromkeys(config for seeds in grid.values() for config in seeds))

"""Which notebooks need runs, and which runs."""

from collections.abc import Callable

from leap.config import RunConfig
from leap.study.audit import audit
from leap.study.grid import Profile, leap_vs_mmil
from leap.study.trained import trained_presets

NOTEBOOKS: dict[str, Callable[[Profile, str], dict[str, list[RunConfig]]]] = {
    "02_leap_vs_mmil": leap_vs_mmil,
    "20_presets": trained_presets,
    "21_audit": audit,
}

ONE_DATASET = {"01_data": "av-digits", "20_presets": "av-digits", "21_audit": "av-digits"}
"""Chapters about one data set, which they show whatever the others are made on."""


LONG = ("20_presets", "21_audit")


def from_records(notebook: str, profile: Profile) -> bool:
    """Whether a notebook shows the committed records instead of making its runs, which take too long."""
    return notebook in LONG and profile not in ("smoke", "full")

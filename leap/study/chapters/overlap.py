"""Scores by the number of events at once: where LEAP's gain is, and whether it is ranking or threshold."""

from leap.config import RunConfig
from leap.study.grid import Profile, leap_vs_mmil

SHOWN = ("MMIL", "MMIL + 2 blocks", "LEAP", "LEAP + L_avss", "LEAP calibrated")


def grid(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``06_overlap``: some of ``02_leap_vs_mmil``."""
    return {system: runs for system, runs in leap_vs_mmil(profile, dataset).items() if system in SHOWN}

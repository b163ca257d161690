"""Attention and label embeddings as evidence: do they show where events are, and which?"""

from leap.config import RunConfig
from leap.study.grid import MAIN, Profile, leap_vs_mmil


def grid(profile: Profile, dataset: str) -> dict[str, list[RunConfig]]:
    """Runs of ``10_interpretability``: LEAP's and MMIL's of ``02_leap_vs_mmil``."""
    return {system: runs for system, runs in leap_vs_mmil(profile, dataset).items() if system in MAIN}

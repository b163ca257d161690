"""LEAP against MMIL: the comparison that most claims rest on."""

from leap.experiments.chapter import Chapter, Grid
from leap.experiments.grid import CLAIM_SEEDS, SEEDS, Profile, system_config, with_seeds

COMPARED = (
    "MMIL",
    "MMIL + 2 blocks",
    "MMIL + L_avss",
    "LEAP N=1",
    "LEAP",
    "LEAP N=3",
    "LEAP + L_avss",
    "LEAP calibrated",
)
"""The systems of the chapter."""

QUESTION = ("MMIL", "LEAP")
"""The two systems of the chapter's question; profile ``trial`` runs only these."""

CLAIMED = (*QUESTION, "MMIL + 2 blocks")
"""Systems that claims of the ledger rest on."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of every compared system."""
    systems = QUESTION if profile == "trial" else COMPARED
    return {s: with_seeds(system_config(s, profile, dataset), profile, n_seeds(s)) for s in systems}


def n_seeds(system: str) -> int:
    """Number of seeds of a system."""
    return CLAIM_SEEDS if system in CLAIMED else SEEDS


CHAPTER = Chapter("02_leap_vs_mmil", grid, made_afresh=True)

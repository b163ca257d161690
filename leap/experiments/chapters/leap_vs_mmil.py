"""LEAP against MMIL, the comparison on which most claims rest."""

from collections.abc import Iterable

import pandas as pd

from leap.data.store import FeatureStore
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.data_tables import trivial_baseline_table
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
"""Systems on which claims of the ledger rest."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of every compared system."""
    systems = QUESTION if profile == "trial" else COMPARED
    return {s: with_seeds(system_config(s, profile, dataset), profile, n_seeds(s)) for s in systems}


def n_seeds(system: str) -> int:
    """Number of seeds of a system."""
    return CLAIM_SEEDS if system in CLAIMED else SEEDS


CHAPTER = Chapter("02_leap_vs_mmil", grid, made_afresh=True)


def baseline_rows(store: FeatureStore) -> pd.DataFrame:
    """Trivial baselines that read true labels of the test videos, as rows for the table of scores."""
    table = trivial_baseline_table(store).drop(index="nothing")
    return table.rename(lambda name: f"({name})").assign(seeds="–")


def compared_pairs(systems: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs (system, baseline) of the verdicts; baselines are MMIL, MMIL with two blocks, and LEAP."""
    names = list(systems)
    with_mmil = [(name, "MMIL") for name in names if name != "MMIL"]
    same_capacity = [("LEAP", name) for name in names if name == "MMIL + 2 blocks"]
    return with_mmil + same_capacity + [(name, "LEAP") for name in names if name.startswith("LEAP ")]

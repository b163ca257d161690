"""LEAP against MMIL on several encoders: the paper's main comparison and its claim of 'plug and play'."""

import pandas as pd

from leap.experiments.chapter import Chapter, Grid
from leap.experiments.grid import CLAIM_SEEDS, SEEDS, Profile, system_config, with_seeds
from leap.experiments.published import published
from leap.experiments.tables import (
    SUMMARY_SCORES,
    TITLES,
    Runs,
    format_difference,
    pair_table,
    paired,
    score_table,
)

PAIRS = {
    "HAN": ("MMIL", "LEAP"),
    "VALOR": ("VALOR, MMIL", "VALOR, LEAP"),
    "MM-Pyr": ("MM-Pyr, MMIL", "MM-Pyr, LEAP"),
}
"""Encoder → its systems with MMIL's decoder and with LEAP's."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of every encoder with MMIL and with LEAP."""
    return {
        system: with_seeds(
            system_config(system, profile, dataset), profile, SEEDS if "MM-Pyr" in system else CLAIM_SEEDS
        )
        for pair in PAIRS.values()
        for system in pair
    }


CHAPTER = Chapter("04_encoders", grid)

PUBLISHED = {"MMIL": "MM-Pyr + MMIL (VALOR labels)", "LEAP": "MM-Pyr + LEAP"}
"""Decoder → row of the published results on MM-Pyr."""


def gain_table(runs: Runs) -> pd.DataFrame:
    """LEAP minus MMIL on every encoder, in the ten scores; index ``system`` (the encoder) and ``score``."""
    return pair_table(runs, {encoder: (leap, mmil) for encoder, (mmil, leap) in PAIRS.items()})


def beside_published(runs: Runs) -> pd.DataFrame:
    """The paper's comparison on MM-Pyr as text: measured here, and as published on LLP.

    Returns:
        One row per summary score.
    """
    (mmil, leap), printed = PAIRS["MM-Pyr"], published()
    means, rows = score_table(runs), {}
    for score in SUMMARY_SCORES:
        theirs = {decoder: float(printed[score][row]) for decoder, row in PUBLISHED.items()}
        rows[TITLES[score]] = {
            "MMIL": f"{float(means[score][mmil]):.1f}",
            "LEAP": f"{float(means[score][leap]):.1f}",
            "LEAP − MMIL": format_difference(paired(runs[leap], runs[mmil], score)),
            "MMIL, published on LLP": f"{theirs['MMIL']:.1f}",
            "LEAP, published on LLP": f"{theirs['LEAP']:.1f}",
            "published difference": f"{theirs['LEAP'] - theirs['MMIL']:+.1f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")

"""HAN, VALOR, CMPAE and LEAP, each trained as in its release, and all trained alike."""

import pandas as pd

from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters.presets import sized
from leap.experiments.grid import SEEDS, Profile, system_config, with_seeds
from leap.experiments.published import published
from leap.experiments.tables import SUMMARY_SCORES, TITLES, Runs, format_scores, pair_table, score_table
from leap.presets import preset

AS_RELEASED = {"HAN": "han", "VALOR": "valor", "CMPAE": "cmpae", "LEAP": "leap"}
"""System → its preset; LEAP's encoder is MM-Pyr."""

TRAINED_ALIKE = {"HAN": "MMIL", "VALOR": "VALOR, MMIL", "CMPAE": "CMPAE", "LEAP": "MM-Pyr, LEAP"}
"""System → its encoder and decoder in `leap.experiments.systems.SYSTEMS`, trained alike."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of each system as released (own), then of all with one L_basic and protocol (alike)."""
    own = {
        f"{name}, own": with_seeds(sized(preset(release, dataset, ()), dataset), profile, SEEDS)
        for name, release in AS_RELEASED.items()
    }
    alike = {
        f"{name}, alike": with_seeds(system_config(system, profile, dataset), profile, SEEDS)
        for name, system in TRAINED_ALIKE.items()
    }
    return own | alike


CHAPTER = Chapter("05_systems", grid)

PUBLISHED = {"HAN": "HAN", "VALOR": "VALOR", "CMPAE": "CMPAE", "LEAP": "MM-Pyr + LEAP"}
"""System → row of the published results."""


def beside_published(runs: Runs) -> pd.DataFrame:
    """The four summary scores of each system as text: own preset, trained alike, and published on LLP.

    Returns:
        One row per system and origin of the scores.
    """
    readable, printed = format_scores(score_table(runs)), published()
    titles, rows = [TITLES[score] for score in SUMMARY_SCORES], {}
    for name, row in PUBLISHED.items():
        for way, where in (("own", "own preset"), ("alike", "trained alike")):
            rows[name, where] = {title: str(readable[title][f"{name}, {way}"]) for title in titles}
        rows[name, "published on LLP"] = {
            TITLES[score]: f"{printed[score][row]:.1f}" for score in SUMMARY_SCORES
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["system", "where"])


def difference_table(runs: Runs) -> pd.DataFrame:
    """LEAP minus every other system in the four summary scores, with own presets and trained alike."""
    pairs = {
        f"LEAP − {name}, {way}": (f"LEAP, {way}", f"{name}, {way}")
        for way in ("own", "alike")
        for name in AS_RELEASED
        if name != "LEAP"
    }
    return pair_table(runs, pairs, SUMMARY_SCORES)

"""HAN, VALOR, CMPAE and LEAP side by side: as their releases train them, and all in one way."""

import pandas as pd

from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters.presets import sized
from leap.experiments.grid import SEEDS, SLOW_SEEDS, Profile, system_config, with_seeds
from leap.experiments.published import published
from leap.experiments.tables import MEANS, TITLES, Runs, format_scores, pair_table, score_table
from leap.presets import preset

OWN = {"HAN": "han", "VALOR": "valor", "CMPAE": "cmpae", "LEAP": "leap"}
"""Presets by the names of the published table; LEAP's encoder is MM-Pyr."""

ALIKE = {"HAN": "MMIL", "VALOR": "VALOR, MMIL", "CMPAE": "CMPAE", "LEAP": "MM-Pyr, LEAP"}
"""Their encoders and decoders, trained alike."""


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs of each system as its release has it, then of all with one L_basic and protocol."""
    own = {
        f"{name}, own": with_seeds(
            sized(preset(release, dataset, ()), dataset), profile, SLOW_SEEDS if name == "LEAP" else SEEDS
        )
        for name, release in OWN.items()
    }
    alike = {
        f"{name}, alike": with_seeds(system_config(system, profile, dataset), profile, SEEDS)
        for name, system in ALIKE.items()
    }
    return own | alike


CHAPTER = Chapter("05_systems", grid)

PUBLISHED = {"HAN": "HAN", "VALOR": "VALOR", "CMPAE": "CMPAE", "LEAP": "MM-Pyr + LEAP"}
"""Rows of the published results."""


def beside_published(runs: Runs) -> pd.DataFrame:
    """Each system's four means, in its own way, trained alike, and as published on LLP, for reading."""
    readable, printed = format_scores(score_table(runs)), published()
    titles, rows = [TITLES[score] for score in MEANS], {}
    for name, row in PUBLISHED.items():
        for way, where in (("own", "own preset"), ("alike", "trained alike")):
            rows[name, where] = {title: str(readable[title][f"{name}, {way}"]) for title in titles}
        rows[name, "published on LLP"] = {TITLES[score]: f"{printed[score][row]:.1f}" for score in MEANS}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["system", "where"])


def difference_table(runs: Runs) -> pd.DataFrame:
    """LEAP minus every other system, in the four means, by how they are trained."""
    pairs = {
        f"LEAP − {name}, {way}": (f"LEAP, {way}", f"{name}, {way}")
        for way in ("own", "alike")
        for name in OWN
        if name != "LEAP"
    }
    return pair_table(runs, pairs, MEANS)

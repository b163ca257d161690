"""What the audio-visual similarity loss L_avss is worth: its weight, its target, its decoder."""

from dataclasses import replace

import pandas as pd

from leap.config import AvssConfig, LossConfig
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.grid import CLAIM_SEEDS, SEEDS, Profile, system_config, with_seeds
from leap.experiments.systems import AVSS
from leap.experiments.tables import MEANS, Runs, diagnostic_table, pair_table

DECODERS = ("MMIL", "LEAP")
PYRAMID = "LEAP on MM-Pyr"
WEIGHTS = (0.25, 1.0, 4.0)


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs with L_basic, and with L_avss of several weights and of the release's target.

    Without L_avss and with it each decoder has the settings chosen for it; λ and target are then changed
    alone. On MM-Pyr LEAP has one setting for both.
    """
    runs = {}
    for decoder in DECODERS:
        runs[decoder] = with_seeds(system_config(decoder, profile, dataset), profile, CLAIM_SEEDS)
        similar = system_config(f"{decoder} + L_avss", profile, dataset)
        for name, loss in _variants().items():
            count = CLAIM_SEEDS if loss == similar.loss else SEEDS
            runs[f"{decoder}, {name}"] = with_seeds(replace(similar, loss=loss), profile, count)
    pyramid = system_config("MM-Pyr, LEAP", profile, dataset)
    runs[PYRAMID] = with_seeds(pyramid, profile, SEEDS)
    runs[f"{PYRAMID}, λ = 1"] = with_seeds(replace(pyramid, loss=AVSS), profile, SEEDS)
    return runs


CHAPTER = Chapter("09_losses", grid)


def _variants() -> dict[str, LossConfig]:
    paper = {f"λ = {weight:g}": LossConfig(avss=AvssConfig(weight=weight)) for weight in WEIGHTS}
    return paper | {"λ = 1, release": LossConfig(avss=AvssConfig(variant="release"))}


SIMILARITY = {
    "similarity_none": "EIoU 0",
    "similarity_low": "up to ½",
    "similarity_high": "above ½",
    "similarity_all": "1",
    "similarity_correlation": "correlation",
}
"""Mean cosine of audio-visual segment pairs by their true EIoU, and its correlation with it."""


def similarity_table(runs: Runs) -> pd.DataFrame:
    """How the similarity of encoded segments follows the true EIoU, on test."""
    return diagnostic_table(runs, list(SIMILARITY)).rename(columns=SIMILARITY)


def worth_table(runs: Runs) -> pd.DataFrame:
    """Every variant minus its decoder without L_avss, in the four means."""
    pairs = {name: (name, name.split(",")[0]) for name in runs if "," in name}
    return pair_table(runs, pairs, MEANS)


def similarity_panels(table: pd.DataFrame) -> dict[str, dict[str, pd.DataFrame]]:
    """The similarity by EIoU for `leap.visualization.figures.curves`, a panel for each decoder."""
    bins = table.drop(columns=SIMILARITY["similarity_correlation"])
    lines = {name: pd.DataFrame({"mean": row, "sd": float("nan")}) for name, row in bins.iterrows()}
    return {
        decoder: {str(name): line for name, line in lines.items() if str(name).split(",")[0] == decoder}
        for decoder in (*DECODERS, PYRAMID)
    }

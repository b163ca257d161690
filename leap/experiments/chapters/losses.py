"""The effect of the similarity loss L_avss, by weight, target and decoder."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from leap.config import AvssConfig, LossConfig
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.grid import CLAIM_SEEDS, SEEDS, Profile, system_config, with_seeds
from leap.experiments.systems import AVSS
from leap.experiments.tables import SUMMARY_SCORES, Runs, diagnostic_table, pair_table

DECODERS = ("MMIL", "LEAP")
PYRAMID = "LEAP on MM-Pyr"
WITHOUT = "without L_avss"
"""The line of a figure that shows a system without the loss; figures know its colour."""
WEIGHTS = (0.25, 1.0, 4.0)


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs with L_basic, and with L_avss of several weights and of the release's target.

    Each decoder has the settings chosen for it without L_avss and with it; the variants change only λ or the
    target. LEAP on MM-Pyr has one setting for both.
    """
    runs = {}
    for decoder in DECODERS:
        runs[decoder] = with_seeds(system_config(decoder, profile, dataset), profile, CLAIM_SEEDS)
        with_avss = system_config(f"{decoder} + L_avss", profile, dataset)
        for name, loss in _variants().items():
            count = CLAIM_SEEDS if loss == with_avss.loss else SEEDS
            runs[f"{decoder}, {name}"] = with_seeds(replace(with_avss, loss=loss), profile, count)
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
"""Diagnostic → title: mean cosine of audio-visual segment pairs by their true EIoU."""


def similarity_table(runs: Runs) -> pd.DataFrame:
    """Mean cosine of encoded segments by their true EIoU on test, one row per system."""
    return diagnostic_table(runs, list(SIMILARITY)).rename(columns=SIMILARITY)


def difference_table(runs: Runs) -> pd.DataFrame:
    """Every variant minus its decoder without L_avss, in the four summary scores."""
    pairs = {name: (name, name.split(",")[0]) for name in runs if "," in name}
    return pair_table(runs, pairs, SUMMARY_SCORES)


def similarity_panels(table: pd.DataFrame) -> dict[str, dict[str, pd.DataFrame]]:
    """The similarity by EIoU for `leap.visualization.figures.curves`, one panel per decoder.

    Args:
        table: table returned by `similarity_table`.
    """
    bins = table.drop(columns=SIMILARITY["similarity_correlation"]).rename(columns={"EIoU 0": "0"})
    bins.columns.name = "true EIoU of an audio and a visual segment"
    lines = {str(name): pd.DataFrame({"mean": row, "sd": float("nan")}) for name, row in bins.iterrows()}
    return {
        f"{decoder} on HAN" if decoder in DECODERS else decoder: {
            name.partition(", ")[2] or WITHOUT: line
            for name, line in lines.items()
            if name.partition(", ")[0] == decoder
        }
        for decoder in (*DECODERS, PYRAMID)
    }


def rises_in_words(panels: Mapping[str, Mapping[str, pd.DataFrame]]) -> str:
    """How much the mean cosine rises from the lowest to the highest EIoU, without L_avss and with it.

    Args:
        panels: as returned by `similarity_panels`.
    """
    return " ".join(f"{title}: {_rises(lines)}." for title, lines in panels.items())


def _rises(lines: Mapping[str, pd.DataFrame]) -> str:
    rises = {name: float(line["mean"].iloc[-1] - line["mean"].iloc[0]) for name, line in lines.items()}
    without, least, most = rises.pop(WITHOUT), min(rises.values()), max(rises.values())
    both = " to ".join(dict.fromkeys((f"{least:+.2f}", f"{most:+.2f}")))
    return f"from EIoU 0 to 1, {without:+.2f} {WITHOUT} and {both} with it".replace("-", "−")

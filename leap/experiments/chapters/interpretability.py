"""Attention and label embeddings: do they show which events occur, and when?"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from leap.data.store import FeatureStore
from leap.data.videos import Videos
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters import leap_vs_mmil
from leap.experiments.grid import Profile
from leap.experiments.records import Record
from leap.experiments.tables import Runs, diagnostic_table
from leap.inference.predict import parse_videos
from leap.metrics.arrays import MODALITIES
from leap.models.parser import Parser


def grid(profile: Profile, dataset: str) -> Grid:
    """LEAP's and MMIL's runs of ``02_leap_vs_mmil``."""
    runs = leap_vs_mmil.grid(profile, dataset)
    return {system: runs[system] for system in leap_vs_mmil.QUESTION}


CHAPTER = Chapter("10_interpretability", grid, made_afresh=True)


RANDOM_VIDEOS, RANDOM_SEED = 2, 7
"""Number of randomly drawn example videos, and the seed of the draw."""


def example_videos(overlapping: NDArray[np.bool_]) -> dict[str, int]:
    """Reason for choosing an example video → its position in the test split.

    Without a video with overlapping events, only the randomly drawn ones are returned.

    Args:
        overlapping: mask (N,) of the test videos with overlapping events.
    """
    drawn = np.random.default_rng(RANDOM_SEED).choice(len(overlapping), RANDOM_VIDEOS, replace=False)
    first = {"first video with overlap": int(overlapping.argmax())} if overlapping.any() else {}
    return first | {f"random video {number}": int(index) for number, index in enumerate(drawn, 1)}


def peak_table(runs: Runs) -> pd.DataFrame:
    """Percentage of (video, class) pairs whose attention peaks inside an event; one row per system."""
    names = [f"{name}_{modality}" for modality in MODALITIES for name in ("peak", "chance")]
    titles = {"peak_audio": "audio", "chance_audio": "audio, chance"}
    titles |= {"peak_visual": "visual", "chance_visual": "visual, chance"}
    return diagnostic_table(runs, names).rename(columns=titles)


def separation_table(records: Sequence[Record]) -> pd.DataFrame:
    """Area under the ROC curve × 100 between present and absent classes, one row per block."""
    names = sorted(name for name in records[0].diagnostics if name.startswith("separation_"))
    rows: dict[str, dict[str, float]] = {}
    for name in names:
        _, modality, block = name.split("_")
        values = [record.diagnostics[name] for record in records]
        rows.setdefault(f"block {block}", {})[modality] = float(np.mean(values))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("after")


def projection_panels(parser: Parser, store: FeatureStore) -> dict[str, dict[str, pd.DataFrame]]:
    """Where refined label embeddings lie on test, in videos with and without the class.

    An embedding is projected onto the difference between the means of its class in val videos with the class
    and without it; it is 0 at the mean without, and 1 at the mean with.

    Args:
        parser: a trained LEAP parser.
        store: a data set with dense labels.

    Returns:
        For `leap.visualization.effects.effect_plot`: modality → presence → by class, the median
        (``difference``) and the ends ``low`` and ``high`` of the middle 80 % of the test videos.
    """
    val, test = (store.videos(split) for split in ("val", "test"))
    fitted, refined = _refined(parser, val), _refined(parser, test)
    return {
        modality: _by_presence(fitted[modality], refined[modality], PRESENT[modality], store.classes)
        for modality in MODALITIES
    }


PRESENT = {"audio": "heard", "visual": "seen"}
"""Modality → how an event in it is perceived."""

Refined = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""Refined label embeddings, (N, C, d), and whether the class occurs, (N, C)."""


def _refined(parser: Parser, videos: Videos) -> dict[str, Refined]:
    """The refined label embeddings of videos by modality."""
    parsings = list(parse_videos(parser, videos))
    return {
        modality: (
            torch.cat([getattr(parsing, f"label_{modality}") for parsing in parsings]).numpy(),
            true.amax(dim=1).numpy() > 0,
        )
        for modality, true in zip(MODALITIES, videos.truth(), strict=True)
    }


def _by_presence(
    val: Refined, test: Refined, present: str, classes: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Quantiles of the projections of every class in the test videos without it and with it."""
    rows: dict[str, dict[str, list[float]]] = {"absent": {}, present: {}}
    for c, name in enumerate(classes):
        mask, occurs = val[1][:, c], test[1][:, c]
        if mask.any() and not mask.all() and occurs.any() and not occurs.all():
            values = _projected(val[0][:, c], mask, test[0][:, c])
            rows["absent"][name], rows[present][name] = (
                _quantiles(values[~occurs]),
                _quantiles(values[occurs]),
            )
    columns = ["low", "difference", "high"]
    return {key: pd.DataFrame.from_dict(row, orient="index", columns=columns) for key, row in rows.items()}


def _projected(
    fitted: NDArray[np.float32], present: NDArray[np.bool_], vectors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Place of vectors on the line through the means of fitted absent ones, at 0, and present ones, at 1."""
    origin = fitted[~present].mean(axis=0)
    direction = fitted[present].mean(axis=0) - origin
    return (vectors - origin) @ direction / (direction @ direction)


def _quantiles(values: NDArray[np.float32]) -> list[float]:
    return [float(value) for value in np.quantile(values, [0.1, 0.5, 0.9])]


def gaps_in_words(panels: Mapping[str, Mapping[str, pd.DataFrame]]) -> str:
    """For how many classes the median video with the class lies above nine tenths of those without it.

    Args:
        panels: as returned by `projection_panels`.
    """
    found = []
    for modality, series in panels.items():
        absent, present = series.values()
        apart = int((present["difference"] > absent["high"]).sum())
        found.append(f"{apart} of {len(present)} classes in {modality}")
    said = "the median video with the class lies above nine tenths of the videos without it"
    return f"For {' and '.join(found)} segments, {said}."

"""Attention and label embeddings: do they show which events occur, and when?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from leap.data.videos import Videos
from leap.errors import require
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters import leap_vs_mmil
from leap.experiments.grid import Profile
from leap.experiments.records import Record
from leap.experiments.tables import Runs, diagnostic_table
from leap.inference.predict import parse_videos
from leap.metrics.arrays import MODALITIES
from leap.models.parser import Parser

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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


def label_map(parser: Parser, videos: Videos) -> Figure:
    """Refined label embeddings of all videos and classes, projected onto their two principal components.

    The mean of each class is subtracted first because it reflects the class, not the presence of its events.

    Args:
        parser: a trained LEAP parser.
        videos: videos with dense labels.
    """
    from matplotlib.figure import Figure

    from leap.visualization.palette import MODALITY_COLOURS, TRUTH

    decomposition = require("sklearn.decomposition", "book")
    parsings = list(parse_videos(parser, videos))
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axis, modality, true in zip(figure.subplots(1, 2), MODALITIES, videos.truth(), strict=True):
        refined = torch.cat([getattr(parsing, f"label_{modality}") for parsing in parsings])  # (N, C, d)
        centred = (refined - refined.mean(dim=0)).flatten(0, 1).numpy()  # (N·C, d)
        points = decomposition.PCA(2, random_state=0).fit_transform(centred)  # (N·C, 2)
        present = true.amax(dim=1).flatten().numpy() > 0  # (N·C,)
        style: dict[str, Any] = {"s": 8, "alpha": 0.25, "linewidths": 0.8}
        axis.scatter(*points[~present].T, c=TRUTH, marker=".", label="absent", **style)
        axis.scatter(*points[present].T, c=MODALITY_COLOURS[modality], marker="x", label="present", **style)
        axis.set(title=modality, xlabel="first axis", ylabel="second axis")
        for handle in axis.legend(frameon=False, markerscale=2).legend_handles:
            handle.set_alpha(1)
    return figure

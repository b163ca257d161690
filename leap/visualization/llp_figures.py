"""Figures of LLP, drawn from its annotations and published scores."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from leap.data.annotations import Annotations, read_annotations, read_weak_labels
from leap.data.classes import LLP
from leap.data.layouts import load_statistics
from leap.metrics import TITLES
from leap.visualization.distributions import draw_distributions
from leap.visualization.palette import AUDIO, BOTH, HEATMAP, MODALITY_COLOURS, OTHER_COLOURS, TRUTH, VISUAL

OCCURRENCE_COLOURS = {"audio only": AUDIO, "both": BOTH, "visual only": VISUAL}

BASELINES = {
    "nothing": ("nothing predicted", "0.55", ":"),
    "weak label in every second": ("true weak label in every second", OTHER_COLOURS[5], "-"),
    "truth of the other modality": ("ground truth of the other modality", OTHER_COLOURS[1], "--"),
    "truth with 10 % of seconds wrong": ("ground truth, one second in ten wrong", OTHER_COLOURS[0], "-."),
}
"""Row of the table of trivial baselines → its label, colour and line style in the figure."""


def class_figure(annotations: Path) -> Figure:
    """Training videos per class, and the modality in which each class occurs.

    Args:
        annotations: folder of LLP's annotation files.

    Raises:
        LeapError: a file is missing or malformed.
    """
    counts = read_weak_labels(annotations, "train").weak.sum(0)  # (C,)
    fractions = _occurrence_fractions(annotations)  # (3, C)
    order = np.argsort(counts)
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1, 1.2])
    left.plot(counts[order], range(len(LLP)), "o", color=TRUTH)
    left.grid(color="0.9")
    left.set(xscale="log", xlabel="training videos with the class", yticks=range(len(LLP)))
    left.set_yticklabels([LLP[c].replace("_", " ") for c in order])
    start = np.zeros(len(LLP))
    for fraction, (label, colour) in zip(fractions, OCCURRENCE_COLOURS.items(), strict=True):
        right.barh(range(len(LLP)), fraction[order], left=start, color=colour, label=label)
        start += fraction[order]
    right.set(xlabel="fraction of val and test videos with the class", xlim=(0, 1))
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    return figure


def cooccurrence_figure(annotations: Path) -> Figure:
    """Fraction of the training videos of one class that also carry another, for every pair of classes.

    Args:
        annotations: folder of LLP's annotation files.

    Raises:
        LeapError: a file is missing or malformed.
    """
    weak = read_weak_labels(annotations, "train").weak.astype(float)  # (N, C)
    together = weak.T @ weak  # (C, C)
    fraction = together / np.diag(together)[:, None]
    np.fill_diagonal(fraction, np.nan)
    names = [name.replace("_", " ") for name in LLP]
    figure = Figure(figsize=(8.4, 7.4), layout="constrained")
    axis = figure.subplots()
    sns.heatmap(
        pd.DataFrame(fraction, names, names), vmin=0, cmap=HEATMAP, square=True, ax=axis,
        xticklabels=True, yticklabels=True, cbar_kws={"label": "fraction", "shrink": 0.8},
    )  # fmt: skip
    axis.tick_params(labelsize=8)
    axis.set(xlabel="… that also carry", ylabel="training videos with …")
    return figure


def time_figure(annotations: Path) -> Figure:
    """Onsets and lengths of events, lag between the modalities, and number of simultaneous events.

    Onsets and lengths come from the packaged layout statistics of val and test, the rest from the test
    annotations.

    Args:
        annotations: folder of LLP's annotation files.

    Raises:
        LeapError: a file is missing or malformed.
    """
    summary = load_statistics().summary
    figure = Figure(figsize=(9, 6), layout="constrained")
    (onset, length), (lag, overlap) = figure.subplots(2, 2)
    for axis, name, first in ((onset, "first_onsets", 0), (length, "run_lengths", 1)):
        fractions = {modality: summary[f"{modality}_{name}"] for modality in MODALITY_COLOURS}
        draw_distributions(axis, fractions, MODALITY_COLOURS, first, axis is onset)
    onset.set(xlabel="first onset (second)", ylabel="fraction of (video, class) pairs")
    length.set(xlabel="length of an event (seconds)", ylabel="fraction of events")
    truth = read_annotations(annotations, "test")
    _draw_lags(lag, truth)
    _draw_overlap(overlap, truth)
    return figure


def baseline_figure(baselines: pd.DataFrame, systems: pd.DataFrame) -> Figure:
    """Published systems as points and trivial baselines as lines, for each of the ten scores.

    Args:
        baselines: ten scores × 100, one row per trivial baseline; it contains the keys of `BASELINES`.
        systems: ten scores × 100, one row per published system; NaN where a score was not published.
    """
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    axis = figure.subplots()
    points: dict[str, Any] = {"marker": "o", "linestyle": "", "color": TRUTH, "markersize": 3.5}
    for x, name in enumerate(TITLES):
        values = systems[name].dropna()
        spread = np.linspace(-0.18, 0.18, len(values))
        axis.plot(x + spread, values, alpha=0.7, **points)
        for baseline, (_, colour, style) in BASELINES.items():
            height = float(baselines[name][baseline])
            axis.plot([x - 0.4, x + 0.4], [height] * 2, color=colour, linestyle=style, linewidth=2)
    axis.plot([], [], label="published systems", **points)
    for label, colour, style in BASELINES.values():
        axis.plot([], [], color=colour, linestyle=style, linewidth=2, label=label)
    axis.set_xticks(range(len(TITLES)), [title.replace(" ", "\n") for title in TITLES.values()], fontsize=9)
    axis.set(ylabel="score", ylim=(-3, 103))
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    return figure


def _occurrence_fractions(annotations: Path) -> NDArray[np.float64]:
    """Fractions of each class's val and test videos: heard only, heard and seen, seen only, (3, C)."""
    parts = [read_annotations(annotations, split) for split in ("val", "test")]
    audio, visual = (np.concatenate([getattr(p, m) for p in parts]).any(1) for m in ("audio", "visual"))
    counts = np.stack([(audio & ~visual).sum(0), (audio & visual).sum(0), (~audio & visual).sum(0)])
    return counts / np.maximum(counts.sum(0), 1)


def _draw_lags(axis: Axes, truth: Annotations) -> None:
    """Draw first visual minus first audio second of the (video, class) pairs in both modalities."""
    both = truth.audio.any(1) & truth.visual.any(1)  # (N, C)
    lags = (truth.visual.argmax(1) - truth.audio.argmax(1))[both]
    most = truth.audio.shape[1] - 1
    fractions = np.bincount(lags + most, minlength=2 * most + 1) / len(lags)
    draw_distributions(axis, {"both": fractions.tolist()}, {"both": BOTH}, first=-most)
    axis.set_xticks(range(-most, most + 1, 3))
    axis.set(xlabel="first visual minus first audio second", yscale="log", ylabel="fraction of pairs (log)")


def _draw_overlap(axis: Axes, truth: Annotations) -> None:
    """Draw the distribution of the number of simultaneous events in a second, by modality."""
    fractions = {}
    for modality, dense in (("audio", truth.audio), ("visual", truth.visual)):
        counts = np.bincount(np.minimum(dense.sum(2), 3).ravel(), minlength=4)
        fractions[modality] = (counts / dense[..., 0].size).tolist()
    draw_distributions(axis, fractions, MODALITY_COLOURS)
    axis.set_xticks(range(4), ["0", "1", "2", "3 or more"])
    axis.set(xlabel="simultaneous events", ylabel="fraction of seconds")

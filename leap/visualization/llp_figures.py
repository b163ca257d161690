"""Figures of LLP, drawn from its annotations and published scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from leap.data.annotations import Annotations, read_annotations, read_weak_labels
from leap.data.classes import LLP
from leap.data.layouts import load_statistics
from leap.errors import require
from leap.metrics import TITLES
from leap.visualization.distributions import draw_distributions
from leap.visualization.palette import (
    AUDIO,
    BOTH,
    MODALITY_COLOURS,
    OTHER_COLOURS,
    SMALL,
    SPARSE_HEATMAP,
    TRUTH,
    VISUAL,
    WIDTH,
)

NAMES = [name.replace("_", " ") for name in LLP]
"""Names of the classes in figures."""

PAIRS = 10
"""Number of pairs of classes that are named."""

OCCURRENCE_COLOURS = {"audio only": AUDIO, "both": BOTH, "visual only": VISUAL}

BASELINES = {
    "nothing": ("nothing predicted", "0.55", ":"),
    "weak label in every second": ("true weak label in every second", OTHER_COLOURS[2], "-"),
    "truth of the other modality": ("ground truth of the other modality", OTHER_COLOURS[1], "--"),
    "truth with 10 % of seconds wrong": ("ground truth, one second in ten wrong", OTHER_COLOURS[0], "-."),
}
"""Row of the table of trivial baselines → its label, colour and line style in the figure."""

TEXTS = {
    "03_classes": (
        "A row per class, from the most frequent to the rarest. Left, a point at the number of training "
        "videos on a logarithmic axis; right, a bar divided into videos where the class is only heard, heard "
        "and seen, and only seen."
    ),
    "03_cooccurrence": (
        "Above, a matrix of all pairs of classes, darker where more videos of the row's class also carry the "
        "column's; the diagonal is hatched. Below, bars of the largest pairs without the most frequent class."
    ),
    "03_times": (
        "Four bar charts below one another: first onsets and lengths of audio and of visual events, the lag "
        "of the first visual second behind the first audio second, and the number of simultaneous events."
    ),
    "03_trivial_baselines": (
        "A row for each of the ten scores, with a point per published system and a vertical line per trivial "
        "baseline, from 0 to 100."
    ),
}
"""Committed figure → its alternative text."""


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
    figure = Figure(figsize=(WIDTH, 7.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    left.plot(counts[order], range(len(LLP)), "o", color=TRUTH)
    left.grid(color="0.9")
    left.set(xscale="log", xlabel="training videos\nwith the class (log)", yticks=range(len(LLP)))
    left.set_yticklabels([NAMES[c] for c in order])
    start = np.zeros(len(LLP))
    for fraction, (label, colour) in zip(fractions, OCCURRENCE_COLOURS.items(), strict=True):
        right.barh(range(len(LLP)), fraction[order], left=start, color=colour, label=label)
        start += fraction[order]
    right.set(xlabel="fraction of val and test\nvideos with the class", xlim=(0, 1), xticks=[0, 0.5, 1])
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    return figure


def cooccurrence_figure(annotations: Path) -> Figure:
    """Percentage of the training videos of a class that also carry another: of all pairs, and the largest.

    The classes of the matrix are ordered by similarity of their rows, after the most frequent one. The pairs
    below the matrix leave out that class.

    Args:
        annotations: folder of LLP's annotation files.

    Raises:
        LeapError: a file is missing or malformed.
    """
    weak = read_weak_labels(annotations, "train").weak.astype(float)  # (N, C)
    together = weak.T @ weak  # (C, C)
    percent = 100 * together / np.maximum(np.diag(together), 1)[:, None]
    np.fill_diagonal(percent, np.nan)
    first = int(np.diag(together).argmax())
    figure = Figure(figsize=(WIDTH, 10.4), layout="constrained")
    matrix, pairs = figure.subplots(2, 1, height_ratios=[2.6, 1])
    _draw_matrix(matrix, percent, [first, *_similar_order(np.nan_to_num(percent), first)])
    _draw_pairs(pairs, percent, first)
    return figure


def _similar_order(percent: NDArray[np.float64], first: int) -> list[int]:
    """All classes but one, ordered so that those that occur together are neighbours."""
    hierarchy = require("scipy.cluster.hierarchy", "book")
    rest = np.delete(np.arange(len(percent)), first)
    apart = 100 - (percent + percent.T)[np.ix_(rest, rest)] / 2
    condensed = apart[np.triu_indices(len(rest), 1)]
    tree = hierarchy.linkage(condensed, "average", optimal_ordering=True)
    return rest[hierarchy.leaves_list(tree)].tolist()


def _draw_matrix(axis: Axes, percent: NDArray[np.float64], order: Sequence[int]) -> None:
    """Draw the matrix of all pairs; its hatched diagonal has no value."""
    names = [NAMES[c] for c in order]
    shown = pd.DataFrame(percent[np.ix_(order, order)], names, names)
    bar = {"label": "videos of the row's class (%)", "ticks": [0, 1, 5, 20, 50, 90]}
    sns.heatmap(
        shown, norm=PowerNorm(0.4, 0, 100), cmap=SPARSE_HEATMAP, ax=axis, linewidths=0.3, linecolor="0.9",
        xticklabels=True, yticklabels=True, cbar_kws=bar | {"location": "top", "aspect": 40, "pad": 0.01},
    )  # fmt: skip
    axis.patch.set(hatch="//////", edgecolor="0.75")
    axis.tick_params(labelsize=SMALL, length=0)
    axis.set(xlabel="… that also carry", ylabel="training videos with …")


def _draw_pairs(axis: Axes, percent: NDArray[np.float64], left_out: int) -> None:
    """Draw the largest percentages of pairs without a class."""
    known = np.nan_to_num(percent)
    known[left_out] = known[:, left_out] = 0
    largest = np.argsort(known, axis=None)[::-1][:PAIRS]
    rows, columns = np.unravel_index(largest, known.shape)
    axis.barh(range(PAIRS), known[rows, columns], color=TRUTH)
    names = [f"{NAMES[row]} → {NAMES[column]}" for row, column in zip(rows, columns, strict=True)]
    axis.set_yticks(range(PAIRS), names, fontsize=SMALL)
    axis.invert_yaxis()
    title = f"videos of the first class with the second (%);\nthe {PAIRS} largest without {NAMES[left_out]}"
    axis.set(xlabel=title, xlim=(0, 100))


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
    figure = Figure(figsize=(WIDTH, 9.6), layout="constrained")
    onset, length, lag, overlap = figure.subplots(4, 1)
    for axis, name, first in ((onset, "first_onsets", 0), (length, "run_lengths", 1)):
        fractions = {modality: summary[f"{modality}_{name}"] for modality in MODALITY_COLOURS}
        draw_distributions(axis, fractions, MODALITY_COLOURS, first, axis is onset)
    onset.set(xlabel="first onset (second)", ylabel="fraction of\n(video, class) pairs")
    length.set(xlabel="length of an event (s)", ylabel="fraction of events")
    truth = read_annotations(annotations, "test")
    _draw_lags(lag, truth)
    _draw_overlap(overlap, truth)
    return figure


def baseline_figure(baselines: pd.DataFrame, systems: pd.DataFrame) -> Figure:
    """Published systems as points and trivial baselines as lines, a row for each of the ten scores.

    Args:
        baselines: ten scores × 100, one row per trivial baseline; it contains the keys of `BASELINES`.
        systems: ten scores × 100, one row per published system; NaN where a score was not published.
    """
    figure = Figure(figsize=(WIDTH, 8.2), layout="constrained")
    axis = figure.subplots()
    points: dict[str, Any] = {"marker": "o", "linestyle": "", "color": TRUTH, "markersize": 3.5}
    for row, name in enumerate(TITLES):
        values = systems[name].dropna()
        spread = np.linspace(-0.25, 0.25, len(values))
        axis.plot(values, row + spread, alpha=0.7, **points)
        for baseline, (_, colour, style) in BASELINES.items():
            place = float(baselines[name][baseline])
            axis.plot([place] * 2, [row - 0.4, row + 0.4], color=colour, linestyle=style, linewidth=2)
    axis.plot([], [], label="published systems", **points)
    for label, colour, style in BASELINES.values():
        axis.plot([], [], color=colour, linestyle=style, linewidth=2, label=label)
    axis.set_yticks(range(len(TITLES)), list(TITLES.values()))
    axis.set(xlabel="score × 100", xlim=(-3, 103), ylim=(len(TITLES) - 0.5, -0.5))
    figure.legend(loc="outside lower center", frameon=False)
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
    axis.set(
        xlabel="first visual minus first audio second (s)", yscale="log", ylabel="fraction of\npairs (log)"
    )


def _draw_overlap(axis: Axes, truth: Annotations) -> None:
    """Draw the distribution of the number of simultaneous events in a second, by modality."""
    fractions = {}
    for modality, dense in (("audio", truth.audio), ("visual", truth.visual)):
        counts = np.bincount(np.minimum(dense.sum(2), 3).ravel(), minlength=4)
        fractions[modality] = (counts / dense[..., 0].size).tolist()
    draw_distributions(axis, fractions, MODALITY_COLOURS)
    axis.set_xticks(range(4), ["0", "1", "2", "3 or more"])
    axis.set(xlabel="simultaneous events (number)", ylabel="fraction of seconds")

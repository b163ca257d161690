"""Figures about LLP, from its annotations."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leap.data.annotations import Annotations, read_annotations, read_weak_labels
from leap.data.classes import LLP
from leap.data.layouts import load_statistics
from leap.experiments.published import published
from leap.experiments.tables import TITLES
from leap.visualization.figures import AUDIO, TRUTH, VISUAL

BOTH = "#999999"
MODALITY_COLOURS = {"only heard": AUDIO, "both": BOTH, "only seen": VISUAL}
FLOORS = {
    "nothing": ("nothing predicted", "0.55", ":"),
    "weak label in every second": ("true weak label in every second", VISUAL, "-"),
    "truth of the other modality": ("truth of the other modality", "#009E73", "--"),
    "truth with 10 % of seconds wrong": ("truth, one second in ten wrong", AUDIO, "-."),
}
"""Floors that the figure shows: label, colour, line."""


def class_figure(annotations: Path) -> Figure:
    """How many training videos carry each class, and in which modality it occurs."""
    counts = read_weak_labels(annotations, "train").weak.sum(0)  # (C,)
    shares = _modality_shares(annotations)
    order = np.argsort(counts)
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1, 1.2])
    left.plot(counts[order], range(len(LLP)), "o", color=TRUTH)
    left.grid(color="0.9")
    left.set(xscale="log", xlabel="training videos with the class", yticks=range(len(LLP)))
    left.set_yticklabels([LLP[c].replace("_", " ") for c in order])
    start = np.zeros(len(LLP))
    for share, (label, colour) in zip(shares, MODALITY_COLOURS.items(), strict=True):
        right.barh(range(len(LLP)), share[order], left=start, color=colour, label=label)
        start += share[order]
    right.set(xlabel="share of val and test videos with the class", xlim=(0, 1))
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    return figure


def cooccurrence_figure(annotations: Path) -> Figure:
    """How often a training video with one class carries another too."""
    weak = read_weak_labels(annotations, "train").weak.astype(float)  # (N, C)
    together = weak.T @ weak
    share = together / np.diag(together)[:, None]
    np.fill_diagonal(share, np.nan)
    names = [name.replace("_", " ") for name in LLP]
    figure = Figure(figsize=(8.4, 7.4), layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(share, cmap="cividis", vmin=0)
    axis.set_xticks(range(len(LLP)), names, rotation=90, fontsize=8)
    axis.set_yticks(range(len(LLP)), names, fontsize=8)
    axis.set(xlabel="… also carry", ylabel="of the videos with")
    figure.colorbar(image, ax=axis, label="share", shrink=0.8)
    return figure


def time_figure(annotations: Path) -> Figure:
    """Onsets and lengths of events, how the modalities differ in time, and how many events overlap."""
    summary = load_statistics().summary
    figure = Figure(figsize=(9, 6), layout="constrained")
    (onset, length), (shift, overlap) = figure.subplots(2, 2)
    for axis, name, first in ((onset, "first_onsets", 0), (length, "run_lengths", 1)):
        for offset, modality, colour in ((-0.2, "audio", AUDIO), (0.2, "visual", VISUAL)):
            shares = np.asarray(summary[f"{modality}_{name}"])
            seconds = np.arange(first, first + len(shares)) + offset
            axis.bar(seconds, shares, 0.4, color=colour, label=modality)
    onset.set(xlabel="first onset (second)", ylabel="share of pairs")
    length.set(xlabel="length of an event (seconds)", ylabel="share of events")
    onset.legend(frameon=False)
    truth = read_annotations(annotations, "test")
    _draw_shifts(shift, truth)
    _draw_overlap(overlap, truth)
    return figure


def floor_figure(floors: pd.DataFrame) -> Figure:
    """Published systems as points, floors as lines, for each of the ten scores."""
    systems = published().query("kind == 'system'")
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    axis = figure.subplots()
    for x, name in enumerate(TITLES):
        values = systems[name].dropna()
        jitter = np.linspace(-0.18, 0.18, len(values))
        axis.plot(x + jitter, values, "o", color=TRUTH, markersize=3.5, alpha=0.7)
        for floor, (_, colour, style) in FLOORS.items():
            height = float(floors[name][floor])
            axis.plot([x - 0.4, x + 0.4], [height] * 2, color=colour, linestyle=style, linewidth=2)
    axis.plot([], [], "o", color=TRUTH, markersize=3.5, label="published systems")
    for label, colour, style in FLOORS.values():
        axis.plot([], [], color=colour, linestyle=style, linewidth=2, label=label)
    axis.set_xticks(range(len(TITLES)), [title.replace(" ", "\n") for title in TITLES.values()], fontsize=9)
    axis.set(ylabel="score", ylim=(-3, 103))
    figure.legend(loc="outside upper center", ncols=3, frameon=False)
    return figure


def _modality_shares(annotations: Path) -> np.ndarray:
    """For each class the shares of annotated videos where it is only heard, both, only seen, (3, C)."""
    parts = [read_annotations(annotations, split) for split in ("val", "test")]
    heard, seen = (np.concatenate([getattr(p, m) for p in parts]).any(1) for m in ("audio", "visual"))
    counts = np.stack([(heard & ~seen).sum(0), (heard & seen).sum(0), (~heard & seen).sum(0)])
    return counts / np.maximum(counts.sum(0), 1)


def _draw_shifts(axis: Axes, truth: Annotations) -> None:
    """How much later a class is first seen than heard, where it is both."""
    both = truth.audio.any(1) & truth.visual.any(1)  # (N, C)
    shift = (truth.visual.argmax(1) - truth.audio.argmax(1))[both]
    seconds, counts = np.unique(shift, return_counts=True)
    axis.bar(seconds, counts / counts.sum(), 0.8, color=BOTH)
    axis.set_xticks(range(-9, 10, 3))
    axis.set(xlabel="first seen minus first heard (seconds)", yscale="log", ylabel="share of pairs (log)")


def _draw_overlap(axis: Axes, truth: Annotations) -> None:
    """How many events a second holds, in each modality."""
    for offset, cube, colour in ((-0.2, truth.audio, AUDIO), (0.2, truth.visual, VISUAL)):
        shares = np.bincount(np.minimum(cube.sum(2), 3).ravel(), minlength=4) / cube[..., 0].size
        axis.bar(np.arange(4) + offset, shares, 0.4, color=colour)
    axis.set_xticks(range(4), ["0", "1", "2", "3 or more"])
    axis.set(xlabel="events at once", ylabel="share of seconds")

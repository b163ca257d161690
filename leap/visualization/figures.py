"""Figures of the book and the command line; colours are safe for colour-blind readers."""

from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from leap.experiments.records import Record
from leap.experiments.tables import TITLES
from leap.inference.parsed_video import MODALITIES, ParsedVideo
from leap.io.atomic import atomic_path

AUDIO, VISUAL, TRUTH = "#0072B2", "#D55E00", "#333333"  # Okabe and Ito
COLOURS = {"audio": AUDIO, "visual": VISUAL}
MARKERS = "osD^vP*X"
STYLE: dict[str, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 110,
    "savefig.dpi": 150,
    "svg.hashsalt": "leap",
}


def use_style() -> None:
    """Set the look of all figures."""
    mpl.rcParams.update(STYLE)  # type: ignore[arg-type]
    sns.set_palette("colorblind")


def show(figure: Figure, caption: str) -> None:
    """Display a figure with its caption in a notebook; names of videos in it are no markup."""
    from IPython.display import Image, Markdown, display

    buffer = BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    display(Image(buffer.getvalue(), alt=caption), Markdown(f"*{escape(caption, quote=False)}*"))


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure, whole or not at all."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, bbox_inches="tight")
    return Path(path)


def timeline(video: ParsedVideo) -> Figure:
    """Audio and visual events over predicted probabilities, truth beneath, attention maps beside.

    Rows are the classes that are true, decoded or at least 0.3 probable somewhere.
    """
    rows = classes_of_interest(video)
    columns = 2 if video.attention else 1
    height = 2.0 + 1.3 * len(rows)
    figure = Figure(figsize=(5.0 * columns, height), layout="constrained")
    axes = figure.subplots(2, columns, squeeze=False, sharex=True)
    for line, modality in zip(axes, MODALITIES, strict=True):
        draw_events(line[0], video, modality, rows)
        if video.attention:
            mesh = draw_attention(line[1], video, modality, rows)
            figure.colorbar(mesh, ax=line[1], label="attention")
    for axis in axes[-1]:
        axis.set_xlabel("second")
    figure.legend(handles=timeline_legend(video), loc="outside upper center", ncols=4, frameon=False)
    return figure


def learning_curves(runs: Mapping[str, Sequence[Record]], score: str = "seg_type") -> Figure:
    """Val score and total training loss by epoch: mean over seeds, band of one standard deviation."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    panels = {"loss_total": "training loss", score: f"val {TITLES[score]}"}
    for axis, (name, title) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        for marker, (system, records) in zip(MARKERS, runs.items(), strict=False):
            curves = np.array([[entry[name] for entry in record.history] for record in records])
            epochs, mean, spread = (
                np.arange(1, curves.shape[1] + 1),
                curves.mean(0),
                curves.std(0, ddof=min(1, len(curves) - 1)),
            )
            axis.plot(epochs, mean, label=system, marker=marker, markersize=4)
            axis.fill_between(epochs, mean - spread, mean + spread, alpha=0.15)
        axis.set(xlabel="epoch", ylabel=title)
        axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(frameon=False)
    return figure


def difference_plot(table: pd.DataFrame, scores: Sequence[str], baseline: str = "MMIL") -> Figure:
    """Paired differences with their intervals, one panel a score, one row a system."""
    systems = list(table.index.get_level_values("system").unique())
    figure = Figure(figsize=(4.2 * len(scores), 1.2 + 0.4 * len(systems)), layout="constrained")
    for axis, score in zip(np.atleast_1d(figure.subplots(1, len(scores), sharey=True)), scores, strict=True):
        part = table.xs(score, level="score").loc[systems]
        errors = np.stack([part.difference - part.low, part.high - part.difference])
        axis.errorbar(part.difference, range(len(systems)), xerr=errors, fmt="o", color=AUDIO, capsize=3)
        axis.axvline(0, color=TRUTH, linewidth=0.8)
        axis.set(xlabel=f"{TITLES[score]} − {baseline}", yticks=range(len(systems)), yticklabels=systems)
    axis.invert_yaxis()
    return figure


def curves(panels: Mapping[str, Mapping[str, pd.DataFrame]], x: str, y: str) -> Figure:
    """Lines with error bars: panels by title, two a row, lines by name.

    Args:
        panels: tables with columns ``mean`` and, NaN where there is none, ``sd``, by x; by line, by panel.
        x: what the horizontal axis is.
        y: what the vertical axis is.
    """
    columns, rows = min(2, len(panels)), -(-len(panels) // 2)
    figure = Figure(figsize=(4.6 * columns, 3.6 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axis, (title, lines) in zip(axes.flat, panels.items(), strict=False):
        for marker, (name, line) in zip(MARKERS, lines.items(), strict=False):
            places = [str(place) for place in line.index]
            error = line["sd"].fillna(0.0)
            axis.errorbar(places, line["mean"], yerr=error, label=name, marker=marker, capsize=3)
        axis.set(title=title, xlabel=x)
    for axis in axes.flat[len(panels) :]:
        axis.remove()
    for axis in axes[:, 0]:
        axis.set_ylabel(y)
    axes.flat[len(panels) - 1].legend(frameon=False)
    return figure


def classes_of_interest(video: ParsedVideo) -> list[int]:
    """Classes that are true, decoded or at least 0.3 probable somewhere; the first where none is."""
    marked = [video.events[m] + (video.probabilities[m] >= 0.3) for m in MODALITIES]
    marked += list(video.truth.values())
    return [int(c) for c in np.flatnonzero(np.any(marked, axis=(0, 1)))] or [0]


def draw_events(axis: Axes, video: ParsedVideo, modality: str, rows: Sequence[int]) -> None:
    """One modality's probabilities and events, and the truth where it is known, a row a class."""
    segments = len(video.probabilities[modality])
    for y, c in enumerate(rows):
        for t in range(segments):
            probability = float(video.probabilities[modality][t, c])
            axis.add_patch(
                Rectangle((t, y + 0.1), 1, 0.55 * probability, color=COLOURS[modality], alpha=0.35)
            )
        _draw_runs(axis, video.events[modality][:, c], y + 0.66, COLOURS[modality])
        if video.truth:
            _draw_runs(axis, video.truth[modality][:, c], y + 0.82, TRUTH)
    _label_rows(axis, video, rows, segments, modality)


def _draw_runs(axis: Axes, active: np.ndarray, y: float, colour: str) -> None:
    for t in map(int, np.flatnonzero(active)):
        axis.add_patch(Rectangle((t, y), 1, 0.13, color=colour, linewidth=0))


def draw_attention(axis: Axes, video: ParsedVideo, modality: str, rows: Sequence[int]) -> QuadMesh:
    """Where the label embeddings of one modality look, a row a class; returns what a colour bar needs."""
    maps = video.attention[modality][rows]
    mesh = axis.pcolormesh(
        np.arange(maps.shape[1] + 1), np.arange(len(rows) + 1), maps, cmap="cividis", vmin=0
    )
    _label_rows(axis, video, rows, maps.shape[1], f"{modality}: attention of labels over segments")
    return mesh


def _label_rows(axis: Axes, video: ParsedVideo, rows: Sequence[int], segments: int, title: str) -> None:
    axis.set(xlim=(0, segments), ylim=(0, len(rows)), title=title)
    axis.set_yticks(np.arange(len(rows)) + 0.5, [plain(video.classes[c]) for c in rows])
    axis.set_xticks(range(segments + 1))
    for y in range(1, len(rows)):
        axis.axhline(y, color="0.85", linewidth=0.6)


def plain(name: str) -> str:
    """A name in one line in which no dollar begins a formula."""
    return " ".join(name.split()).replace("$", r"\$")


def timeline_legend(video: ParsedVideo) -> list[Patch]:
    """What the colours of a timeline mean."""
    patches = [
        Patch(color=AUDIO, label="heard (predicted)"),
        Patch(color=VISUAL, label="seen (predicted)"),
        Patch(color="0.7", label="height: probability"),
    ]
    return [*patches, Patch(color=TRUTH, label="truth")] if video.truth else patches

"""Panels of a timeline: events of one modality, and attention of its label embeddings."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.patches import Patch
from numpy.typing import NDArray

from leap.data.annotations import runs_of
from leap.inference.parsed_video import ParsedVideo
from leap.visualization.palette import AUDIO, HEATMAP, MODALITY_COLOURS, TRUTH, VISUAL
from leap.visualization.timeline.clock import LONG, clock, marks

PROBABLE = 0.3
"""Smallest segment probability at which a class is shown although it is neither predicted nor true."""

BINS = 1200
"""Largest number of bins of a curve, and of the widths of the narrowest event in that of the axis."""

MAX_TICKS = 20
"""Largest number of steps of the axis of seconds; half as many in a long video, whose times are longer."""


def classes_to_show(video: ParsedVideo) -> list[int]:
    """Indices of the classes that are true, predicted or `PROBABLE` in some segment; by default class 0.

    In a video longer than `leap.visualization.timeline.clock.LONG`, in which most classes are probable at
    some time, they are those that are true or predicted.
    """
    marked: list[NDArray[np.generic]] = [*video.events.values(), *video.truth.values()]
    if len(marked[0]) <= LONG:
        marked += [probabilities >= PROBABLE for probabilities in video.probabilities.values()]
    return [int(c) for c in np.flatnonzero(np.any(marked, axis=(0, 1)))] or [0]


def draw_events(axis: Axes, video: ParsedVideo, modality: str, classes: Sequence[int]) -> None:
    """Draw probabilities, predicted events and, if known, the ground truth; one row per class.

    Probabilities of long videos are the largest of each of at most `BINS` bins; short events are widened.

    Args:
        axis: where to draw; its x axis is time in seconds.
        video: the parsed video.
        modality: ``"audio"`` or ``"visual"``.
        classes: indices of the classes to show, from bottom to top.
    """
    colour, segments = MODALITY_COLOURS[modality], len(video.probabilities[modality])
    for row, c in enumerate(classes):
        heights, edges = binned(video.probabilities[modality][:, c])
        bottom = row + 0.1
        axis.stairs(
            bottom + 0.55 * heights, edges, baseline=bottom, fill=True, color=colour, alpha=0.35, linewidth=0
        )
        _draw_strip(axis, video.events[modality][:, c], row + 0.66, colour)
        if video.truth:
            _draw_strip(axis, video.truth[modality][:, c], row + 0.82, TRUTH)
    _label_rows(axis, video, classes, segments, f"{modality}, events")


def binned(values: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.int_]]:
    """Largest values of at most `BINS` bins of as many segments, (T,) → (bins,), and their edges."""
    edges = np.arange(0, len(values), -(-len(values) // BINS))
    return np.maximum.reduceat(values, edges), np.append(edges, len(values))


def draw_attention(axis: Axes, video: ParsedVideo, modality: str, classes: Sequence[int]) -> QuadMesh:
    """Draw the attention of label embeddings over segments; one row per class.

    Args:
        axis: where to draw; its x axis is time in seconds.
        video: a video parsed with label embeddings.
        modality: ``"audio"`` or ``"visual"``.
        classes: indices of the classes to show, from bottom to top.

    Returns:
        The drawn matrix, for a colour bar.
    """
    weights = video.attention[modality][classes]  # (rows, T)
    rows, segments = weights.shape
    mesh = axis.pcolormesh(np.arange(segments + 1), np.arange(rows + 1), weights, cmap=HEATMAP, vmin=0)
    _label_rows(axis, video, classes, segments, f"{modality}, attention")
    return mesh


def timeline_legend(video: ParsedVideo) -> list[Patch]:
    """Legend entries of a timeline's colours; ground truth is listed only if the video has it."""
    patches = [
        Patch(color=AUDIO, label="audio event (predicted)"),
        Patch(color=VISUAL, label="visual event (predicted)"),
        Patch(color="0.7", label="height: probability"),
    ]
    return [*patches, Patch(color=TRUTH, label="ground truth")] if video.truth else patches


def plain_text(name: str) -> str:
    r"""A name on one line, with dollar signs escaped to keep Matplotlib from typesetting formulas.

    Example:
        >>> print(plain_text("cash\n$5"))
        cash \$5
    """
    return " ".join(name.split()).replace("$", r"\$")


def _draw_strip(axis: Axes, active: NDArray[np.generic], y: float, colour: str) -> None:
    narrowest = len(active) / BINS
    spans = [(onset, max(offset - onset, narrowest)) for _, onset, offset in runs_of(active[:, None])]
    axis.broken_barh(spans, (y, 0.13), color=colour, linewidth=0)


def _label_rows(axis: Axes, video: ParsedVideo, classes: Sequence[int], segments: int, title: str) -> None:
    axis.set(xlim=(0, segments), ylim=(0, len(classes)), title=title)
    axis.set_yticks(np.arange(len(classes)) + 0.5, [plain_text(video.classes[c]) for c in classes])
    long = segments > LONG
    ticks = marks(segments, MAX_TICKS // 2 if long else MAX_TICKS)
    axis.set_xticks(ticks, [clock(t) if long else str(t) for t in ticks])
    for row in range(1, len(classes)):
        axis.axhline(row, color="0.85", linewidth=0.6)

"""Panels of a timeline: events of one modality, and attention of its label embeddings."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from leap.inference.parsed_video import ParsedVideo
from leap.visualization.palette import AUDIO, HEATMAP, MODALITY_COLOURS, TRUTH, VISUAL

PROBABLE = 0.3
"""Smallest segment probability at which a class is shown although it is neither predicted nor true."""


def classes_to_show(video: ParsedVideo) -> list[int]:
    """Indices of the classes that are true, predicted or `PROBABLE` in some segment; by default class 0."""
    marked: list[NDArray[np.generic]] = [*video.events.values(), *video.truth.values()]
    marked += [probabilities >= PROBABLE for probabilities in video.probabilities.values()]
    return [int(c) for c in np.flatnonzero(np.any(marked, axis=(0, 1)))] or [0]


def draw_events(axis: Axes, video: ParsedVideo, modality: str, classes: Sequence[int]) -> None:
    """Draw probabilities, predicted events and, if known, the ground truth; one row per class.

    Args:
        axis: where to draw; its x axis is time in seconds.
        video: the parsed video.
        modality: ``"audio"`` or ``"visual"``.
        classes: indices of the classes to show, from bottom to top.
    """
    colour, segments = MODALITY_COLOURS[modality], len(video.probabilities[modality])
    for row, c in enumerate(classes):
        for t, probability in enumerate(video.probabilities[modality][:, c].tolist()):
            bar = Rectangle((t, row + 0.1), 1, 0.55 * probability, color=colour, alpha=0.35)
            axis.add_patch(bar)
        _draw_strip(axis, video.events[modality][:, c], row + 0.66, colour)
        if video.truth:
            _draw_strip(axis, video.truth[modality][:, c], row + 0.82, TRUTH)
    _label_rows(axis, video, classes, segments, f"{modality}, events")


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
    for t in map(int, np.flatnonzero(active)):
        axis.add_patch(Rectangle((t, y), 1, 0.13, color=colour, linewidth=0))


def _label_rows(axis: Axes, video: ParsedVideo, classes: Sequence[int], segments: int, title: str) -> None:
    axis.set(xlim=(0, segments), ylim=(0, len(classes)), title=title)
    axis.set_yticks(np.arange(len(classes)) + 0.5, [plain_text(video.classes[c]) for c in classes])
    axis.set_xticks(range(segments + 1))
    for row in range(1, len(classes)):
        axis.axhline(row, color="0.85", linewidth=0.6)

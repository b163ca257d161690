"""Several parsings of one video below its signals: the ground truth and the events of every system."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from leap.metrics.arrays import MODALITIES
from leap.visualization.palette import TRUTH, WIDTH, line_colours
from leap.visualization.signals import Rendering, draw_frames, draw_spectrogram

Events = Mapping[str, NDArray[np.generic]]
"""Modality → dense events of a video, (T, C)."""

GROUND_TRUTH = "ground truth"
WORDS = {"audio": "heard", "visual": "seen"}


def comparison_figure(
    parsings: Mapping[str, Events], truth: Events, classes: Sequence[str], signals: Rendering | None = None
) -> Figure:
    """Ground truth and the events of every system, below the frames and the spectrogram of a video.

    A row per class that is true or predicted; in it, the ground truth is above the systems.

    Args:
        parsings: system → its events.
        truth: the true events.
        classes: names of the C classes.
        signals: sound and frames of the video; without them, only events are drawn.
    """
    lines = {GROUND_TRUTH: truth} | dict(parsings)
    rows = {m: np.flatnonzero(np.any([e[m] for e in lines.values()], axis=(0, 1))) for m in MODALITIES}
    heights = [0.6, 1.0] * bool(signals) + [0.35 + 0.16 * len(lines) * max(1, len(c)) for c in rows.values()]
    figure = Figure(figsize=(WIDTH, 1.2 + sum(heights)), layout="constrained")
    axes = iter(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights))
    if signals:
        draw_frames(next(axes), signals)
        draw_spectrogram(next(axes), signals)
    for modality, found in rows.items():
        _draw_lines(axis := next(axes), {name: e[modality][:, found] for name, e in lines.items()})
        axis.set_yticks(np.arange(len(found)) + 0.5, [classes[int(c)] for c in found])
        axis.set_ylabel(WORDS[modality])
    segments = len(truth["audio"])
    axis.set(xlabel="second", xlim=(0, segments), xticks=range(segments + 1))
    handles = [Patch(color=colour, label=name) for name, colour in _colours(lines).items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _draw_lines(axis: Axes, lines: Mapping[str, NDArray[np.generic]]) -> None:
    """Draw the events of every line, each (T, rows), as strips that share the height of a row."""
    height, rows = 0.9 / len(lines), next(iter(lines.values())).shape[1]
    for place, (name, colour) in enumerate(_colours(lines).items()):
        for t, row in np.argwhere(lines[name]).tolist():
            strip = Rectangle((t, row + 0.05 + place * height), 1, 0.9 * height, color=colour, linewidth=0)
            axis.add_patch(strip)
    axis.set_ylim(max(1, rows), 0)
    for row in range(1, rows):
        axis.axhline(row, color="0.85", linewidth=0.6)


def _colours(lines: Mapping[str, object]) -> dict[str, str]:
    """Colour of every line: that of the ground truth, or of the system."""
    return {GROUND_TRUTH: TRUTH} | line_colours([name for name in lines if name != GROUND_TRUTH])

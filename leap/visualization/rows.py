"""Panels of named rows below one another, in which several series share a row, and their legend."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from leap.visualization.palette import SMALL, WIDTH

LABEL = 26
"""Most characters in a line of a row's name."""

LINE = 0.2
"""Height of a line of type, and distance of two series in a row, in inches."""


def stacked_rows(panels: Sequence[Mapping[str, int]]) -> tuple[Figure, list[Axes]]:
    """A figure with panels of named rows below one another, which share the horizontal axis.

    The unit of the vertical axes is a line of type; `row_places` has the places of the rows.

    Args:
        panels: name of every row of a panel, from top to bottom → number of series in it.
    """
    heights = [sum(_lines(*row) for row in panel.items()) for panel in panels]
    size = (WIDTH, 1.4 + 0.4 * len(panels) + LINE * sum(heights))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axis, panel, height in zip(axes, panels, heights, strict=True):
        axis.set_yticks([float(np.mean(places)) for places in row_places(panel)], map(wrapped, panel))
        axis.set_ylim(height, 0)
        axis.grid(axis="y", alpha=0.3)
    return figure, list(axes)


def row_places(panel: Mapping[str, int]) -> list[NDArray[np.float64]]:
    """Places of the series of every row, from the top of the panel; arguments as of `stacked_rows`.

    >>> row_places({"a": 1, "b": 2})
    [array([1.]), array([3., 4.])]
    """
    heights = [_lines(*row) for row in panel.items()]
    centres = np.cumsum(heights) - np.array(heights) / 2
    return [
        centre + np.arange(count) - (count - 1) / 2
        for centre, count in zip(centres, panel.values(), strict=True)
    ]


def _lines(name: str, series: int) -> int:
    """Height of a row: one line per series or line of its name, and one between rows."""
    return 1 + max(series, wrapped(name).count("\n") + 1)


def wrapped(name: str) -> str:
    """The name of a row in lines of at most `LABEL` characters."""
    return fill(name, LABEL)


def add_legend(figure: Figure, axes: Sequence[Axes]) -> None:
    """Add a legend below the panels that lists every name once, if there are several names."""
    found = {
        label: handle
        for axis in axes
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
        if label
    }
    if len(found) > 1:
        columns = 1 if max(map(len, found)) > LABEL + 4 else 2
        place: dict[str, Any] = {"loc": "outside lower center", "ncols": columns, "fontsize": SMALL + 1}
        figure.legend(list(found.values()), list(found), frameon=False, **place)

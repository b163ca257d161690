"""Difference plots: effects with their intervals, in rows that are sorted and share a range."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leap.visualization.palette import MARKERS, SMALL, TRUTH, line_colours
from leap.visualization.rows import add_legend, row_places, stacked_rows

Panels = Mapping[str, Mapping[str, pd.DataFrame]]
"""Title of a panel → name of a series → table with columns ``difference``, ``low`` and ``high``, by row."""

FAR = 5
"""A row is off scale if it is this many times as far from zero as any nearer row, and as one point."""


def effect_plot(panels: Panels, axis_title: str) -> Figure:
    """Effects with their intervals: panels below one another, which share their range; zero is marked.

    All panels list their rows in the same order, from the largest mean effect to the smallest. Rows that
    would compress all others (`off_scale_rows`) are written at the edge instead of drawn.

    Args:
        panels: the effects; a series named ``""`` has no entry in the legend, and a series may lack rows.
        axis_title: what is plotted, in which unit, and which side favours what.
    """
    order, far = sorted_rows(panels), off_scale_rows(panels)
    rows = [_series_by_row(series, order) for series in panels.values()]
    figure, axes = stacked_rows([{row: len(found) for row, found in panel.items()} for panel in rows])
    for axis, panel, (title, series) in zip(axes, rows, panels.items(), strict=True):
        _draw_panel(axis, series, panel, far)
        axis.set_title(title)
    axes[-1].set_xlabel(axis_title)
    add_legend(figure, axes)
    return figure


def off_scale_rows(panels: Panels) -> set[str]:
    """Names of the rows whose intervals are all at least `FAR` times as far from zero as all other rows."""
    intervals = _all_rows(panels)[["low", "high"]].dropna()
    far = intervals.abs().max(axis=1).groupby(level=0).max().sort_values()
    nearest = intervals.abs().min(axis=1).where(intervals.prod(axis=1) > 0, 0.0)
    near = nearest.groupby(level=0).min()[far.index]
    for number in range(1, len(far)):
        if near.iloc[number:].min() > FAR * max(far.iloc[number - 1], 1.0):
            return set(map(str, far.index[number:]))
    return set()


def _all_rows(panels: Panels) -> pd.DataFrame:
    return pd.concat([table for series in panels.values() for table in series.values()])


def sorted_rows(panels: Panels) -> list[str]:
    """Names of the rows of all panels, from the largest mean effect to the smallest."""
    means = _all_rows(panels)["difference"].groupby(level=0, sort=False).mean()
    return list(means.sort_values(ascending=False, kind="stable").index)


def _series_by_row(series: Mapping[str, pd.DataFrame], order: Sequence[str]) -> dict[str, list[str]]:
    """Row of a panel → names of the series that have it."""
    found = {row: [name for name, table in series.items() if row in table.index] for row in order}
    return {row: names for row, names in found.items() if names}


def _draw_panel(
    axis: Axes, series: Mapping[str, pd.DataFrame], rows: Mapping[str, list[str]], far: set[str]
) -> None:
    """Draw the series of a panel, below one another in each row, and mark zero."""
    colours = line_colours(name for name in series if name) | {"": TRUTH}
    by_row = row_places({row: len(names) for row, names in rows.items()})
    places = {
        (name, row): float(place)
        for (row, names), found in zip(rows.items(), by_row, strict=True)
        for name, place in zip(names, found, strict=True)
    }
    for marker, (name, table) in zip(MARKERS, series.items(), strict=False):
        near = table.drop(index=[row for row in table.index if row in far])
        style = {"fmt": marker, "color": colours[name], "label": name}
        _draw_effects(axis, near, [places[name, row] for row in near.index], **style)
        for row in far.intersection(table.index):
            _write_effect(axis, pd.Series(table.loc[row]), places[name, row], colours[name])
    axis.axvline(0, color=TRUTH, linewidth=0.8)


def _draw_effects(axis: Axes, table: pd.DataFrame, places: Sequence[float], **style: Any) -> None:
    errors = np.stack([table.difference - table.low, table.high - table.difference])  # (2, rows)
    axis.errorbar(table.difference, places, xerr=errors, capsize=3, **style)


def _write_effect(axis: Axes, row: pd.Series, place: float, colour: str) -> None:
    """Write an effect that is off scale at the edge beyond which it lies."""
    interval = f"{row['difference']:.1f} [{row['low']:.1f}, {row['high']:.1f}]".replace("-", "−")
    left = row["difference"] < 0
    text, side = (f"← {interval}, off scale", "left") if left else (f"{interval}, off scale →", "right")
    where: dict[str, Any] = {
        "x": 0.01 if left else 0.99,
        "ha": side,
        "va": "center",
        "transform": axis.get_yaxis_transform(),
    }
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    axis.text(y=place, s=text, color=colour, fontsize=SMALL, bbox=box, zorder=3, **where)

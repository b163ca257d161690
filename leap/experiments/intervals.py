"""Sentences that say on which side of zero the intervals of effects lie."""

from collections.abc import Mapping

import pandas as pd

from leap.experiments.estimates import counted, direction
from leap.metrics.titles import listed, titled

NAMED = 4
"""Most rows whose names are listed; the intervals of more are counted."""


def intervals_in_words(panels: Mapping[str, Mapping[str, pd.DataFrame]]) -> str:
    """A sentence per panel of a difference plot that says which of its intervals lie on a side of 0.

    Args:
        panels: as of `leap.visualization.effects.effect_plot`; rows without an interval are passed over.
    """
    found = {title: _directions(series) for title, series in panels.items()}
    return " ".join(titled(title, _said(rows)) for title, rows in found.items() if len(rows))


def _directions(series: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Side of zero of the interval of every row of every series."""
    rows = pd.concat(series).dropna(subset=["low", "high"])
    names = [", ".join(filter(None, key)) for key in rows.index]
    return rows.set_axis(names, axis="index").apply(direction, axis=1)


def _said(rows: pd.Series) -> str:
    """The intervals of a panel in words."""
    if len(rows) > NAMED:
        return f"of {len(rows)} intervals, {counted(rows)}"
    by_place = [
        f"{'includes 0' if where == 'includes 0' else f'is {where}'} for {listed(map(str, names))}"
        for where, names in rows.groupby(rows, sort=False).groups.items()
    ]
    return f"the interval {listed(by_place)}"

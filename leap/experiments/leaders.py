"""Sentences that name the highest line of a figure."""

from collections.abc import Mapping

import pandas as pd

from leap.metrics.titles import listed, titled


def leaders_in_words(panels: Mapping[str, Mapping[str, pd.DataFrame]]) -> str:
    """A sentence per panel of `leap.visualization.figures.curves` that names the highest line at each place.

    Args:
        panels: as there; the lines of a panel have the same places.
    """
    return " ".join(titled(title, _leaders(lines)) for title, lines in panels.items())


def _leaders(lines: Mapping[str, pd.DataFrame]) -> str:
    means = pd.DataFrame({name: line["mean"] for name, line in lines.items()})
    found = {name: _places(rows.index) for name, rows in means.groupby(means.idxmax(axis=1), sort=False)}
    return f"the highest mean is {listed(f'that of {name} at {places}' for name, places in found.items())}"


def _places(index: pd.Index) -> str:
    return listed(f"{place:,}" for place in index)

"""Published results on LLP, each with its source."""

from importlib.resources import files

import pandas as pd

from leap.experiments.tables import TITLES
from leap.metrics.titles import spelled_out

ROUNDING = 0.11
"""Largest difference of a printed mean from the mean of its three scores that rounding to 0.1 explains."""


def published() -> pd.DataFrame:
    """The published scores × 100, NaN where a source does not print one.

    Returns:
        One row per method: ``kind`` (``system`` or ``pseudo-labels``), ``features``, ``encoder``,
        ``decoder``, ``labels`` of the training videos, ``protocol`` (segment threshold and gates),
        ``beyond`` (supervision beyond weak labels), the ten scores and ``source``.
    """
    with files("leap.experiments").joinpath("published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, index_col="method", dtype=dict.fromkeys(TITLES, float))


def inconsistent_means() -> str:
    """A sentence that lists published Type@AV scores that differ from the mean of their three scores."""
    table, found = published(), []
    for level in ("seg", "evt"):
        name = f"{level}_type"
        mean = table[[f"{level}_a", f"{level}_v", f"{level}_av"]].mean(axis=1, skipna=False)
        for method in table.index[(mean - table[name]).abs() > ROUNDING]:
            found.append(
                f"{method} ({spelled_out(name)} {table[name][method]:.1f}, "
                f"mean of the three {mean[method]:.1f})"
            )
    return f"Type@AV is by definition the mean of A, V and AV; in print it is not for {', '.join(found)}."

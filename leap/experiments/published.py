"""Published results on LLP, each with where it was seen."""

from importlib.resources import files

import pandas as pd

from leap.experiments.tables import TITLES

ROUNDING = 0.11
"""By how much a printed mean may differ from the mean of three printed scores: each is rounded to 0.1."""


def published() -> pd.DataFrame:
    """The published scores × 100, NaN where a source does not print one.

    Returns:
        one row a published result: ``kind`` (``system`` or ``pseudo labels``), ``features``, ``encoder``,
        ``decoder``, the ten scores and ``source``, by method.
    """
    with files("leap.experiments").joinpath("published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, index_col="method", dtype=dict.fromkeys(TITLES, float))


def not_the_mean() -> str:
    """Which published Type@AV are not the mean of the three scores printed beside them, in a sentence."""
    table, found = published(), []
    for level in ("seg", "evt"):
        name = f"{level}_type"
        mean = table[[f"{level}_a", f"{level}_v", f"{level}_av"]].mean(axis=1, skipna=False)
        for method in table.index[(mean - table[name]).abs() > ROUNDING]:
            found.append(
                f"{method} ({TITLES[name]} {table[name][method]:.1f}, mean of the three {mean[method]:.1f})"
            )
    return f"Type@AV is by definition the mean of A, V and AV; in print it is not for {', '.join(found)}."


def readable() -> pd.DataFrame:
    """The published scores for reading, under their full names."""
    table = published()
    scores = table[list(TITLES)].rename(columns=TITLES)
    text = scores.map(lambda value: "–" if pd.isna(value) else f"{value:.1f}")
    return text.assign(features=table["features"].fillna("–"), source=table["source"])

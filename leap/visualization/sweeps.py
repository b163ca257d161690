"""The figure of a sweep: the score of its trials against each field."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leap.visualization.palette import BOTH, TRUTH, WIDTH


def sweep_figure(table: pd.DataFrame, scales: Mapping[str, str], score: str) -> Figure:
    """Score against each field, in panels below one another; the best trial is a black diamond.

    Args:
        table: one row per trial, with a column per field and ``score``; a trial without score is not drawn.
        scales: field → ``"linear"``, ``"log"`` or ``"category"``.
        score: title of the vertical axes.
    """
    scored = table.dropna(subset="score").sort_values("score")
    figure = Figure(figsize=(WIDTH, 0.8 + 2.2 * len(scales)), layout="constrained")
    axes = figure.subplots(len(scales), 1, sharey=True, squeeze=False)[:, 0]
    for axis, (field, scale) in zip(axes, scales.items(), strict=True):
        _draw_field(axis, scored, field, scale)
    figure.supylabel(score)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def _draw_field(axis: Axes, scored: pd.DataFrame, field: str, scale: str) -> None:
    """Draw trials, of which the best is the last."""
    places = scored[field]
    if scale == "category":
        names = sorted(scored[field].unique(), key=lambda name: (isinstance(name, str), name))
        places = scored[field].map(names.index)
        axis.set_xticks(range(len(names)), list(map(str, names)))
        axis.margins(x=0.15)
    else:
        axis.set_xscale(scale)
    axis.plot(places, scored["score"], "o", color=BOTH, label="trial")
    axis.plot(places.iloc[-1:], scored["score"].iloc[-1:], "D", color=TRUTH, label="best trial")
    axis.set_xlabel(field)

"""Figures that compare systems, and a function that saves figures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leap.io.atomic import atomic_path
from leap.metrics import TITLES
from leap.visualization.palette import MARKERS, STYLE, TRUTH, line_colours

PNG_METADATA = {"Software": "leap"}
"""Marks a figure as made by this package, so that a later call may replace it."""

History = Sequence[Mapping[str, float]]
"""One entry per epoch: name of a loss or validation score → value."""


def use_style() -> None:
    """Set the style of all figures that are drawn afterwards."""
    mpl.rcParams.update(STYLE)  # type: ignore[arg-type]


def save_figure(figure: Figure, path: str | Path, metadata: Mapping[str, str] | None = None) -> Path:
    """Write a figure to a file atomically; the suffix determines the format.

    Args:
        figure: the figure.
        path: the file to write.
        metadata: texts to store in the file, by key of its format.

    Raises:
        OSError: the file cannot be written.
        ValueError: the suffix is not that of a supported format.
    """
    with atomic_path(path) as temporary:
        figure.savefig(temporary, bbox_inches="tight", metadata=metadata)
    return Path(path)


def learning_curves(histories: Mapping[str, Sequence[History]], score: str = "seg_type") -> Figure:
    """Total training loss and validation score by epoch.

    Lines are means over seeds; bands show one standard deviation, and a single seed has no band.

    Args:
        histories: system → one history per seed; entries hold ``"loss_total"`` and the score.
        score: name of a score.
    """
    table = pd.DataFrame(
        {"system": system, "epoch": epoch, **entry}
        for system, seeds in histories.items()
        for history in seeds
        for epoch, entry in enumerate(history, 1)
    )
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    panels = {"loss_total": "training loss", score: f"validation {TITLES[score]}"}
    for axis, (name, title) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        sns.lineplot(
            table, x="epoch", y=name, hue="system", style="system", palette=line_colours(histories),
            markers=dict(zip(histories, MARKERS, strict=False)), dashes=False, markeredgewidth=0,
            errorbar="sd", err_kws={"alpha": 0.15}, legend=name == score, ax=axis,
        )  # fmt: skip
        axis.set_ylabel(title)
        axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(frameon=False)
    return figure


def difference_plot(table: pd.DataFrame, scores: Sequence[str], baseline: str = "MMIL") -> Figure:
    """Paired differences from a baseline with their intervals: panels of scores below one another.

    All panels have the same rows, one per system, and the same range.

    Args:
        table: columns ``difference``, ``low`` and ``high``, by ``system`` and ``score``.
        scores: names of the scores to show.
        baseline: name of the baseline.
    """
    systems = list(table.index.get_level_values("system").unique())
    figure = Figure(figsize=(6.4, 0.6 + len(scores) * (0.6 + 0.4 * len(systems))), layout="constrained")
    axes = figure.subplots(len(scores), 1, sharex=True, squeeze=False)[:, 0]
    for axis, score in zip(axes, scores, strict=True):
        _draw_effects(axis, pd.DataFrame(table.xs(score, level="score"), index=systems), "")
        axis.set_title(TITLES[score])
    axes[-1].set_xlabel(f"difference from {baseline} (right of 0: better)")
    return figure


def effect_plot(table: pd.DataFrame, axis_title: str) -> Figure:
    """Effects with their intervals, one row each, from the largest to the smallest; zero is marked.

    Args:
        table: columns ``difference``, ``low`` and ``high``; the index labels the rows.
        axis_title: what is plotted, and which side favors which system.
    """
    part = table.sort_values("difference", ascending=False)
    figure = Figure(figsize=(6.4, 1.0 + 0.38 * len(part)), layout="constrained")
    axis = figure.subplots()
    _draw_effects(axis, part, axis_title)
    return figure


def system_effect_plot(panels: Mapping[str, Mapping[str, pd.DataFrame]], axis_title: str) -> Figure:
    """Effects with their intervals by system: panels below one another, whose rows the systems share.

    Args:
        panels: title → system → table with columns ``difference``, ``low`` and ``high``, whose index labels
            the rows; within a panel, all systems have the same rows.
        axis_title: what is plotted, and which side favors what.
    """
    rows = [len(next(iter(systems.values()))) for systems in panels.values()]
    figure = Figure(figsize=(6.4, 1.2 + sum(0.6 + 0.42 * n for n in rows)), layout="constrained")
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=rows)[:, 0]
    for axis, (title, systems) in zip(axes, panels.items(), strict=True):
        colours, shifts = line_colours(systems), np.linspace(-0.15, 0.15, len(systems))
        for shift, marker, (name, table) in zip(shifts, MARKERS, systems.items(), strict=False):
            _draw_effects(axis, table, "", shift, fmt=marker, color=colours[name], label=name)
        axis.set_title(title)
    axes[-1].set_xlabel(axis_title)
    axes[0].legend(frameon=False)
    return figure


def _draw_effects(axis: Axes, table: pd.DataFrame, axis_title: str, shift: float = 0.0, **style: Any) -> None:
    """Draw differences with their intervals, one row each from the top, moved down by ``shift`` rows.

    Zero is marked.
    """
    errors = np.stack([table.difference - table.low, table.high - table.difference])  # (2, rows)
    rows, style = np.arange(len(table)), {"fmt": "o", "color": TRUTH} | style
    axis.errorbar(table.difference, rows + shift, xerr=errors, capsize=3, **style)
    axis.axvline(0, color=TRUTH, linewidth=0.8)
    axis.set(xlabel=axis_title, yticks=rows, yticklabels=table.index, ylim=(len(table) - 0.5, -0.5))


def dot_plot(panels: Mapping[str, pd.DataFrame], axis_title: str) -> Figure:
    """Values of several series in rows: one panel per table, one marker per series.

    Args:
        panels: title → table whose index labels the rows and whose columns are the series; all tables have
            the same rows and columns.
        axis_title: title of the horizontal axes.
    """
    rows = len(next(iter(panels.values())))
    figure = Figure(figsize=(3.2 * len(panels) + 1.6, 1.6 + 0.4 * rows), layout="constrained")
    axes = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    for axis, (title, table) in zip(axes, panels.items(), strict=True):
        colours = line_colours(table.columns)
        for marker, (name, values) in zip(MARKERS, table.items(), strict=False):
            axis.plot(values, range(rows), marker, color=colours[str(name)], label=name)
        axis.set(title=title, xlabel=axis_title, yticks=range(rows), yticklabels=table.index)
        axis.grid(axis="y", alpha=0.3)
    axes[0].set_ylim(rows - 0.5, -0.5)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=3)
    return figure


def curves(panels: Mapping[str, Mapping[str, pd.DataFrame]], x: str, y: str) -> Figure:
    """Lines with error bars in panels, two panels per row.

    Args:
        panels: title → name of a line → table indexed by x, columns ``mean`` and ``sd``; an ``sd`` of NaN
            draws no error bar.
        x: title of the horizontal axes.
        y: title of the vertical axes.
    """
    columns, rows = min(2, len(panels)), -(-len(panels) // 2)
    figure = Figure(figsize=(4.6 * columns, 3.6 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axis, (title, lines) in zip(axes.flat, panels.items(), strict=False):
        colours = line_colours(lines)
        for marker, (name, line) in zip(MARKERS, lines.items(), strict=False):
            places = [str(place) for place in line.index]
            style = {"label": name, "marker": marker, "color": colours[name], "capsize": 3}
            axis.errorbar(places, line["mean"], yerr=line["sd"], **style)
        axis.set(title=title, xlabel=x)
    for axis in axes.flat[len(panels) :]:
        axis.remove()
    for axis in axes[:, 0]:
        axis.set_ylabel(y)
    axes.flat[len(panels) - 1].legend(frameon=False)
    return figure

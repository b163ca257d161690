"""Figures that compare systems, and a function that saves figures."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from leap.io.atomic import atomic_path
from leap.metrics import TITLES
from leap.visualization.palette import BASELINE, MARKERS, STYLE, WIDTH, line_colours
from leap.visualization.rows import add_legend, row_places, stacked_rows

PNG_METADATA = {"Software": "leap"}
"""Marks a figure as made by this package, so that a later call may replace it."""

APART = 0.03
"""Distance of a line from its place, at most, as a fraction of the range of places."""

History = Sequence[Mapping[str, float]]
"""One entry per epoch: name of a loss or validation score → value."""


def use_style() -> None:
    """Set the style of all figures that are drawn afterwards."""
    mpl.rcParams.update(STYLE)  # type: ignore[arg-type]


def styled() -> AbstractContextManager[None]:
    """The style of all figures within a context."""
    return mpl.rc_context(STYLE)  # type: ignore[arg-type]


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
    figure = Figure(figsize=(WIDTH, 5.6), layout="constrained")
    panels = {"loss_total": "training loss", score: f"validation {TITLES[score]}"}
    for axis, (name, title) in zip(figure.subplots(2, 1), panels.items(), strict=True):
        sns.lineplot(
            table, x="epoch", y=name, hue="system", style="system", palette=line_colours(histories),
            markers=dict(zip(histories, MARKERS, strict=False)), dashes=False, markeredgewidth=0,
            errorbar="sd", err_kws={"alpha": 0.15}, legend=name == score, ax=axis,
        )  # fmt: skip
        axis.set_ylabel(title)
        axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend(frameon=False)
    return figure


def last_scores_in_words(histories: Mapping[str, Sequence[History]], score: str = "seg_type") -> str:
    """Mean validation score after the last epoch by system; arguments as of `learning_curves`."""
    means = {system: np.mean([seed[-1][score] for seed in seeds]) for system, seeds in histories.items()}
    found = ", ".join(f"{system} {mean:.1f}" for system, mean in means.items())
    return f"Validation {TITLES[score]} after the last epoch: {found}."


def dot_plot(panels: Mapping[str, pd.DataFrame], axis_title: str) -> Figure:
    """Values of several series in rows: panels below one another, one marker per series.

    Args:
        panels: title → table whose index labels the rows and whose columns are the series; all tables have
            the same rows and columns.
        axis_title: title of the horizontal axis.
    """
    rows = [dict.fromkeys(map(str, table.index), table.shape[1]) for table in panels.values()]
    figure, axes = stacked_rows(rows)
    for axis, panel, (title, table) in zip(axes, rows, panels.items(), strict=True):
        _draw_dots(axis, table, np.array(row_places(panel)))
        axis.set_title(title)
    axes[-1].set_xlabel(axis_title)
    add_legend(figure, axes)
    return figure


def _draw_dots(axis: Axes, table: pd.DataFrame, places: NDArray[np.float64]) -> None:
    """Draw every column of a table at its places, of ``places`` (rows, series)."""
    colours = line_colours(table.columns)
    for marker, (name, values), at in zip(MARKERS, table.items(), places.T, strict=False):
        axis.plot(values, at, marker, color=colours[str(name)], label=name)


def curves(panels: Mapping[str, Mapping[str, pd.DataFrame]], y: str, scale: str = "linear") -> Figure:
    """Lines with error bars in panels below one another, moved apart a little; a trivial baseline is dashed.

    Args:
        panels: title → name of a line → table indexed by x, columns ``mean`` and ``sd``; an ``sd`` of NaN
            draws no error bar. The name of the index is the title of the horizontal axis.
        y: title of the vertical axes.
        scale: scale of the horizontal axes, such as ``"log"``.
    """
    figure = Figure(figsize=(WIDTH, 0.5 + 2.5 * len(panels)), layout="constrained")
    axes = list(figure.subplots(len(panels), 1, sharey=True, squeeze=False)[:, 0])
    for axis, (title, lines) in zip(axes, panels.items(), strict=True):
        axis.set(title=title, ylabel=y)
        colours, shifts = line_colours(lines), np.linspace(-APART, APART, 2 * len(lines) + 1)[1::2]
        for shift, marker, (name, line) in zip(shifts, MARKERS, lines.items(), strict=False):
            style = {"marker": "", "linestyle": "--"} if name == BASELINE else {"marker": marker}
            places = _moved(_places(line), float(shift), scale)
            axis.errorbar(
                places, line["mean"], line["sd"], label=name, color=colours[name], capsize=3, **style
            )
        _mark_places(axis, line, scale)
    add_legend(figure, axes)
    return figure


def _places(line: pd.DataFrame) -> NDArray[np.float64]:
    """Horizontal places of a line: its numbers, or the positions of its names."""
    numbers = line.index if is_numeric_dtype(line.index) else range(len(line))
    return np.asarray(numbers, dtype=float)


def _moved(places: NDArray[np.float64], fraction: float, scale: str) -> NDArray[np.float64]:
    """Places moved to the right by a fraction of their range on a scale."""
    if scale == "log":
        return places * (places.max() / places.min()) ** fraction
    return places + fraction * np.ptp(places)


def _mark_places(axis: Axes, line: pd.DataFrame, scale: str) -> None:
    """Name the horizontal axis, with ticks at the places of a line only."""
    axis.set(xlabel=str(line.index.name), xscale=scale)
    names = [f"{place:,}" if is_numeric_dtype(line.index) else str(place) for place in line.index]
    axis.set_xticks(_places(line), names)
    axis.minorticks_off()

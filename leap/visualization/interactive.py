"""Difference plots that a reader can look into: values under the pointer, zoom; Bokeh draws them offline."""

import json
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import pandas as pd

from leap.errors import require
from leap.visualization.effects import Panels, off_scale_rows, sorted_rows
from leap.visualization.palette import TRUTH, line_colours
from leap.visualization.rows import wrapped

ROW, SERIES, HEADER = 14, 20, 60
"""Pixels between rows, of a series in a row, and of what is above and below the rows of a panel."""

LINE = 26
"""Most characters in a line of the horizontal axis's title, or of a legend, which fit on a phone."""

SHAPES = ("circle", "square", "diamond", "triangle", "inverted_triangle", "star")
"""Markers of the series, in order."""

TOOLS = "xpan,box_zoom,reset,"
POINTER = [("", "@row"), ("data", "@series"), ("difference", "@said")]


def interactive_effects(panels: Panels, axis_title: str) -> str:
    """A difference plot as JSON, which the book's script draws in place of the picture.

    Arguments are those of `leap.visualization.effects.effect_plot`.

    Returns:
        The plot; empty where rows are off scale, which the picture shows better.

    Raises:
        LeapError: the ``book`` extra is not installed.
    """
    if off_scale_rows(panels):
        return ""
    plotting, order = require("bokeh.plotting", "book"), sorted_rows(panels)
    figures: list[Any] = []
    for title, series in panels.items():
        rows = [wrapped(row) for row in order if any(row in table.index for table in series.values())]
        first = not figures
        figure = plotting.figure(
            title=title, y_range=rows[::-1], height=HEADER + (ROW + SERIES * len(series)) * len(rows),
            sizing_mode="stretch_width", tools=(TOOLS if first else "") + "hover", tooltips=POINTER,
            toolbar_location="above" if first else None, **({} if first else {"x_range": figures[0].x_range}),
        )  # fmt: skip
        figure.toolbar.logo = None
        _draw_series(figure, series)
        figures.append(figure)
    lines = [part for line in axis_title.splitlines() for part in wrap(line, LINE)]
    figures[-1].xaxis.axis_label = "\n".join(lines)
    figures[-1].height += SERIES * len(lines)
    _add_legend(max(figures, key=lambda figure: len(_named(figure))))
    layout = require("bokeh.layouts", "book").column(figures, sizing_mode="stretch_width")
    return json.dumps(require("bokeh.embed", "book").json_item(layout))


def _draw_series(figure: Any, series: Mapping[str, pd.DataFrame]) -> None:
    """Draw the intervals and points of every series, and mark zero."""
    models, transform = require("bokeh.models", "book"), require("bokeh.transform", "book")
    figure.add_layout(models.Span(location=0, dimension="height", line_color=TRUTH, line_width=1))
    colours, step = line_colours(name for name in series if name) | {"": TRUTH}, 0.6 / len(series)
    for place, (marker, (name, table)) in enumerate(zip(SHAPES, series.items(), strict=False)):
        shift = step * ((len(series) - 1) / 2 - place)
        where = transform.dodge("row", shift, range=figure.y_range)
        style = {"source": _source(table, name), "color": colours[name]}
        figure.segment("low", where, "high", where, line_width=2, **style)
        figure.scatter("difference", where, size=9, marker=marker, name=name, **style)


def _add_legend(figure: Any) -> None:
    """Add a legend of the named series below a panel."""
    models = require("bokeh.models", "book")
    items = [models.LegendItem(label=drawn.name, renderers=[drawn]) for drawn in _named(figure)]
    if items:
        columns = len(items) if sum(len(drawn.name) for drawn in _named(figure)) <= LINE else 1
        figure.add_layout(models.Legend(items=items, ncols=columns, border_line_width=0), "below")
        figure.height += HEADER // 2 + (ROW + SERIES) * len(items) // columns


def _named(figure: Any) -> list[Any]:
    return [drawn for drawn in figure.renderers if drawn.name]


def _source(table: pd.DataFrame, name: str) -> Any:
    """The rows of a series for Bokeh, with their intervals in words."""
    said = [
        f"{row.difference:+.1f} [{row.low:+.1f}, {row.high:+.1f}]".replace("-", "−")
        for row in table.itertuples()
    ]
    data = {column: table[column].tolist() for column in ("difference", "low", "high")}
    data |= {"row": [wrapped(str(row)) for row in table.index], "series": [name] * len(table), "said": said}
    return require("bokeh.models", "book").ColumnDataSource(data)

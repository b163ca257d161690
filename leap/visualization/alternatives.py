"""Alternative texts: what a figure shows, in words made from what it is drawn of."""

from collections.abc import Iterable, Mapping

import pandas as pd

from leap.metrics.titles import listed
from leap.visualization.effects import Panels, off_scale_rows


def effect_text(panels: Panels, axis_title: str) -> str:
    """Description of `leap.visualization.effects.effect_plot`; arguments as there."""
    series = list(dict.fromkeys(name for panel in panels.values() for name in panel if name))
    rows = dict.fromkeys(
        str(row) for panel in panels.values() for part in panel.values() for row in part.index
    )
    far = sorted(off_scale_rows(panels))
    said = [
        f"Points with intervals, {' '.join(axis_title.split())}: {_panels_in_words(panels)}, with a vertical "
        "line at 0.",
        f"The rows are {listed(rows)}.",
        f"Colours and markers distinguish {listed(series)}." if len(series) > 1 else "",
        f"Off scale, and written at the edge: {listed(far)}." if far else "",
    ]
    return " ".join(filter(None, said))


def curve_text(panels: Mapping[str, Mapping[str, pd.DataFrame]], y: str) -> str:
    """Description of `leap.visualization.figures.curves`; arguments as there."""
    lines = dict.fromkeys(name for panel in panels.values() for name in panel)
    places = dict.fromkeys(str(line.index.name) for panel in panels.values() for line in panel.values())
    return (
        f"Line plot of {y} by {listed(places)}: {_panels_in_words(panels)}, with a line for {listed(lines)} "
        "and error bars of one standard deviation."
    )


def dot_text(panels: Mapping[str, pd.DataFrame], axis_title: str) -> str:
    """Description of `leap.visualization.figures.dot_plot`; arguments as there."""
    table = next(iter(panels.values()))
    rows, series = (listed(map(str, names)) for names in (table.index, table.columns))
    return (
        f"Dot plot of {axis_title}: {_panels_in_words(panels)}, with a row for {rows}, and in each row a "
        f"marker for {series}."
    )


def _panels_in_words(panels: Iterable[str]) -> str:
    """The number of panels, and their titles."""
    titles = [title for title in panels if title]
    number = len(titles)
    if number < 2:
        return f"one panel ({titles[0]})" if titles else "one panel"
    return f"{number} panels below one another ({listed(titles)})"

"""Display of differences and verdicts in notebooks, each with a caption."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from leap.errors import require
from leap.experiments.estimates import estimates_in_words
from leap.experiments.intervals import intervals_in_words
from leap.experiments.tables import (
    TITLES,
    Runs,
    by_level,
    detectable_in_words,
    format_differences,
    format_scores,
)
from leap.experiments.verdicts import compare_in_words
from leap.visualization.alternatives import effect_text
from leap.visualization.effects import Panels, effect_plot
from leap.visualization.interactive import interactive_effects
from leap.visualization.numbered import show_figure, show_tables

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_IPYTHON = require("IPython.display", "book")
Markdown, display = _IPYTHON.Markdown, _IPYTHON.display

HEADLINE = ("seg_type", "evt_event")
"""The two scores shown in figures and verdicts."""


def compared(runs: Runs) -> str:
    """List the systems of a chapter, one line per data set, number of videos and number of runs."""
    lines: dict[str, list[str]] = {}
    for system, records in runs.items():
        dataset, videos = records[0].data["name"], len(records[0].per_video["seg_a"])
        number = f"{len(records)} run{'s' if len(records) > 1 else ''} each"
        lines.setdefault(f"{dataset}, {videos} videos, {number}", []).append(system)
    return "\n".join(f"{line}: {', '.join(systems)}" for line, systems in lines.items())


def show_scores(table: pd.DataFrame, caption: str) -> None:
    """Display the ten scores of systems, as of `leap.experiments.tables.score_table`, one table per level."""
    said = f"Mean ± standard deviation over seeds. {caption}"
    show_tables(*by_level(format_scores(table)), caption=said)


def show_estimates(claims: pd.DataFrame, caption: str) -> None:
    """Display registered claims with their estimates, as of `leap.experiments.estimates.estimate_table`."""
    said = f"Estimates of the registered claims, with 95 % intervals and p values of single tests. {caption}"
    show_tables(estimates_in_words(claims), caption=said)


def show_differences(table: pd.DataFrame, caption: str, baseline: str = "MMIL") -> None:
    """Display a table of paired differences, split by level if it has all ten scores, and its figure.

    Args:
        table: paired differences, as returned by `leap.experiments.tables.pair_table`.
        caption: data, profile, seeds and protocol.
        baseline: name of the baseline, for the axes.
    """
    show_difference_tables(table, caption)
    panels = {TITLES[score]: {"": pd.DataFrame(table.xs(score, level="score"))} for score in HEADLINE}
    show_effects(panels, f"difference from {baseline}, points\n(right of 0: better)", caption)


def show_difference_tables(table: pd.DataFrame, caption: str) -> None:
    """Display a table of paired differences without a figure; arguments as of `show_differences`."""
    readable = format_differences(table)
    whole = set(TITLES.values()) <= set(readable.columns)
    note = f"{caption} {detectable_in_words(table)}"
    show_tables(*(by_level(readable) if whole else [readable]), caption=note)


def show_effects(panels: Panels, axis_title: str, caption: str) -> Figure:
    """Display a difference plot whose caption begins with where the intervals lie.

    Args:
        panels: as of `leap.visualization.effects.effect_plot`.
        axis_title: as there.
        caption: what is plotted, seeds and split.

    Returns:
        The figure.
    """
    figure = effect_plot(panels, axis_title)
    said = f"{intervals_in_words(panels)} Points and 95 % intervals. {caption}"
    alt, interactive = effect_text(panels, axis_title), interactive_effects(panels, axis_title)
    show_figure(figure, said.strip(), alt, interactive)
    return figure


def show_verdicts(runs: Runs, pairs: Iterable[tuple[str, str]], caption: str) -> None:
    """Display one sentence per pair of a system and its baseline."""
    sentences = [compare_in_words(runs, *pair, HEADLINE) for pair in pairs]
    display(Markdown("\n".join(f"- {sentence}" for sentence in sentences)), Markdown(f"*{caption}*"))

"""Results of the benchmarks beside the aims for them; ``make bench`` repeats the measurements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from leap.experiments.chapter import Chapter
from leap.experiments.tables import NO_BREAK, format_difference

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHAPTER = Chapter("13_performance")

AIMS = {
    "input of an epoch, times as fast as official files": ("input", "packed store", "×", 20, 1),
    "memory of train and val beyond the store's size, MiB": ("input", "packed store", "MiB more", 953, -1),
    "step at d 512, times as fast as the release's way": ("step", "d 512", "× ours", 1.2, 1),
    "the same in bfloat16": ("step", "d 512", "× ours, bfloat16", 2.5, 1),
    "step at d 64, times as fast as the release's way": ("step", "d 64", "× ours", 1.5, 1),
    "step at d 64, one thread, ms": ("step", "d 64", "ours", 50, -1),
    "10,000 videos × 30 epochs at d 512 on a GPU, s": ("gpu", "ours", "s", 60, -1),
    "the same, times as fast as the release's way": ("gpu", "ours", "×", 10, 1),
    "evaluation rate of LEAP's preset, as a fraction of its parsing rate": (
        "evaluation",
        "leap",
        "fraction",
        0.9,
        1,
    ),
    "evaluation rate of HAN's preset, as a fraction of its parsing rate": (
        "evaluation",
        "han",
        "fraction",
        0.9,
        1,
    ),
}
"""Aim → table, row, column, bound, and 1 if the bound is a minimum or −1 if it is a maximum."""


def measured(folder: Path, name: str) -> pd.DataFrame:
    """A table of the benchmarks.

    Args:
        folder: folder of the tables.
        name: name of the table, without suffix.
    """
    return pd.read_csv(folder / f"{name}.csv", index_col=0)


def machine(folder: Path, name: str) -> str:
    """The machine that a table was measured on, in words."""
    found = json.loads((folder / "machines.json").read_text(encoding="utf-8"))[name]
    return f"{found['processor']}, {found['cores']} cores, PyTorch {found['torch']}"


def where(folder: Path, name: str) -> str:
    """Command and machine by which a table was measured, for its caption."""
    return f"Measured by `make bench` on {machine(folder, name)}; random features of LLP's shapes."


def aim_table(folder: Path) -> pd.DataFrame:
    """Aims beside measurements, one row per aim."""
    rows = {}
    for title, (name, row, column, bound, sign) in AIMS.items():
        value = float(measured(folder, name)[column][row])
        rows[title] = {
            "aim": f"{'≥' if sign > 0 else '≤'}{NO_BREAK}{bound:g}",
            "measured": number(value),
            "reached": "yes" if sign * value >= sign * bound else "no",
            "on": machine(folder, name).partition(",")[0],
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """A table as text: numbers formatted by `number`, and column ``fraction`` in percent."""
    text = table.map(number).rename_axis(None)
    return text.assign(fraction=table["fraction"].map("{:.0%}".format)) if "fraction" in table else text


def precision_table(folder: Path, name: str = "precision") -> pd.DataFrame:
    """Scores in float32 and bfloat16 as text, and their differences with intervals."""
    table = measured(folder, name).rename_axis(None)
    means = table[["float32", "bfloat16"]].map("{:.1f}".format)
    means["difference"] = table.apply(format_difference, axis=1)
    means["its sd over seeds"] = table["sd over seeds"].map("{:.1f}".format)
    return means


def number(value: float) -> str:
    """A number with about three significant digits; a dash for NaN.

    >>> number(1234.5), number(0.01234)
    ('1,234', '0.0123')
    """
    if pd.isna(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def size_figure(sizes: pd.DataFrame) -> Figure:
    """Time and memory of a decoder's training step by number of classes, one line per number of segments.

    Args:
        sizes: columns ``classes``, ``segments``, ``ms`` and ``MiB``, by decoder.
    """
    from matplotlib.figure import Figure

    from leap.visualization.palette import MARKERS, WIDTH, line_colours

    figure = Figure(figsize=(WIDTH, 6.8), layout="constrained")
    axes = figure.subplots(2, 1)
    colours = line_colours(sizes.index.unique(0))
    for decoder, rows in sizes.groupby(level=0):
        for marker, (segments, part) in zip(MARKERS, rows.groupby("segments"), strict=False):
            for axis, column in zip(axes, ("ms", "MiB"), strict=True):
                label = f"{decoder}, {segments} segments"
                style = {"color": colours[str(decoder)], "marker": marker, "markersize": 4}
                axis.plot(part["classes"], part[column], label=label, **style)
    for axis, title in zip(axes, ("time per step (ms, log)", "memory per step (MiB, log)"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="classes (log)", ylabel=title)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure

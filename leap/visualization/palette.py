"""Colours, markers, sizes and style of all figures: one colour per system, per modality and for the truth.

Most hues are those of Okabe and Ito (2008), and some are Paul Tol's. Readers with a common colour-vision
deficiency can distinguish them.
"""

from collections.abc import Iterable
from itertools import cycle
from typing import Any

MMIL, LEAP = "#0072B2", "#D55E00"  # blue and orange
AUDIO, VISUAL = "#009E73", "#AA4499"  # green and purple
BOTH, TRUTH, PREDICTED = "#999999", "#333333", "#56B4E9"

SYSTEM_COLOURS = {
    "MMIL": (MMIL, "#56B4E9", "#332288", "#88CCEE"),
    "LEAP": (LEAP, "#E69F00", "#CC79A7", "#882255"),
}
"""System → its colour in every figure, then those of its variants."""

OTHER_COLOURS = ("#000000", "#999933", "#44AA99", "#999999", "#DDCC77", "#661100")
"""Colours of all further lines of a figure, in order."""

MODALITY_COLOURS = {"audio": AUDIO, "visual": VISUAL}
"""Modality → its colour in every figure."""

BASELINE, WITHOUT = "best trivial baseline", "without L_avss"
FIXED_COLOURS = {
    BASELINE: "0.45",
    WITHOUT: TRUTH,
    "λ = 0.25": "#DDCC77",
    "λ = 1": "#B08A2E",
    "λ = 4": "#6B4E12",
    "λ = 1, release": "#44AA99",
    "absent": BOTH,
    "heard": AUDIO,
    "seen": VISUAL,
}
"""Line that is no system → its colour in every figure; a larger weight λ of L_avss is darker."""

MARKERS = "osD^vP*X"
"""Markers of the lines of a figure, in order; they distinguish lines without colour."""

HEATMAP = "cividis"
"""Colour map of matrices; its lightness increases monotonically."""

SPARSE_HEATMAP = "Greys"
"""Colour map of matrices that are mostly zero, which is white."""

WIDTH = 6.4
"""Width of every figure in inches. On a page of 390 pixels, type of 12 points is then 10 pixels high."""

SMALL = 10
"""Smallest type of a figure, in points."""

STYLE: dict[str, Any] = {
    "font.size": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 110,
    "savefig.dpi": 150,
    "svg.hashsalt": "leap",
}
"""Matplotlib settings of all figures."""


def line_colours(names: Iterable[str]) -> dict[str, str]:
    """Colour of each line of a figure.

    MMIL, LEAP and the lines of `FIXED_COLOURS` always have their own. Names that begin with MMIL or LEAP are
    variants, with related colours; others follow in order.

    Example:
        >>> line_colours(["LEAP", "MMIL + 2 blocks", "ours", "MMIL"])
        {'LEAP': '#D55E00', 'MMIL + 2 blocks': '#56B4E9', 'ours': '#000000', 'MMIL': '#0072B2'}
    """
    variants = {system: cycle(colours[1:]) for system, colours in SYSTEM_COLOURS.items()}
    others = cycle(OTHER_COLOURS)
    found: dict[str, str] = {}
    for name in names:
        if name in FIXED_COLOURS:
            found[name] = FIXED_COLOURS[name]
            continue
        system = next((system for system in SYSTEM_COLOURS if name.startswith(system)), "")
        found[name] = SYSTEM_COLOURS[name][0] if name == system else next(variants.get(system, others))
    return found

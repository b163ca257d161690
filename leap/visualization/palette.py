"""Colours, markers and style of all figures: one colour per system, per modality and for the ground truth.

Most hues are those of Okabe and Ito (2008), and some are Paul Tol's. Readers with a common colour-vision
deficiency can distinguish them.
"""

from collections.abc import Iterable
from itertools import cycle
from typing import Any

MMIL, LEAP = "#0072B2", "#D55E00"  # blue and orange
AUDIO, VISUAL = "#009E73", "#AA4499"  # green and purple
BOTH, TRUTH, PREDICTED = "#999999", "#333333", "#56B4E9"

SYSTEM_COLOURS = {"MMIL": MMIL, "LEAP": LEAP}
"""System → its colour in every figure."""

OTHER_COLOURS = ("#56B4E9", "#E69F00", "#CC79A7", "#000000", "#999933", "#332288")
"""Colours of all further lines of a figure, in order."""

MODALITY_COLOURS = {"audio": AUDIO, "visual": VISUAL}
"""Modality → its colour in every figure."""

MARKERS = "osD^vP*X"
"""Markers of the lines of a figure, in order; they distinguish lines without colour."""

HEATMAP = "cividis"
"""Colour map of matrices; its lightness increases monotonically."""

STYLE: dict[str, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 110,
    "savefig.dpi": 150,
    "svg.hashsalt": "leap",
}
"""Matplotlib settings of all figures."""


def line_colours(names: Iterable[str]) -> dict[str, str]:
    """Colour of each line of a figure: MMIL and LEAP always have their own, others follow in order.

    Example:
        >>> line_colours(["LEAP", "MMIL + 2 blocks", "MMIL"])
        {'LEAP': '#D55E00', 'MMIL + 2 blocks': '#56B4E9', 'MMIL': '#0072B2'}
    """
    others = cycle(OTHER_COLOURS)
    return {name: SYSTEM_COLOURS.get(name) or next(others) for name in names}

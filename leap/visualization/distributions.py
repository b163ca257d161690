"""Bar plots of distributions over integers, such as the lengths of events."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import ArrayLike


def draw_distributions(
    axis: Axes,
    fractions: Mapping[str, ArrayLike],
    palette: Mapping[str, str],
    first: int = 0,
    legend: bool = False,
) -> None:
    """Draw distributions over ``first``, ``first + 1``, … as bars side by side.

    Args:
        axis: the axes to draw on; the caller labels them.
        fractions: name of a distribution → fraction of each integer.
        palette: name of a distribution → colour.
        first: the first integer.
        legend: whether to draw a legend.
    """
    rows = [
        {"name": name, "number": number, "fraction": fraction}
        for name, values in fractions.items()
        for number, fraction in enumerate(np.asarray(values), first)
    ]
    style = {"palette": dict(palette), "saturation": 1, "native_scale": True, "errorbar": None}
    table = pd.DataFrame(rows)
    sns.barplot(table, x="number", y="fraction", hue="name", legend=legend, ax=axis, **style)
    if legend:
        axis.legend(frameon=False)

"""Distributions of event times in a data set, beside those of LLP."""

from matplotlib.figure import Figure

from leap.data.layouts import Summary
from leap.visualization.distributions import draw_distributions
from leap.visualization.palette import MODALITY_COLOURS, TRUTH, WIDTH

DISTRIBUTIONS = {
    "first_onsets": "first onset (second)",
    "run_lengths": "length of an event (s)",
    "gap_lengths": "gap within a class (s)",
}
"""Distribution measured by `leap.data.layouts.summarise` → title of its axis."""


LAYOUT = (
    "Bar charts in three rows (first onset, length of an event, gap within a class) and two columns (audio "
    "and visual). At every number of seconds, a dark bar has the fraction in LLP and a coloured bar that of "
    "the data set."
)
"""Alternative text of `layout_figure`."""


def layout_figure(llp: Summary, ours: Summary, dataset: str) -> Figure:
    """Distributions of event onsets, lengths and gaps in LLP and a data set, a column per modality.

    Args:
        llp: measures of LLP's layouts, from `leap.data.layouts.summarise`.
        ours: the same measures of the data set.
        dataset: name of the data set.
    """
    figure = Figure(figsize=(WIDTH, 7.4), layout="constrained")
    axes = figure.subplots(3, 2, sharey="row")
    for column, (modality, colour) in zip(axes.T, MODALITY_COLOURS.items(), strict=True):
        palette = {"LLP": TRUTH, dataset: colour}
        for axis, (name, title) in zip(column, DISTRIBUTIONS.items(), strict=True):
            first = 0 if name == "first_onsets" else 1
            fractions = {"LLP": llp[f"{modality}_{name}"], dataset: ours[f"{modality}_{name}"]}
            draw_distributions(axis, fractions, palette, first, legend=name == "first_onsets")
            axis.set(xlabel=title, ylabel="fraction", xticks=range(0, 11, 2))
        column[0].set_title(modality)
    return figure

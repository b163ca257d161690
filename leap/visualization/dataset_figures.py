"""Distributions of event times in a data set, beside those of LLP."""

from matplotlib.figure import Figure

from leap.data.layouts import Summary
from leap.visualization.distributions import draw_distributions
from leap.visualization.palette import MODALITY_COLOURS, TRUTH

DISTRIBUTIONS = {
    "first_onsets": "first onset (second)",
    "run_lengths": "length of an event (seconds)",
    "gap_lengths": "gap within an event class (seconds)",
}
"""Distribution measured by `leap.data.layouts.summarise` → title of its axis."""


def layout_figure(llp: Summary, ours: Summary, dataset: str) -> Figure:
    """Distributions of event onsets, lengths and gaps in LLP and a data set, one row of panels per modality.

    Args:
        llp: measures of LLP's layouts, from `leap.data.layouts.summarise`.
        ours: the same measures of the data set.
        dataset: name of the data set.
    """
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    for row, (modality, colour) in zip(figure.subplots(2, 3), MODALITY_COLOURS.items(), strict=True):
        palette = {"LLP": TRUTH, dataset: colour}
        for axis, (name, title) in zip(row, DISTRIBUTIONS.items(), strict=True):
            first = 0 if name == "first_onsets" else 1
            fractions = {"LLP": llp[f"{modality}_{name}"], dataset: ours[f"{modality}_{name}"]}
            draw_distributions(axis, fractions, palette, first, legend=name == "first_onsets")
            axis.set(xlabel=title, ylabel=f"fraction, {modality}")
    return figure

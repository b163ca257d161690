"""All files of a diagnosis: tables, the videos without predicted events, and a figure."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leap.diagnosis import Diagnosis
from leap.diagnosis.report import TABLES, WITHOUT_PREDICTION, mean_rise, write_tables
from leap.inference.scored_predictions import ScoredPredictions
from leap.io.atomic import atomic_write
from leap.visualization.figures import PNG_METADATA, save_figure
from leap.visualization.palette import BOTH, PREDICTED, STYLE, TRUTH


def diagnosis_files(out: Path) -> list[Path]:
    """Paths of the files that `write_diagnosis` writes to a folder."""
    return [out / name for name in (*TABLES, "without_prediction.csv", "errors.png")]


def write_diagnosis(diagnosis: Diagnosis, predictions: ScoredPredictions, out: Path) -> list[Path]:
    """Write all files of a diagnosis to a folder, each atomically.

    Args:
        diagnosis: the diagnosis.
        predictions: what it was made of.
        out: the folder.

    Returns:
        `diagnosis_files` of the folder.

    Raises:
        OSError: a file cannot be written.
    """
    *_, without, picture = files = diagnosis_files(out)
    figure = diagnosis_figure(diagnosis)
    write_tables(diagnosis, predictions.videos, out)
    atomic_write(without, "\n".join([WITHOUT_PREDICTION, *predictions.without_prediction]) + "\n")
    save_figure(figure, picture, PNG_METADATA)
    return files


def diagnosis_figure(diagnosis: Diagnosis) -> Figure:
    """Draw a diagnosis: number of wrong events (left) and mean rise of the four summary scores (right).

    The bars on the right show the rise if types are fixed from top to bottom; the lines span the rises if a
    type is fixed first, and last.
    """
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        return _figure(diagnosis)


def _figure(diagnosis: Diagnosis) -> Figure:
    figure = Figure(figsize=(8.4, 1.5 + 0.36 * max(len(diagnosis.types), 1)), layout="constrained")
    counts, rises = figure.subplots(1, 2, sharey=True)
    _draw_counts(counts, diagnosis)
    _draw_rises(rises, diagnosis)
    counts.set_yticks(range(len(diagnosis.types)), diagnosis.types)
    counts.invert_yaxis()
    figure.legend(frameon=False, ncols=2, loc="outside upper left")
    return figure


def _draw_counts(axis: Axes, diagnosis: Diagnosis) -> None:
    """Bars of the numbers of wrong predicted and true events."""
    for offset, (side, colour) in ((-0.2, ("predicted", PREDICTED)), (0.2, ("true", TRUTH))):
        places = [place + offset for place in range(len(diagnosis.types))]
        widths = [diagnosis.count(name, side == "predicted") for name in diagnosis.types]
        axis.barh(places, widths, height=0.36, color=colour, label=f"{side} events")
    axis.set_xlabel("wrong events")


def _draw_rises(axis: Axes, diagnosis: Diagnosis) -> None:
    """Bars of the rises in order, with the range of the rises in other orders."""
    rises = [[mean_rise(rise) for rise in diagnosis.gains[name]] for name in diagnosis.types]
    places = range(len(rises))
    axis.barh(places, [in_order for _, in_order, _ in rises], height=0.6, color=BOTH)
    for place, values in zip(places, rises, strict=True):
        axis.plot([min(values), max(values)], [place, place], color=TRUTH, marker="|")
    axis.axvline(0, color=TRUTH, linewidth=0.8)
    axis.set_xlabel("rise of the mean of four scores if fixed")

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from leap.visualization.figures import (
    curves,
    dot_plot,
    last_scores_in_words,
    learning_curves,
    save_figure,
)
from leap.visualization.palette import BASELINE, LEAP, MMIL, WIDTH


def names(axis):
    return [label.get_text() for label in axis.get_yticklabels()]


def legend_names(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def history(*scores):
    return [{"loss_total": 10.0 - score, "seg_type": score} for score in scores]


def test_learning_curves_are_means_over_seeds():
    histories = {"LEAP": [history(1, 3), history(3, 7)], "MMIL": [history(2, 2)]}
    loss, score = learning_curves(histories).axes
    assert (loss.get_ylabel(), score.get_ylabel()) == ("training loss", "validation seg Type@AV")
    for axis, expected in ((loss, ([8, 5], [8, 8])), (score, ([2, 5], [2, 2]))):
        assert [line.get_xydata().tolist() for line in axis.lines[:2]] == [
            [[1, expected[0][0]], [2, expected[0][1]]],
            [[1, expected[1][0]], [2, expected[1][1]]],
        ]
    assert [line.get_color() for line in score.lines[:2]] == [LEAP, MMIL]
    assert [text.get_text() for text in score.get_legend().get_texts()] == ["LEAP", "MMIL"]


def test_bands_of_learning_curves_are_one_standard_deviation():
    axis = learning_curves({"LEAP": [history(1, 3), history(3, 7)]}).axes[1]
    (band,) = axis.collections
    deviation = np.sqrt([2, 8])
    heights = {(x, y) for x, y in np.round(band.get_paths()[0].vertices, 6)}
    for epoch, mean, spread in zip((1, 2), (2, 5), deviation, strict=True):
        assert {(epoch, np.round(mean - spread, 6)), (epoch, np.round(mean + spread, 6))} <= heights


def test_saved_figure_is_whole_or_absent(tmp_path):
    path = save_figure(Figure(), tmp_path / "new" / "figure.png")
    assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    with pytest.raises(ValueError):
        save_figure(Figure(), tmp_path / "figure.unknown")
    assert {p.name for p in tmp_path.rglob("*")} == {"new", "figure.png"}


LINE = pd.DataFrame({"mean": [1.0, 2.0], "sd": [0.5, np.nan]}, index=pd.Index([1_000, 4_000], name="videos"))


def test_curves_are_panels_below_one_another():
    figure = curves({title: {"LEAP": LINE, "MMIL": LINE + 1} for title in "abc"}, "score")
    _, caps, (bars,) = figure.axes[0].containers[0]
    assert [np.ptp(segment[:, 1]) for segment in bars.get_segments() if len(segment)] == [1.0]  # none for NaN
    assert all(np.isnan(cap.get_ydata()[1]) for cap in caps)
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "c"]
    for axis in figure.axes:
        assert (axis.get_xlabel(), axis.get_ylabel()) == ("videos", "score")
        assert [label.get_text() for label in axis.get_xticklabels()] == ["1,000", "4,000"]
    assert legend_names(figure) == ["LEAP", "MMIL"]
    assert figure.get_size_inches()[0] == WIDTH


@pytest.mark.parametrize(("scale", "middle"), [("linear", 2_500), ("log", 2_000)])
def test_lines_at_a_place_are_moved_apart_on_both_scales(scale, middle):
    (axis,) = curves({"a": {"LEAP": LINE, "MMIL": LINE, "other": LINE}}, "score", scale).axes
    assert axis.get_xscale() == scale
    left, centre, right = (container[0].get_xdata() for container in axis.containers)
    assert centre.tolist() == [1_000, 4_000]
    assert (left < centre).all()
    assert (centre < right).all()
    assert (right[0] < middle < left[1]).all()


def test_a_trivial_baseline_is_dashed_and_has_no_markers():
    (axis,) = curves({"a": {"LEAP": LINE, BASELINE: LINE}}, "score").axes
    system, baseline = (container[0] for container in axis.containers)
    assert (system.get_linestyle(), system.get_marker()) == ("-", "o")
    assert (baseline.get_linestyle(), baseline.get_marker()) == ("--", "")


def test_places_may_be_names_and_one_line_needs_no_legend():
    line = LINE.set_axis(pd.Index(["low", "high"], name="EIoU"))
    figure = curves({"a": {"LEAP": line}}, "cosine")
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["low", "high"]
    assert figure.legends == []


def test_last_scores_are_means_over_seeds():
    histories = {"LEAP": [history(1, 3), history(3, 8)], "MMIL": [history(2, 2)]}
    assert (
        last_scores_in_words(histories) == "Validation seg Type@AV after the last epoch: LEAP 5.5, MMIL 2.0."
    )


def test_dots_of_a_series_share_a_marker_and_none_share_a_place():
    table = pd.DataFrame({"chance": [10.0, 20.0], "GloVe": [10.0, 15.0]}, index=["dog, sea", "rain"])
    figure = dot_plot({"audio": table, "visual": table + 1}, "average precision")
    audio, visual = figure.axes
    assert [axis.get_title() for axis in figure.axes] == ["audio", "visual"]
    assert [line.get_xdata().tolist() for line in visual.lines] == [[11, 21], [11, 16]]
    assert [line.get_ydata().tolist() for line in visual.lines] == [[1, 4], [2, 5]]
    assert names(audio) == ["dog, sea", "rain"]
    assert audio.yaxis_inverted()
    assert [axis.get_xlabel() for axis in figure.axes] == ["", "average precision"]
    assert [line.get_marker() for line in audio.lines] == [line.get_marker() for line in visual.lines]
    assert len({(line.get_marker(), line.get_color()) for line in audio.lines}) == 2
    assert legend_names(figure) == ["chance", "GloVe"]

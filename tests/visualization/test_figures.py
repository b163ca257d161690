import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from leap.visualization.figures import (
    curves,
    difference_plot,
    dot_plot,
    learning_curves,
    save_figure,
    system_effect_plot,
)
from leap.visualization.palette import LEAP, MMIL


def names(axis):
    return [label.get_text() for label in axis.get_yticklabels()]


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


def test_difference_plot_has_a_panel_per_score():
    index = pd.MultiIndex.from_product([["LEAP", "other"], ["seg_a", "evt_v"]], names=["system", "score"])
    table = pd.DataFrame({"difference": [1.0, 2, 3, 4], "low": 0.5, "high": 5.0, "n": 2}, index=index)
    axes = difference_plot(table, ["seg_a", "evt_v"]).axes
    assert [axis.get_title() for axis in axes] == ["seg A", "evt V"]
    assert [axis.get_xlabel() for axis in axes] == ["", "difference from MMIL (right of 0: better)"]
    assert axes[0].get_xlim() == axes[1].get_xlim()
    assert names(axes[0]) == ["LEAP", "other"]
    for axis, expected in zip(axes, ([1, 3], [2, 4]), strict=True):
        points, _, (bars,) = axis.containers[0]
        assert list(points.get_xdata()) == expected
        assert [segment[:, 0].tolist() for segment in bars.get_segments()] == [[0.5, 5.0]] * 2


def test_systems_share_the_rows_of_a_panel():
    table = pd.DataFrame({"difference": [3.0, 1.0], "low": [2.0, -1.0], "high": [5.0, 3.0]}, ["a", "b"])
    panels = {"first": {"MMIL": table, "LEAP": table + 1}, "second": {"LEAP": table.iloc[:1]}}
    first, second = system_effect_plot(panels, "gain").axes
    assert [axis.get_title() for axis in (first, second)] == ["first", "second"]
    assert (names(first), names(second)) == (["a", "b"], ["a"])
    assert (first.get_xlabel(), second.get_xlabel()) == ("", "gain")
    for container, color, added in zip(first.containers, (MMIL, LEAP), (0, 1), strict=True):
        points, _, (bars,) = container
        assert list(points.get_xdata()) == [3 + added, 1 + added]
        assert [segment[:, 0].tolist() for segment in bars.get_segments()] == [
            [2 + added, 5 + added],
            [added - 1, 3 + added],
        ]
        assert points.get_color() == color
    above, below = (np.array(container[0].get_ydata()) for container in first.containers)
    assert (above < below).all()
    assert np.abs(np.concatenate([above, below]) - [0, 1, 0, 1]).max() < 0.5
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["MMIL", "LEAP"]


def test_saved_figure_is_whole_or_absent(tmp_path):
    path = save_figure(Figure(), tmp_path / "new" / "figure.png")
    assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    with pytest.raises(ValueError):
        save_figure(Figure(), tmp_path / "figure.unknown")
    assert {p.name for p in tmp_path.rglob("*")} == {"new", "figure.png"}


def test_curves_are_two_panels_a_row():
    line = pd.DataFrame({"mean": [1.0, 2.0], "sd": [0.5, np.nan]}, index=[10, 20])
    figure = curves({title: {"LEAP": line, "MMIL": line + 1} for title in "abc"}, "videos", "score")
    _, caps, (bars,) = figure.axes[0].containers[0]
    assert [np.ptp(segment[:, 1]) for segment in bars.get_segments() if len(segment)] == [1.0]  # none for NaN
    assert all(np.isnan(cap.get_ydata()[1]) for cap in caps)
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "c"]
    assert [axis.get_ylabel() for axis in figure.axes] == ["score", "", "score"]
    (width, height), legend = figure.get_size_inches(), figure.axes[-1].get_legend()
    assert width < 10 < 2 * height
    assert [text.get_text() for text in legend.get_texts()] == ["LEAP", "MMIL"]


def test_dots_of_a_series_share_a_marker_and_rows_are_named_once():
    table = pd.DataFrame({"chance": [10.0, 20.0], "GloVe": [30.0, 15.0]}, index=["dog, sea", "rain"])
    figure = dot_plot({"audio": table, "visual": table + 1}, "average precision")
    audio, visual = figure.axes
    assert [axis.get_title() for axis in figure.axes] == ["audio", "visual"]
    assert [line.get_xydata().tolist() for line in visual.lines] == [[[11, 0], [21, 1]], [[31, 0], [16, 1]]]
    assert names(audio) == ["dog, sea", "rain"]
    assert audio.yaxis_inverted()
    assert [line.get_marker() for line in audio.lines] == [line.get_marker() for line in visual.lines]
    assert len({(line.get_marker(), line.get_color()) for line in audio.lines}) == 2
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["chance", "GloVe"]

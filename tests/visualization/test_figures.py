from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from leap.inference.parsed_video import ParsedVideo
from leap.visualization.figures import (
    TRUTH,
    curves,
    difference_plot,
    learning_curves,
    save_figure,
    show,
    timeline,
)


def cube(*active):
    """Events (4, 3) that are on at the given (segment, class)."""
    array = np.zeros((4, 3), dtype=np.float32)
    for place in active:
        array[place] = 1
    return array


@pytest.fixture
def video():
    """Dogs are heard, hens seen; cats are nowhere."""
    truth = {"audio": cube((0, 1), (1, 1)), "visual": cube((3, 2))}
    events = {"audio": cube((1, 1)), "visual": cube((3, 2), (2, 2))}
    return ParsedVideo(
        name="clip",
        classes=("cat", "dog", "hen"),
        probabilities={m: 0.1 + 0.8 * events[m] for m in events},
        events=events,
        truth=truth,
        attention={m: np.full((3, 4), 0.25) for m in events},
    )


def names(axis):
    return [label.get_text() for label in axis.get_yticklabels()]


def test_timeline_has_a_panel_a_modality_and_their_attention(video):
    axes = [axis for axis in timeline(video).axes if axis.get_title()]
    assert [axis.get_title().split(":")[0] for axis in axes] == ["audio", "audio", "visual", "visual"]
    assert ["attention" in axis.get_title() for axis in axes] == [False, True, False, True]
    for axis in axes:
        assert names(axis) == ["dog", "hen"]
        assert axis.get_xlim() == (0, 4)
    assert [axis.get_xlabel() for axis in axes] == ["", "", "second", "second"]


def test_timeline_without_attention_has_two_panels(video):
    assert len(timeline(replace(video, attention={})).axes) == 2


def test_timeline_draws_the_truth(video):
    panels = timeline(replace(video, attention={})).axes
    drawn = [
        [(patch.get_x(), int(patch.get_y())) for patch in axis.patches if same_color(patch.get_fc(), TRUTH)]
        for axis in panels
    ]
    assert drawn == [[(0, 0), (1, 0)], [(3, 1)]]  # (segment, row); rows are dog and hen


def test_a_silent_video_still_has_a_row(video):
    silent = {m: cube() for m in ("audio", "visual")}
    empty = replace(video, probabilities=silent, events=silent, truth=silent, attention={})
    assert [names(axis) for axis in timeline(empty).axes] == [["cat"], ["cat"]]


def test_learning_curves_are_means_over_seeds(tiny_records):
    loss, score = learning_curves({"LEAP": tiny_records}).axes
    assert (loss.get_ylabel(), score.get_ylabel()) == ("training loss", "val seg Type@AV")
    for axis, name in ((loss, "loss_total"), (score, "seg_type")):
        (line,) = axis.lines
        epochs, values = line.get_data()
        assert list(epochs) == [1, 2]
        expected = np.mean([[entry[name] for entry in record.history] for record in tiny_records], axis=0)
        np.testing.assert_allclose(values, expected)
    assert [text.get_text() for text in score.get_legend().get_texts()] == ["LEAP"]


def test_difference_plot_has_a_panel_a_score(tiny_records):
    index = pd.MultiIndex.from_product([["LEAP", "other"], ["seg_a", "evt_v"]], names=["system", "score"])
    table = pd.DataFrame({"difference": [1.0, 2, 3, 4], "low": 0.5, "high": 5.0, "n": 2}, index=index)
    axes = difference_plot(table, ["seg_a", "evt_v"]).axes
    assert [axis.get_xlabel() for axis in axes] == ["seg A − MMIL", "evt V − MMIL"]
    assert names(axes[0]) == ["LEAP", "other"]
    for axis, expected in zip(axes, ([1, 3], [2, 4]), strict=True):
        points, _, (bars,) = axis.containers[0]
        assert list(points.get_xdata()) == expected
        assert [segment[:, 0].tolist() for segment in bars.get_segments()] == [[0.5, 5.0]] * 2


def test_saved_figure_is_whole_or_absent(tmp_path):
    path = save_figure(Figure(), tmp_path / "new" / "figure.png")
    assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    with pytest.raises(ValueError):
        save_figure(Figure(), tmp_path / "figure.unknown")
    assert {p.name for p in tmp_path.rglob("*")} == {"new", "figure.png"}


def test_curves_are_two_panels_a_row():
    line = pd.DataFrame({"mean": [1.0, 2.0], "sd": [0.5, np.nan]}, index=[10, 20])
    figure = curves({title: {"LEAP": line, "MMIL": line + 1} for title in "abc"}, "videos", "score")
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "c"]
    assert [axis.get_ylabel() for axis in figure.axes] == ["score", "", "score"]
    (width, height), legend = figure.get_size_inches(), figure.axes[-1].get_legend()
    assert width < 10 < 2 * height
    assert [text.get_text() for text in legend.get_texts()] == ["LEAP", "MMIL"]


def test_names_are_neither_formulas_nor_markup(video, monkeypatch):
    hostile = (r"$\frac", "$a$", "<img src=x>")
    axes = timeline(replace(video, classes=hostile, attention={})).axes
    axes[0].figure.draw_without_rendering()
    assert names(axes[0]) == [r"\$a\$", "<img src=x>"]
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *things: shown.extend(things))
    show(timeline(video), "<img src=x> of a & b")
    assert shown[1].data == "*&lt;img src=x&gt; of a &amp; b*"

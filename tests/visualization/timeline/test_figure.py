from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from leap.features.log_mel import SAMPLE_RATE
from leap.inference.parsed_video import ParsedVideo
from leap.visualization.palette import TRUTH
from leap.visualization.timeline import events as events_module
from leap.visualization.timeline import figure as module
from leap.visualization.timeline import timeline_figure, timeline_text


def dense(*active):
    """Events (4, 3) that are on at the given (segment, class)."""
    array = np.zeros((4, 3), dtype=np.float32)
    for place in active:
        array[place] = 1
    return array


def truths(axis):
    """Strips of the ground truth."""
    return [strip for strip in axis.collections if same_color(strip.get_facecolor()[0], TRUTH)]


@pytest.fixture
def video():
    """Dogs are heard, hens seen; cats are nowhere."""
    truth = {"audio": dense((0, 1), (1, 1)), "visual": dense((3, 2))}
    events = {"audio": dense((1, 1)), "visual": dense((3, 2), (2, 2))}
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


def test_timeline_has_a_panel_per_modality_and_their_attention(video):
    axes = [axis for axis in timeline_figure(video).axes if axis.get_title()]
    assert [axis.get_title() for axis in axes] == [
        "audio, events", "audio, attention", "visual, events", "visual, attention",
    ]  # fmt: skip
    for axis in axes:
        assert names(axis) == ["dog", "hen"]
        assert axis.get_xlim() == (0, 4)
    assert [axis.get_xlabel() for axis in axes] == ["", "", "", "second"]


def test_the_alternative_text_names_the_classes_shown(video):
    assert timeline_text(video) == (
        "Timeline of clip. For sound and for vision there is a panel with the probability, the predicted "
        "events and the ground truth of dog and hen by second, and below it one with the attention of each "
        "label over the seconds."
    )
    assert "attention" not in timeline_text(replace(video, attention={}, truth={}))


def test_timeline_without_attention_has_two_panels(video):
    assert len(timeline_figure(replace(video, attention={})).axes) == 2


def test_timeline_draws_the_truth(video):
    panels = timeline_figure(replace(video, attention={})).axes
    drawn = [
        [
            tuple(box)
            for strip in truths(axis)
            for box in (path.get_extents().bounds for path in strip.get_paths())
        ]
        for axis in panels
    ]
    found = [[(x, int(y), width) for x, y, width, _ in boxes] for boxes in drawn]
    assert found == [[(0, 0, 2)], [(3, 1, 1)]]  # (onset, row, seconds); rows are dog and hen


def test_a_silent_video_still_has_a_row(video):
    silent = {m: dense() for m in ("audio", "visual")}
    empty = replace(video, probabilities=silent, events=silent, truth=silent, attention={})
    assert [names(axis) for axis in timeline_figure(empty).axes] == [["cat"], ["cat"]]


def test_without_truth_there_is_no_strip_for_it(video):
    figure = timeline_figure(replace(video, truth={}, attention={}))
    assert not [strip for axis in figure.axes for strip in truths(axis)]
    (legend,) = figure.legends
    assert "ground truth" not in [text.get_text() for text in legend.get_texts()]


def test_names_are_no_formulas(video):
    hostile = (r"$\frac", "$a$", "<img src=x>")
    axes = timeline_figure(replace(video, classes=hostile, attention={})).axes
    axes[0].figure.draw_without_rendering()
    assert names(axes[0]) == [r"\$a\$", "<img src=x>"]


def test_the_spectrogram_has_a_column_per_tenth_of_a_second(monkeypatch):
    """A click in the second second, at 0.65 s, where the windows of 25 ms begin up to 25 ms before it."""
    seconds = np.zeros((2, SAMPLE_RATE))
    seconds[1, round(0.65 * SAMPLE_RATE)] = 1.0
    monkeypatch.setattr(module, "audio_seconds", lambda clip: seconds)
    axis = Figure().subplots()
    module._draw_spectrogram(axis, SimpleNamespace(segments=2))
    (image,) = axis.images
    assert image.get_extent() == [0, 2, 0, 1]
    loudness = np.asarray(image.get_array()).sum(axis=0)
    assert loudness.shape == (20,)
    assert np.flatnonzero(loudness > loudness.min() + 1e-6).tolist() == [16]


@pytest.fixture
def hour():
    """One second of a dog, one of a hen and, nowhere, a probable cat in an hour."""
    events = {m: np.zeros((3600, 3), np.uint8) for m in ("audio", "visual")}
    probabilities = {m: np.full((3600, 3), 0.4) for m in events}
    events["audio"][1801, 1] = events["visual"][3599, 2] = 1
    probabilities["audio"][1801, 1] = 0.9
    return ParsedVideo("hour", ("cat", "dog", "hen"), probabilities, events, {}, {})


def test_a_long_video_shows_classes_with_events_and_widens_the_short(hour):
    figure = timeline_figure(hour)
    for axis, (row, place) in zip(figure.axes, ((0, 1801), (1, 3599)), strict=True):
        assert names(axis) == ["dog", "hen"]
        (strip,) = [strip for strip in axis.collections if strip.get_paths()]
        x, y, width, _ = strip.get_paths()[0].get_extents().bounds
        assert (x, int(y), width) == (place, row, 3)  # an hour has 1200 bins of 3 s
    assert [label.get_text() for label in figure.axes[-1].get_xticklabels()] == [
        *("0:00", "10:00", "20:00", "30:00", "40:00", "50:00", "1:00:00"),
    ]


def test_bins_of_a_long_video_keep_the_largest_probability(hour):
    curve, *_ = timeline_figure(hour).axes[0].patches
    heights, edges, baseline = curve.get_data()
    assert (len(heights), edges[0], edges[-1]) == (1200, 0, 3600)
    assert np.flatnonzero(heights - baseline > 0.55 * 0.5).tolist() == [1801 // 3]
    heights, edges = events_module.binned(np.arange(7.0))
    assert (heights.tolist(), edges.tolist()) == (list(range(7)), list(range(8)))


@given(st.integers(1, 10**5))
def test_bins_cover_any_length(segments):
    heights, edges = events_module.binned(np.ones(segments))
    assert len(heights) == len(edges) - 1 <= events_module.BINS
    assert (edges[0], edges[-1]) == (0, segments)
    assert (np.diff(edges) > 0).all()

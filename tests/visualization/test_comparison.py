import itertools

import numpy as np
import pytest
from matplotlib.colors import to_hex

from leap.data.av_digits.rendering import Rendering
from leap.data.av_digits.sources import RATE
from leap.visualization.comparison import comparison_figure
from leap.visualization.palette import LEAP, MMIL, TRUTH

CLASSES = ("cat", "dog", "bird")


def events(audio=(), visual=()):
    """Dense events of three seconds; pairs of second and class."""
    found = {}
    for modality, places in (("audio", audio), ("visual", visual)):
        found[modality] = np.zeros((3, len(CLASSES)))
        for t, c in places:
            found[modality][t, c] = 1
    return found


@pytest.fixture
def figure():
    truth = events(audio=[(0, 0), (1, 0)], visual=[(2, 1)])
    parsings = {"MMIL": events(audio=[(0, 0)]), "LEAP": events(audio=[(0, 2)], visual=[(2, 1)])}
    return comparison_figure(parsings, truth, CLASSES)


def strips(axis):
    """Colour, second and row of every strip."""
    return {(to_hex(s.get_facecolor()).upper(), int(s.get_x()), int(s.get_y())) for s in axis.patches}


def test_rows_are_the_classes_that_are_true_or_predicted(figure):
    heard, seen = figure.axes
    assert [label.get_text() for label in heard.get_yticklabels()] == ["cat", "bird"]
    assert [label.get_text() for label in seen.get_yticklabels()] == ["dog"]


def test_every_event_has_the_colour_of_its_system(figure):
    heard, seen = figure.axes
    assert strips(heard) == {(TRUTH, 0, 0), (TRUTH, 1, 0), (MMIL, 0, 0), (LEAP, 0, 1)}
    assert strips(seen) == {(TRUTH, 2, 0), (LEAP, 2, 0)}


def test_strips_of_a_row_do_not_overlap(figure):
    spans = sorted((s.get_y(), s.get_y() + s.get_height()) for s in figure.axes[0].patches if s.get_x() == 0)
    assert all(above[1] <= below[0] for above, below in itertools.pairwise(spans))


def test_signals_are_drawn_above_the_events():
    rendering = Rendering(np.random.default_rng(0).random((3, RATE), np.float32), np.zeros((3, 4, 4)))
    figure = comparison_figure({}, events(audio=[(0, 0)]), CLASSES, rendering)
    assert [axis.get_ylabel() for axis in figure.axes] == ["frames", "kHz", "heard", "seen"]
    assert len({axis.get_xlim() for axis in figure.axes}) == 1


def test_a_modality_without_events_has_an_empty_panel():
    seen = comparison_figure({}, events(audio=[(0, 0)]), CLASSES).axes[1]
    assert not seen.patches
    assert not seen.get_yticks().size

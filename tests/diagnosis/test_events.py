import numpy as np
import pytest
from hypothesis import given, settings

from leap.diagnosis.events import EventSpan, events_of_both, find_events, fit, overlap
from leap.metrics.arrays import masks
from tests.metrics.cubes import cubes
from tests.metrics.oracle import events


@settings(max_examples=100, deadline=None)
@given(cubes())
def test_events_are_the_maximal_runs(labels):
    (cube,) = masks(labels=labels[0])
    expected = [
        EventSpan(n, "visual", c, min(run), max(run) + 1)
        for n, c in np.ndindex(cube.shape[1:])
        for run in events(cube[:, n, c].tolist())
    ]
    assert find_events(cube, "visual") == expected


def test_events_of_both_modalities():
    heard, seen = np.ones((3, 1, 1), bool), np.array([[[False]], [[True]], [[True]]])
    assert events_of_both(heard, seen) == [EventSpan(0, "audio", 0, 0, 3), EventSpan(0, "visual", 0, 1, 3)]


def event(start, end):
    return EventSpan(0, "audio", 0, start, end)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [((0, 4), (2, 6), 2), ((0, 4), (4, 6), 0), ((0, 9), (3, 5), 2), ((0, 1), (5, 6), 0)],
)
def test_overlap_counts_common_segments(one, other, common):
    assert overlap(event(*one), event(*other)) == overlap(event(*other), event(*one)) == common


def test_fit_is_the_iou_of_all_segments():
    assert fit([event(0, 4)], [event(2, 6)]) == 2 / 6
    assert fit([event(0, 2), event(4, 6)], [event(0, 6)]) == 4 / 6
    assert fit([], [event(0, 2)]) == fit([], []) == 0

import numpy as np
import pytest
from hypothesis import given, settings

from leap.errors import LeapError
from leap.metrics import PER_VIDEO, SCORES, parsing_scores
from leap.metrics.exclusive import exclusive_scores, per_video_exclusive_scores
from tests.metrics.cubes import cubes
from tests.metrics.oracle import video_scores


def exclusive(first, second):
    """What is in the first of two (C, T) nested lists and not in the second."""
    return [[x and not y for x, y in zip(a, b, strict=True)] for a, b in zip(first, second, strict=True)]


@settings(max_examples=200, deadline=None)
@given(cubes())
def test_scores_equal_plain_loops(labels):
    ours = per_video_exclusive_scores(*labels)
    assert tuple(ours) == PER_VIDEO
    for n in range(len(labels[0])):
        pred_a, pred_v, true_a, true_v = (x[n].T.tolist() for x in labels)
        streams = [
            exclusive(a, b)
            for a, b in ((pred_a, pred_v), (pred_v, pred_a), (true_a, true_v), (true_v, true_a))
        ]
        expected, both = video_scores(*streams), video_scores(pred_a, pred_v, true_a, true_v)
        expected |= {name: both[name] for name in ("seg_av", "evt_av")}
        for name, value in expected.items():
            assert ours[name][n] == pytest.approx(value, abs=1e-12), name


@settings(max_examples=50, deadline=None)
@given(cubes())
def test_modalities_that_never_coincide_have_the_scores_of_the_benchmark(labels):
    pred_a, pred_v, true_a, true_v = labels
    apart = pred_a, (1 - pred_a) * pred_v, true_a, (1 - true_a) * true_v
    scores = exclusive_scores(*apart)
    assert tuple(scores) == SCORES
    assert scores == pytest.approx(parsing_scores(*apart), abs=1e-12)


def test_taking_the_heard_for_the_seen_too_costs_both_exclusive_scores():
    heard, nothing = np.ones((1, 4, 1)), np.zeros((1, 4, 1))
    assert parsing_scores(heard, heard, heard, nothing)["seg_a"] == 100
    scores = exclusive_scores(heard, heard, heard, nothing)
    assert (scores["seg_a"], scores["seg_v"], scores["seg_av"], scores["evt_event"]) == (0, 100, 0, 0)


def test_no_videos_have_no_mean():
    none = np.zeros((0, 3, 4))
    with pytest.raises(LeapError, match="no videos"):
        exclusive_scores(none, none, none, none)

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from leap.errors import LeapError
from leap.metrics import parsing_scores
from leap.metrics.event_iou import IOUS, event_pairs, event_scores_by_iou, mean_event_scores
from tests.metrics.cubes import cubes
from tests.metrics.oracle import events

EVENT_SCORES = ("evt_a", "evt_v", "evt_av", "evt_type", "evt_event")


def largest_matching(pred, true, iou):
    """Size of a largest matching of the events of two sequences, by scipy, with IoUs as fractions."""
    predicted, real = events(pred), events(true)
    if not predicted or not real:
        return 0
    bound = Fraction(iou).limit_denominator(100)
    reached = [[Fraction(len(p & t), len(p | t)) >= bound for t in real] for p in predicted]
    partners = maximum_bipartite_matching(csr_array(np.array(reached, dtype=int)))
    return int((partners >= 0).sum())


@settings(max_examples=200, deadline=None)
@given(cubes(), st.sampled_from([*IOUS, 1.0, 0.25, 1 / 3]))
def test_as_many_pairs_as_possible_are_formed(labels, iou):
    pred, true = (x.swapaxes(0, 1).astype(bool) for x in labels[:2])  # (T, N, C)
    counts = event_pairs(pred, true, iou)
    for n, c in np.ndindex(pred.shape[1:]):
        sequences = pred[:, n, c].tolist(), true[:, n, c].tolist()
        assert counts.hits[n, c] == largest_matching(*sequences, iou)
        assert counts.total[n, c] == sum(len(events(x)) for x in sequences)


@settings(max_examples=50, deadline=None)
@given(cubes())
def test_at_one_half_the_scores_are_those_of_the_benchmark(labels):
    (scores,) = event_scores_by_iou(*labels, ious=[0.5]).values()
    benchmark = parsing_scores(*labels)
    assert tuple(scores) == EVENT_SCORES
    assert scores == pytest.approx({name: benchmark[name] for name in EVENT_SCORES}, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(cubes())
def test_scores_do_not_rise_with_the_iou_and_the_mean_is_over_all(labels):
    found = event_scores_by_iou(*labels)
    assert list(found) == list(IOUS)
    for name in EVENT_SCORES:
        scores = [scores[name] for scores in found.values()]
        assert scores == sorted(scores, reverse=True)
        assert mean_event_scores(*labels)[name] == pytest.approx(np.mean(scores), abs=1e-12)


@pytest.mark.parametrize(
    ("pred", "true", "iou", "hits"),
    [
        ("1111111111", "1110000000", 0.3, 1),  # exactly 3/10
        ("1111111111", "1110000000", 0.31, 0),
        ("1111100000", "1001000000", 0.2, 1),  # both true events reach 1/5, one of them is taken
        ("1110111000", "0011100000", 0.2, 1),  # and the other way round
        ("1110011100", "0011110000", 0.1, 1),
        ("1100110011", "0110011000", 0.3, 2),
        ("1111000000", "0111000000", 0.75, 1),
        ("1111000000", "0111000000", 0.76, 0),
    ],
)
def test_pairs(pred, true, iou, hits):
    pred, true = (np.array([[[x == "1"]] for x in sequence]) for sequence in (pred, true))
    assert event_pairs(pred, true, iou).hits.item() == hits
    assert event_pairs(true, pred, iou).hits.item() == hits


@pytest.mark.parametrize("iou", [0, -0.1, 1.1, float("nan")])
def test_other_ious_are_refused(iou):
    labels = np.ones((1, 2, 1))
    with pytest.raises(LeapError, match="must be above 0 and at most 1"):
        event_scores_by_iou(labels, labels, labels, labels, ious=[iou])


def test_no_videos_have_no_mean():
    none = np.zeros((0, 3, 4))
    with pytest.raises(LeapError, match="no videos"):
        event_scores_by_iou(none, none, none, none)

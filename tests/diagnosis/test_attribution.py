from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings

from leap.diagnosis.attribution import TYPES, attribute
from leap.diagnosis.events import EventSpan, events_of_both
from leap.metrics.arrays import four_masks
from tests.metrics.cubes import cubes


def video(*classes):
    """Labels (1, T, C) from one text of zeros and ones per class."""
    return np.array([[[int(x) for x in segment] for segment in zip(*classes, strict=True)]])


NONE = "0000000000"
DOG = "0111100000"


@pytest.mark.parametrize(
    ("predicted", "true", "types"),
    [
        # each side: audio and visual labels of two classes
        ([DOG, NONE, NONE, NONE], [DOG, NONE, NONE, NONE], {}),
        (["0011110000", NONE, NONE, NONE], [DOG, NONE, NONE, NONE], {"late": 2}),
        (["1111000000", NONE, NONE, NONE], [DOG, NONE, NONE, NONE], {"early": 2}),
        (["1111111111", NONE, NONE, NONE], [DOG, NONE, NONE, NONE], {"too long": 2}),
        (["0110000000", NONE, NONE, NONE], [DOG, NONE, NONE, NONE], {"too short": 2}),
        (["0101100000", NONE, NONE, NONE], [DOG, NONE, NONE, NONE], {"fragmented": 3}),
        ([DOG, NONE, NONE, NONE], ["0101100000", NONE, NONE, NONE], {"merged": 3}),
        ([NONE, NONE, NONE, NONE], [DOG, NONE, NONE, NONE], {"missed": 1}),
        ([DOG, NONE, NONE, NONE], [NONE, NONE, NONE, NONE], {"background": 1}),
        ([NONE, DOG, NONE, NONE], [DOG, NONE, NONE, NONE], {"wrong class": 2}),
        ([NONE, NONE, DOG, NONE], [DOG, NONE, NONE, NONE], {"wrong modality": 2}),
        # heard and seen are exchanged, and overlap
        ([DOG, NONE, "0001111111", NONE], ["0001111111", NONE, DOG, NONE], {"wrong modality": 4}),
        # what is only heard is reported as seen, too
        ([DOG, NONE, DOG, NONE], [DOG, NONE, NONE, NONE], {"wrong modality": 1}),
        # heard for four seconds, seen all along: an expanded prediction is too long, not seen
        (
            ["1111111111", NONE, "1111111111", NONE],
            [DOG, NONE, "1111111111", NONE],
            {"too long": 2},
        ),
        # one second next to its place
        (["0010000000", NONE, NONE, NONE], ["0100000000", NONE, NONE, NONE], {"late": 2}),
        # one second between two true ones may belong to either
        (["0010000000", NONE, NONE, NONE], ["0101000000", NONE, NONE, NONE], {"background": 1, "missed": 2}),
        # as many events, differently cut
        (["1101111000", NONE, NONE, NONE], ["1111011000", NONE, NONE, NONE], {"too long": 4}),
        (["1100000000", DOG, NONE, NONE], ["0110000000", NONE, NONE, DOG], {"early": 2, "wrong modality": 2}),
    ],
)
def test_hand_made_videos(predicted, true, types):
    labels = [video(*side[part]) for side in (predicted, true) for part in (slice(2), slice(2, 4))]
    assert Counter(error.type for error in attribute(*labels)) == types


@settings(max_examples=200, deadline=None)
@given(cubes())
def test_types_partition_the_events_that_are_not_predicted_exactly(labels):
    pred_a, pred_v, true_a, true_v = four_masks(*labels)
    predicted, true = set(events_of_both(pred_a, pred_v)), set(events_of_both(true_a, true_v))
    errors = attribute(*labels)
    assert {error.type for error in errors} <= set(TYPES)
    wrong = [(error.event, error.predicted) for error in errors]
    assert len(set(wrong)) == len(wrong)
    named = {side: {event for event, predicted in wrong if predicted == side} for side in (True, False)}
    assert predicted - true <= named[True] <= predicted
    assert true - predicted <= named[False] <= true
    assert predicted - named[True] == true - named[False]  # the others are right


@settings(max_examples=100, deadline=None)
@given(cubes())
def test_the_order_of_classes_does_not_matter(labels):
    order = np.random.default_rng(len(labels[0])).permutation(labels[0].shape[2])
    errors = attribute(*(x[..., order] for x in labels))
    back = [
        error._replace(event=error.event._replace(label=int(order[error.event.label]))) for error in errors
    ]
    assert sorted(back) == attribute(*labels)


@settings(max_examples=100, deadline=None)
@given(cubes())
def test_reversing_time_exchanges_early_and_late(labels):
    segments, exchanged = labels[0].shape[1], {"early": "late", "late": "early"}

    def reversed_(error):
        start, end = segments - error.event.end, segments - error.event.start
        event = error.event._replace(start=start, end=end)
        return error._replace(event=event, type=exchanged.get(error.type, error.type))

    errors = attribute(*(x[:, ::-1] for x in labels))
    assert sorted(map(reversed_, errors)) == attribute(*labels)


@settings(max_examples=100, deadline=None)
@given(cubes())
def test_exchanging_the_modalities_exchanges_them_in_the_errors(labels):
    pred_a, pred_v, true_a, true_v = labels
    other = {"audio": "visual", "visual": "audio"}
    errors = attribute(pred_v, pred_a, true_v, true_a)
    back = [
        error._replace(event=error.event._replace(modality=other[error.event.modality])) for error in errors
    ]
    assert sorted(back) == attribute(*labels)


def test_videos_do_not_touch_each_other():
    labels = [np.random.default_rng(seed).integers(0, 2, (6, 10, 3)) for seed in range(4)]
    apart = [
        error._replace(event=error.event._replace(video=n))
        for n in range(6)
        for error in attribute(*(x[n : n + 1] for x in labels))
    ]
    assert apart == attribute(*labels)


def test_without_videos_there_are_no_errors():
    none = np.zeros((0, 10, 3))
    assert attribute(none, none, none, none) == []


def test_an_event_knows_its_place():
    (error,) = attribute(video(DOG), video(NONE), video(NONE), video(NONE))
    assert error.event == EventSpan(0, "audio", 0, 1, 5)
    assert (error.predicted, error.event.length) == (True, 4)

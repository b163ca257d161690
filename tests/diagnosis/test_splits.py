import numpy as np
import pytest

from leap.diagnosis.attribution import attribute
from leap.diagnosis.events import EventSpan, events_of_both
from leap.diagnosis.splits import Properties, split_errors
from leap.metrics.arrays import four_masks

CLASSES = ("dog", "cat", "car")
LABELS = [(np.random.default_rng(seed).random((9, 10, 3)) < 0.3).astype(int) for seed in range(4)]


@pytest.fixture
def rows():
    return split_errors(*LABELS, attribute(*LABELS), CLASSES)


def test_every_split_counts_every_event_and_every_error_once(rows):
    errors = attribute(*LABELS)
    pred_a, pred_v, true_a, true_v = four_masks(*LABELS)
    predicted, true = events_of_both(pred_a, pred_v), events_of_both(true_a, true_v)
    splits = {row.split for row in rows}
    assert splits == {"modality", "length", "simultaneous events", "class", "class frequency"}
    for split in splits:
        parts = [row for row in rows if row.split == split]
        assert sum(row.predicted for row in parts) == len(predicted)
        assert sum(row.true for row in parts) == len(true)
        for side in ("predicted", "true"):
            wrong = sum((getattr(row, f"wrong_{side}") for row in parts), start=type(parts[0].wrong_true)())
            assert wrong.total() == sum(error.predicted == (side == "predicted") for error in errors)


def test_errors_are_among_the_events_of_their_part(rows):
    for row in rows:
        assert row.wrong_predicted.total() <= row.predicted
        assert row.wrong_true.total() <= row.true


def test_parts_are_in_order(rows):
    assert [row.part for row in rows if row.split == "modality"] == ["audio", "visual"]
    assert [row.part for row in rows if row.split == "class"] == list(CLASSES)
    lengths = [row.part for row in rows if row.split == "length"]
    assert lengths[:3] == ["1 segment", "2 to 3 segments", "4 to 6 segments"]


@pytest.mark.parametrize(
    ("label", "start", "end", "length", "others"),
    [
        (0, 0, 10, "whole video", "two or more"),
        (0, 0, 1, "1 segment", "none"),
        (0, 2, 5, "2 to 3 segments", "one"),
        (0, 0, 7, "7 segments or more", "two or more"),
        (1, 5, 9, "4 to 6 segments", "two or more"),
        (1, 0, 3, "2 to 3 segments", "one"),
    ],
)
def test_properties_of_an_event(label, start, end, length, others):
    """A dog from 0 to 10, a cat from 2 to 7 and a car from 5 to 9 are heard; no event is seen."""
    heard = np.zeros((10, 1, 3), bool)
    heard[:, 0, 0], heard[2:7, 0, 1], heard[5:9, 0, 2] = True, True, True
    found = Properties(heard, np.zeros_like(heard), CLASSES).of(EventSpan(0, "audio", label, start, end))
    assert (found["length"], found["simultaneous events"]) == (length, others)
    assert (found["modality"], found["class"]) == ("audio", CLASSES[label])


def test_thirds_of_the_classes_by_number_of_true_events():
    heard = np.zeros((10, 1, 3), bool)
    heard[[0, 2, 4], 0, 2], heard[[0, 2], 0, 0], heard[0, 0, 1] = True, True, True
    properties = Properties(heard, np.zeros_like(heard), CLASSES)
    parts = [properties.of(EventSpan(0, "audio", label, 0, 1))["class frequency"] for label in range(3)]
    assert parts == ["middle third", "rarest third", "most frequent third"]

"""Errors by properties of their events: modality, length, simultaneous events, class and its frequency."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from leap.diagnosis.attribution import Error
from leap.diagnosis.events import EventSpan, events_of_both
from leap.metrics.arrays import MODALITIES, Labels, Mask, four_masks

LENGTHS = ((1, "1 segment"), (3, "2 to 3 segments"), (6, "4 to 6 segments"))
"""Longest event of a part, and the name of the part; longer events are in one of the two further parts."""

LONGER, WHOLE = "7 segments or more", "whole video"
SIMULTANEOUS = ("none", "one", "two or more")
FREQUENCIES = ("rarest third", "middle third", "most frequent third")
"""Parts of the classes by number of true events in both modalities."""


class Part(NamedTuple):
    """Events of a part, and those of them that are wrong.

    Attributes:
        split: property of the events.
        part: its value.
        predicted: number of predicted events.
        true: number of true events.
        wrong_predicted: type of error → number of predicted events.
        wrong_true: type of error → number of true events.
    """

    split: str
    part: str
    predicted: int
    true: int
    wrong_predicted: Counter[str]
    wrong_true: Counter[str]


class Properties:
    """Properties of events by which errors are split.

    Args:
        true_audio: audio events of the ground truth, boolean (T, N, C).
        true_visual: visual events of the ground truth, boolean (T, N, C).
        classes: names of the classes.
    """

    def __init__(self, true_audio: Mask, true_visual: Mask, classes: Sequence[str]) -> None:
        self.classes = classes
        self.true = dict(zip(MODALITIES, (true_audio, true_visual), strict=True))
        self.frequency = _frequency_parts(events_of_both(true_audio, true_visual), len(classes))

    def of(self, event: EventSpan) -> dict[str, str]:
        """Split → part of an event.

        The number of simultaneous events is the largest number of true events of other classes in the event's
        modality in one of its segments.
        """
        return {
            "modality": event.modality,
            "length": self._length(event),
            "simultaneous events": SIMULTANEOUS[min(self._others(event), 2)],
            "class": self.classes[event.label],
            "class frequency": self.frequency[event.label],
        }

    def _length(self, event: EventSpan) -> str:
        if event.length == len(self.true[event.modality]):
            return WHOLE
        return next((name for longest, name in LENGTHS if event.length <= longest), LONGER)

    def _others(self, event: EventSpan) -> int:
        there = self.true[event.modality][event.start : event.end, event.video]  # (length, C)
        return int((there.sum(axis=1) - there[:, event.label]).max())


def split_errors(
    pred_audio: Labels,
    pred_visual: Labels,
    true_audio: Labels,
    true_visual: Labels,
    errors: Iterable[Error],
    classes: Sequence[str],
) -> list[Part]:
    """Count events and errors by every property, in parts that have events.

    Arguments and errors are those of `leap.metrics.parsing_scores`, and the errors of these predictions and
    the names of the classes.
    """
    pred_a, pred_v, true_a, true_v = four_masks(pred_audio, pred_visual, true_audio, true_visual)
    properties = Properties(true_a, true_v, classes)
    predicted, true = (
        Counter(part for event in events_of_both(*side) for part in properties.of(event).items())
        for side in ((pred_a, pred_v), (true_a, true_v))
    )
    wrong: dict[tuple[bool, tuple[str, str]], Counter[str]] = {}
    for error in errors:
        for part in properties.of(error.event).items():
            wrong.setdefault((error.predicted, part), Counter())[error.type] += 1
    return [
        Part(
            *part,
            predicted[part],
            true[part],
            *(wrong.get((side, part), Counter()) for side in (True, False)),
        )
        for part in _ordered(predicted | true, classes)
    ]


def _ordered(parts: Iterable[tuple[str, str]], classes: Sequence[str]) -> list[tuple[str, str]]:
    """Parts in the order of their splits, and within a split in the order of their values."""
    lengths = [name for _, name in LENGTHS]
    order = [*MODALITIES, *lengths, LONGER, WHOLE, *SIMULTANEOUS, *FREQUENCIES, *classes]
    splits = ["modality", "length", "simultaneous events", "class frequency", "class"]
    return sorted(parts, key=lambda part: (splits.index(part[0]), order.index(part[1])))


def _frequency_parts(true: Iterable[EventSpan], classes: int) -> list[str]:
    """The third of the classes that each class belongs to."""
    counts = Counter(event.label for event in true)
    ranks = np.argsort(np.argsort([counts[label] for label in range(classes)], kind="stable"))
    return [FREQUENCIES[3 * rank // classes] for rank in ranks.tolist()]

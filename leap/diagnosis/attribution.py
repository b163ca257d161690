"""Attribute every wrong event of a parser, predicted or true, to one type of error.

Predicted and true events of a class in a modality form groups: chains of events that overlap. An event is
single if no other belongs to its group. A predicted and a true event that are equal and form a group are
right. Every other event is wrong, and has the first of these types that applies:

1. *Wrong modality*: the predicted events of a group stand for the true events that they overlap in the other
   modality. Their IoU with these is at least 0.5, larger than with the true events of their group, and larger
   than that of the events which are predicted there. They leave their group.
2. *Fragmented* and *merged*: the group has more, or fewer, predicted than true events. *Early*, *late*, *too
   long* and *too short*: it has as many, but they differ.
3. *Early* and *late* also: a single predicted event touches a single true event that is as long, and neither
   touches another of its length.
4. *Wrong modality* also: a single predicted event overlaps a true event of its class in the other modality. A
   single true event that overlaps a predicted event of this type, in either modality, has the type, too.
5. *Wrong class*: a single predicted and a single true event of two classes in one modality have an IoU of at
   least 0.5.
6. *Background* for other predicted events, *missed* for other true events.

Types do not depend on the order of classes, and reversing time exchanges early and late.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from leap.diagnosis.events import EventSpan, events_of_both, fit, overlap
from leap.metrics.arrays import MODALITIES, Labels, four_masks

TYPES = (
    "wrong modality",
    "wrong class",
    "early",
    "late",
    "too long",
    "too short",
    "fragmented",
    "merged",
    "background",
    "missed",
)
"""Types of errors."""

RIGHT = "right"
"""What is said of events that are predicted exactly."""

FIT = 0.5
"""IoU from which on a predicted event is taken to stand for a true event of another modality or class."""

OTHER = {"audio": "visual", "visual": "audio"}


class Side(NamedTuple):
    """An event of the prediction or of the ground truth."""

    event: EventSpan
    predicted: bool


class Error(NamedTuple):
    """A wrong event.

    Attributes:
        event: the event.
        predicted: whether it is a predicted event; otherwise it is a true one.
        type: one of `TYPES`.
    """

    event: EventSpan
    predicted: bool
    type: str


class Pair(NamedTuple):
    """Predicted and true events, each in temporal order."""

    predicted: list[EventSpan]
    true: list[EventSpan]


Types = dict[Side, str]
"""Predicted and true events → their type, or `RIGHT`."""


def attribute(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> list[Error]:
    """Every wrong event, predicted or true, with its type.

    Arguments and errors are those of `leap.metrics.parsing_scores`, except that N may be 0.

    Returns:
        The errors, ordered by video, modality, class and time.
    """
    pred_a, pred_v, true_a, true_v = four_masks(pred_audio, pred_visual, true_audio, true_visual)
    predicted, true = events_of_both(pred_a, pred_v), events_of_both(true_a, true_v)
    types: Types = {}
    for by_modality in _by_class(predicted, true):
        _find_strayed(by_modality, types)
        for pair in by_modality.values():
            _type_groups(_open(pair, types), types)
            _find_shifted(_open(pair, types), types)
        _find_heard_or_seen(by_modality, types)
    for pair in _by_modality(predicted, true, types):
        _find_confused(pair, types)
    for event in predicted:
        types.setdefault(Side(event, True), "background")
    for event in true:
        types.setdefault(Side(event, False), "missed")
    return sorted(Error(*side, type_) for side, type_ in types.items() if type_ != RIGHT)


def groups(pair: Pair) -> list[Pair]:
    """The groups of predicted and true events of a class in a modality: chains of events that overlap."""
    sides = sorted((event.start, is_true, event) for is_true, events in enumerate(pair) for event in events)
    found: list[Pair] = []
    for start, is_true, event in sides:
        other_side = found[-1][1 - is_true] if found else []
        if not (other_side and start < other_side[-1].end):
            found.append(Pair([], []))
        found[-1][is_true].append(event)
    return found


def group_type(group: Pair) -> str:
    """The type of a group with predicted and true events, or `RIGHT`."""
    predicted, true = group
    if len(predicted) != len(true):
        return "fragmented" if len(predicted) > len(true) else "merged"
    if [p[-2:] for p in predicted] == [t[-2:] for t in true]:
        return RIGHT
    begin, end = predicted[0].start - true[0].start, predicted[-1].end - true[-1].end
    if begin * end > 0:
        return "late" if begin > 0 else "early"
    longer = sum(p.length for p in predicted) - sum(t.length for t in true) if begin == end else end - begin
    return "too long" if longer >= 0 else "too short"


def _by_class(predicted: Iterable[EventSpan], true: Iterable[EventSpan]) -> Iterator[dict[str, Pair]]:
    """For every class in every video with events: modality → its events."""
    found: dict[tuple[int, int], dict[str, Pair]] = defaultdict(lambda: {m: Pair([], []) for m in MODALITIES})
    for side, events in enumerate((predicted, true)):
        for event in events:
            found[event.video, event.label][event.modality][side].append(event)
    yield from found.values()


def _by_modality(predicted: Sequence[EventSpan], true: Sequence[EventSpan], types: Types) -> Iterator[Pair]:
    """The open events of every modality of every video that has any."""
    found: dict[tuple[int, str], Pair] = defaultdict(lambda: Pair([], []))
    for side, events in enumerate(_open(Pair([*predicted], [*true]), types)):
        for event in events:
            found[event.video, event.modality][side].append(event)
    yield from found.values()


def _open(pair: Pair, types: Types) -> Pair:
    """The events that have no type yet."""
    return Pair(
        [p for p in pair.predicted if Side(p, True) not in types],
        [t for t in pair.true if Side(t, False) not in types],
    )


def _assign(pair: Pair, type_: str, types: Types) -> None:
    for side, events in zip((True, False), pair, strict=True):
        types.update((Side(event, side), type_) for event in events)


def _find_strayed(by_modality: dict[str, Pair], types: Types) -> None:
    """Rule 1, for the events of a class in a video."""
    for modality, pair in by_modality.items():
        other = by_modality[OTHER[modality]]
        for group in groups(pair):
            if _strays(group, other):
                _assign(Pair(group.predicted, []), "wrong modality", types)


def _strays(group: Pair, other: Pair) -> bool:
    """Whether the predicted events of a group stand for true events of the other modality.

    Args:
        group: the group.
        other: the events of its class in the other modality.
    """
    meant = [t for t in other.true if _overlaps(t, group.predicted)]
    rivals = [p for p in other.predicted if _overlaps(p, meant)]
    found = fit(group.predicted, meant)
    return found >= FIT and found > max(fit(*group), fit(rivals, meant))


def _type_groups(pair: Pair, types: Types) -> None:
    """Rule 2."""
    for group in groups(pair):
        if group.predicted and group.true:
            _assign(group, group_type(group), types)


def _find_shifted(pair: Pair, types: Types) -> None:
    """Rule 3, for the open events of a class in a modality."""
    touching = [
        (p, t) for p, t in product(*pair) if p.length == t.length and (p.end == t.start or t.end == p.start)
    ]
    partners = Counter(event for p, t in touching for event in (Side(p, True), Side(t, False)))
    for p, t in touching:
        if partners[Side(p, True)] == partners[Side(t, False)] == 1:
            _assign(Pair([p], [t]), "early" if p.start < t.start else "late", types)


def _find_heard_or_seen(by_modality: dict[str, Pair], types: Types) -> None:
    """Rule 4."""
    for modality, pair in by_modality.items():
        true = by_modality[OTHER[modality]].true
        lone = _open(pair, types).predicted
        _assign(Pair([p for p in lone if _overlaps(p, true)], []), "wrong modality", types)
    sides = [p for pair in by_modality.values() for p in pair.predicted]
    wrong = [p for p in sides if types.get(Side(p, True)) == "wrong modality"]
    for pair in by_modality.values():
        lone = _open(pair, types).true
        _assign(Pair([], [t for t in lone if _overlaps(t, wrong)]), "wrong modality", types)


def _find_confused(pair: Pair, types: Types) -> None:
    """Rule 5, for the open events of a modality of a video."""
    for p, t in product(*pair):
        if p.label != t.label and fit([p], [t]) >= FIT:
            _assign(Pair([p], [t]), "wrong class", types)


def _overlaps(event: EventSpan, others: Iterable[EventSpan]) -> bool:
    return any(overlap(event, other) for other in others)

"""Predictions made from the truth by one known operation, and the types of error that it should leave."""

import numpy as np

from leap.diagnosis.events import find_events
from leap.metrics.arrays import masks

OPERATIONS = ("late", "early", "expanded", "swapped", "split", "merged", "dropped", "relabelled")


def events_of(labels):
    """Video, class, start and end of every event of labels (N, T, C), in order."""
    return [(e.video, e.label, e.start, e.end) for e in find_events(*masks(labels=labels), "audio")]


def shift(labels, by):
    """Every event later by one segment (``by`` 1) or earlier (−1); what leaves the video is lost."""
    shifted = np.roll(labels, by, axis=1)
    shifted[:, 0 if by > 0 else -1] = 0
    return shifted


def expand(labels):
    """Every class in all segments of its videos."""
    return np.broadcast_to(labels.any(axis=1, keepdims=True), labels.shape).astype(labels.dtype)


def split(labels):
    """Events of three segments and more without their middle."""
    pieces = labels.copy()
    for video, label, start, end in events_of(labels):
        if end - start >= 3:
            pieces[video, (start + end) // 2, label] = 0
    return pieces


def merge(labels):
    """Events of a class joined with their neighbours."""
    joined = labels.copy()
    for (video, label, _, end), (other, same, start, _) in zip(
        events_of(labels), events_of(labels)[1:], strict=False
    ):
        if (video, label) == (other, same):
            joined[video, end:start, label] = 1
    return joined


def drop(labels, random):
    """Three events of ten removed."""
    left = labels.copy()
    for video, label, start, end in events_of(labels):
        if random.random() < 0.3:
            left[video, start:end, label] = 0
    return left


def relabel(labels, weak, random):
    """Three events of ten in a class that their video lacks; ``weak`` (N, C) has the video's classes."""
    changed = labels.copy()
    for video, label, start, end in events_of(labels):
        if random.random() < 0.3:
            changed[video, start:end, label] = 0
            changed[video, start:end, random.choice(np.flatnonzero(weak[video] == 0))] = 1
    return changed


def shifted_types(border):
    """Function of an event that returns its expected types after a shift towards a border of the video."""
    direction = "late" if border else "early"

    def types(event, _):
        touches = event.end == border if border else event.start == 0
        return {direction, "too short", "missed"} if touches else {direction}

    return types


def expanded_types(event, true):
    """Expected type after expansion: merged where the class has several events in the modality."""
    same = [t for t in true if (t.video, t.modality, t.label) == (event.video, event.modality, event.label)]
    return {"merged"} if len(same) > 1 else {"too long"}


def operations(audio, visual):
    """Name → predictions of both modalities, and a function of an event and the true events: its types."""
    random, weak = np.random.default_rng(0), np.maximum(audio, visual).max(axis=1)

    def both(change, *arguments):
        return tuple(change(labels, *arguments) for labels in (audio, visual))

    return {
        "late": (both(shift, 1), shifted_types(audio.shape[1])),
        "early": (both(shift, -1), shifted_types(0)),
        "expanded": (both(expand), expanded_types),
        "swapped": ((visual, audio), lambda *_: {"wrong modality"}),
        "split": (both(split), lambda *_: {"fragmented"}),
        "merged": (both(merge), lambda *_: {"merged"}),
        "dropped": (both(drop, random), lambda *_: {"missed"}),
        "relabelled": (both(relabel, weak, random), lambda *_: {"wrong class"}),
    }

"""Events as intervals of segments."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from leap.metrics.arrays import Mask


class EventSpan(NamedTuple):
    """A maximal run of segments of a class in a modality of a video.

    Attributes:
        video: index of the video.
        modality: ``"audio"`` or ``"visual"``.
        label: index of the class.
        start: its first segment.
        end: the segment after its last.
    """

    video: int
    modality: str
    label: int
    start: int
    end: int

    @property
    def length(self) -> int:
        """Number of segments."""
        return self.end - self.start


def find_events(labels: Mask, modality: str) -> list[EventSpan]:
    """The events of boolean labels (T, N, C) in a modality, ordered by video, class and time."""
    before, after = np.zeros_like(labels), np.zeros_like(labels)
    before[1:], after[:-1] = labels[:-1], labels[1:]
    begins, ends = ((labels & ~beside).transpose(1, 2, 0) for beside in (before, after))  # (N, C, T)
    places = np.column_stack([*np.nonzero(begins), np.nonzero(ends)[2] + 1])
    return [EventSpan(video, modality, label, start, end) for video, label, start, end in places.tolist()]


def events_of_both(audio: Mask, visual: Mask) -> list[EventSpan]:
    """The events of both modalities, from boolean labels (T, N, C) each."""
    return find_events(audio, "audio") + find_events(visual, "visual")


def overlap(one: EventSpan, other: EventSpan) -> int:
    """Number of common segments."""
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def fit(some: Iterable[EventSpan], others: Iterable[EventSpan]) -> float:
    """Temporal intersection over union of the segments of two sets of events; 0 if both are empty."""
    one, other = ({t for event in events for t in range(event.start, event.end)} for events in (some, others))
    return len(one & other) / max(len(one | other), 1)

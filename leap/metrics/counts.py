"""Hits and totals of segments and events per video and class, from which every F-score is computed.

F = 2·TP / (predicted + true). At event level, a predicted and a true event match if their temporal IoU is at
least 0.5. Matching pairs can simply be counted, because an event matches at most one event of the other
sequence: two events that both reach IoU 0.5 with it would have to fill it without a gap between them, and
would then be a single event.
"""

from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from leap.metrics.arrays import Floats, Mask

CountArray: TypeAlias = NDArray[np.unsignedinteger]


class Counts(NamedTuple):
    """True positives, and the sum of predicted and true events or segments, each (N, C)."""

    hits: CountArray
    total: CountArray


def segment_counts(pred: Mask, true: Mask) -> Counts:
    """Count segments, and segments that are predicted and true, in boolean (T, ...) sequences."""
    return Counts(count(pred & true), count(pred) + count(true))


def event_counts(pred: Mask, true: Mask) -> Counts:
    """Count events, and pairs of events with IoU >= 0.5, in boolean (T, ...) sequences.

    A maximal run of ``pred & true`` is the intersection of exactly one predicted and one true event, so each
    pair is judged once, at the first segment of the run. In integers, IoU >= 0.5 is
    3 · intersection >= predicted length + true length.
    """
    both = pred & true
    shared = run_lengths(both[::-1])[::-1]  # the full length at the first segment of a run
    matched = 3 * shared >= event_lengths(pred) + event_lengths(true)
    return Counts(count(starts(both) & matched), count(starts(pred)) + count(starts(true)))


def event_lengths(x: Mask) -> CountArray:
    """Length of the event that contains each segment, (T, ...); 0 outside events."""
    return run_lengths(x) + run_lengths(x[::-1])[::-1] - x


def run_lengths(x: Mask) -> CountArray:
    """Number of consecutive ones up to and including each segment, (T, ...)."""
    length = x.astype(_counter(len(x)))
    for before, now in pairwise(length):
        now *= before + 1
    return length


def starts(x: Mask) -> Mask:
    """Whether an event begins at each segment, (T, ...)."""
    begins = x.copy()
    begins[1:] &= ~x[:-1]
    return begins


def count(x: Mask) -> CountArray:
    """Count ones over segments, (T, ...) → (...)."""
    return np.add.reduce(x, axis=0, dtype=_counter(len(x)))


def _counter(segments: int) -> np.dtype[np.unsignedinteger]:
    """The smallest unsigned type that holds 4T, the largest count; small types are fast."""
    return np.min_scalar_type(4 * segments)


def video_f(counts: Counts) -> Floats:
    """F of each video, (N,): the mean over the classes that occur, 1 if none does."""
    f = np.divide(2 * counts.hits, np.maximum(counts.total, 1), dtype=np.float64)  # (N, C)
    classes = np.count_nonzero(counts.total, axis=1)  # (N,)
    return np.where(classes == 0, 1.0, f.sum(axis=1) / np.maximum(classes, 1))


def class_f(counts: Counts) -> Floats:
    """F of each class over all videos, (C,); NaN for a class that does not occur."""
    hits, total = (x.sum(axis=0, dtype=np.int64) for x in counts)
    return np.divide(2 * hits, total, out=np.full(len(total), np.nan), where=total > 0)

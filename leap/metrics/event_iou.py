"""Event-level scores at temporal IoUs from 0.1 to 0.9: finding an event apart from placing its boundaries.

The benchmark accepts a predicted event whose IoU with a true event is at least 0.5. Below 0.5, an event may
reach the bound with several events of the other sequence, so pairs have to be formed: an event belongs to at
most one pair, and there are as many pairs as possible. From 0.5 on, every event has at most one partner, and
the rule is the benchmark's.
"""

from collections.abc import Sequence

import numpy as np

from leap.errors import LeapError
from leap.metrics.arrays import Floats, Labels, Mask, four_masks
from leap.metrics.counts import Counts, count, event_lengths, run_lengths, starts, video_f
from leap.metrics.functional import STREAMS, mean_scores

IOUS = tuple(step / 10 for step in range(1, 10))
"""The temporal IoUs 0.1, 0.2 … 0.9."""

STREAM_SCORES = tuple(f"evt_{stream}" for stream in STREAMS)
"""The four event-level scores of a single video."""


def event_scores_by_iou(
    pred_audio: Labels,
    pred_visual: Labels,
    true_audio: Labels,
    true_visual: Labels,
    ious: Sequence[float] = IOUS,
) -> dict[float, dict[str, float]]:
    """Score a set of videos at event level: audio, visual, audio-visual, Type@AV and Event@AV.

    Args:
        pred_audio: predicted audio events, (N, T, C).
        pred_visual: predicted visual events, (N, T, C).
        true_audio: audio events of the ground truth, (N, T, C).
        true_visual: visual events of the ground truth, (N, T, C).
        ious: the smallest temporal IoUs of a pair.

    Returns:
        IoU → the five event-level scores × 100, means over videos. Those at 0.5 are in
        `leap.metrics.parsing_scores`, too.

    Raises:
        LeapError: the shapes differ or are not three-dimensional, a value is neither 0 nor 1, N is 0, or an
            IoU is not above 0 and at most 1.

    Example:
        >>> true = np.array([[[1], [1], [1], [1]]])  # (N, T, C) = (1, 4, 1)
        >>> late = np.array([[[0], [0], [0], [1]]])
        >>> found = event_scores_by_iou(late, late, true, true, ious=(0.2, 0.3))
        >>> {iou: scores["evt_a"] for iou, scores in found.items()}
        {0.2: 100.0, 0.3: 0.0}
    """
    labels = pred_audio, pred_visual, true_audio, true_visual
    return {iou: mean_scores(per_video_event_scores(*labels, ious=[iou])) for iou in ious}


def mean_event_scores(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, float]:
    """The five event-level scores × 100, averaged over `IOUS`; arguments as of `event_scores_by_iou`."""
    return mean_scores(per_video_event_scores(pred_audio, pred_visual, true_audio, true_visual))


def per_video_event_scores(
    pred_audio: Labels,
    pred_visual: Labels,
    true_audio: Labels,
    true_visual: Labels,
    ious: Sequence[float] = IOUS,
) -> dict[str, Floats]:
    """Event-level scores of each video, averaged over temporal IoUs.

    Arguments and errors are those of `event_scores_by_iou`, except that N may be 0.

    Returns:
        ``evt_a``, ``evt_v``, ``evt_av`` and ``evt_event``, each (N,), in 0…1.
    """
    pred_a, pred_v, true_a, true_v = four_masks(pred_audio, pred_visual, true_audio, true_visual)
    streams = (pred_a, true_a), (pred_v, true_v), (pred_a & pred_v, true_a & true_v)
    found = [_video_scores([event_pairs(*stream, iou) for stream in streams]) for iou in ious]
    return dict(zip(STREAM_SCORES, np.mean(found, axis=0), strict=True))


def event_pairs(pred: Mask, true: Mask, iou: float) -> Counts:
    """Count events, and pairs of events, in boolean (T, ...) sequences.

    A maximal run of ``pred & true`` is the intersection of exactly one predicted and one true event. Taking
    the runs in temporal order, each if both of its events are still free, forms as many pairs as possible:
    the events of a sequence are ordered, so of the later runs that share an event with a run at most one
    could be taken in its place.

    Raises:
        LeapError: ``iou`` is not above 0 and at most 1.
    """
    if not 0 < iou <= 1:
        raise LeapError(f"IoU {iou}: must be above 0 and at most 1")
    both = pred & true
    shared = run_lengths(both[::-1])[::-1]  # the full length at the first segment of a run
    union = np.maximum(event_lengths(pred) + event_lengths(true) - shared, 1)
    candidates = starts(both) & (shared / union >= iou)
    new_pred, new_true = starts(pred), starts(true)
    free_pred, free_true = np.zeros_like(pred[0]), np.zeros_like(true[0])
    hits = np.zeros_like(candidates)
    for t, candidate in enumerate(candidates):
        free_pred |= new_pred[t]
        free_true |= new_true[t]
        hits[t] = candidate & free_pred & free_true
        free_pred &= ~hits[t]
        free_true &= ~hits[t]
    return Counts(count(hits), count(new_pred) + count(new_true))


def _video_scores(counts: Sequence[Counts]) -> list[Floats]:
    """Audio, visual, audio-visual and Event@AV scores of every video in 0…1, from counts of three streams."""
    audio, visual, both = counts
    either = Counts(audio.hits + visual.hits, audio.total + visual.total)
    return [video_f(stream) for stream in (audio, visual, both, either)]

"""The ten scores of audio-visual video parsing, and further measures, as functions of arrays.

Labels and predictions have shape (N, T, C): videos, segments, classes. They are NumPy arrays or tensors of
any numeric type that hold zeros and ones. The scores are those of the LLP benchmark (Tian, Li and Xu, ECCV
2020, arXiv 2007.10558).
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.metrics.arrays import (
    Floats,
    Labels,
    Mask,
    as_array,
    binary,
    check_finite,
    check_shapes,
    four_masks,
    masks,
)
from leap.metrics.counts import Counts, class_f, event_counts, segment_counts, video_f

LEVELS = ("seg", "evt")
STREAMS = ("a", "v", "av", "event")
PER_VIDEO = tuple(f"{level}_{stream}" for level in LEVELS for stream in STREAMS)
"""The eight scores of a single video: audio, visual, audio-visual and Event@AV, at both levels."""

SCORES = tuple(f"{level}_{stream}" for level in LEVELS for stream in ("a", "v", "av", "type", "event"))
"""The ten scores of the benchmark, in the order of its tables."""

_Value = TypeVar("_Value", float, Floats)


def parsing_scores(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, float]:
    """Score a set of videos at segment and event level: audio, visual, audio-visual, Type@AV and Event@AV.

    Args:
        pred_audio: predicted audio events, (N, T, C).
        pred_visual: predicted visual events, (N, T, C).
        true_audio: audio events of the ground truth, (N, T, C).
        true_visual: visual events of the ground truth, (N, T, C).

    Returns:
        The ten `SCORES` × 100, each the mean over videos.

    Raises:
        LeapError: the shapes differ or are not three-dimensional, a value is neither 0 nor 1, or N is 0.

    Example:
        >>> true = np.array([[[1], [1], [0], [0]]])  # (N, T, C) = (1, 4, 1)
        >>> scores = parsing_scores(true, 1 - true, true, true)
        >>> scores["seg_a"], scores["seg_v"], scores["seg_event"]
        (100.0, 0.0, 50.0)
    """
    return mean_scores(per_video_scores(pred_audio, pred_visual, true_audio, true_visual))


def per_video_scores(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, Floats]:
    """Score each video.

    A video's score is the mean of F over the classes that are predicted or true in it, or 1 without any such
    class. Arguments and errors are those of `parsing_scores`, except that N may be 0.

    Returns:
        The eight `PER_VIDEO` scores, each (N,), in 0…1.
    """
    counts = _stream_counts(pred_audio, pred_visual, true_audio, true_visual)
    return {name: video_f(values) for name, values in counts.items()}


def per_class_scores(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, Floats]:
    """Score each class, pooled over videos.

    A class's score is F = 2·TP / (predicted + true) over all videos together, or NaN if the class is neither
    predicted nor true in any. The mean over classes is not the benchmark's score, which averages within each
    video first. Arguments and errors are those of `parsing_scores`, except that N may be 0.

    Returns:
        The eight `PER_VIDEO` scores, each (C,), in 0…1.
    """
    counts = _stream_counts(pred_audio, pred_visual, true_audio, true_visual)
    return {name: class_f(values) for name, values in counts.items()}


def mean_scores(per_video: Mapping[str, Floats]) -> dict[str, float]:
    """Scores × 100 of a set of videos from those of every video, each (N,), with Type@AV.

    Raises:
        LeapError: N is 0.
    """
    if not all(len(values) for values in per_video.values()):
        raise LeapError("no videos to score; give at least one")
    return with_type_means({name: 100 * float(values.mean()) for name, values in per_video.items()})


def with_type_means(scores: Mapping[str, _Value]) -> dict[str, _Value]:
    """Add Type@AV, the mean of audio, visual and audio-visual scores, at each level.

    Args:
        scores: the `PER_VIDEO` scores of one or of both levels; each is a number or an array.

    Returns:
        The `SCORES` of these levels, in their order.
    """
    every = dict(scores)
    for level in LEVELS:
        if f"{level}_a" in scores:
            audio, visual, both = (scores[f"{level}_{stream}"] for stream in ("a", "v", "av"))
            every[f"{level}_type"] = (audio + visual + both) / 3
    return {name: every[name] for name in SCORES if name in every}


def scores_from_sums(sums: Sequence[float], videos: float) -> dict[str, float]:
    """The ten `SCORES` × 100 from sums over videos.

    Args:
        sums: sums of the eight `PER_VIDEO` scores, in their order.
        videos: number of videos.
    """
    return with_type_means({name: 100 * sum_ / videos for name, sum_ in zip(PER_VIDEO, sums, strict=True)})


def counts_by_score(*streams: tuple[Mask, Mask]) -> dict[str, Counts]:
    """Counts per video and class from which the eight `PER_VIDEO` scores are computed.

    Args:
        streams: the audio, visual and audio-visual stream, each predicted and true, boolean (T, N, C).
            Event@AV pools the first two.
    """
    counts: list[Counts] = []
    for count in (segment_counts, event_counts):
        audio, visual, both = (count(pred, true) for pred, true in streams)
        counts += [audio, visual, both, Counts(audio.hits + visual.hits, audio.total + visual.total)]
    return dict(zip(PER_VIDEO, counts, strict=True))


def segment_scores(pred: Labels, true: Labels) -> Floats:
    """Segment-level F of one modality for each video; arguments and errors are those of `event_scores`.

    Returns:
        Scores in 0…1, (N,), as in `per_video_scores`.
    """
    return video_f(segment_counts(*masks(pred=pred, true=true)))


def event_scores(pred: Labels, true: Labels) -> Floats:
    """Event-level F of one modality for each video, as in `per_video_scores`.

    Args:
        pred: predicted events, (N, T, C).
        true: events of the ground truth, (N, T, C).

    Returns:
        Scores in 0…1, (N,).

    Raises:
        LeapError: the shapes differ or are not three-dimensional, or a value is neither 0 nor 1.
    """
    return video_f(event_counts(*masks(pred=pred, true=true)))


def overlapping_videos(true_audio: Labels, true_visual: Labels) -> Mask:
    """Find the videos with overlap: a segment in which two or more classes occur in one modality.

    Args:
        true_audio: audio events of the ground truth, (N, T, C).
        true_visual: visual events of the ground truth, (N, T, C).

    Returns:
        Whether each video has overlap, (N,).

    Raises:
        LeapError: the shapes differ or are not three-dimensional, or a value is neither 0 nor 1.
    """
    streams = masks(true_audio=true_audio, true_visual=true_visual)
    return np.logical_or.reduce([(np.count_nonzero(x, axis=2) >= 2).any(axis=0) for x in streams])


def precision_recall(pred: Labels, true: Labels) -> dict[str, float]:
    """Micro-averaged precision, recall and F of one modality, over all videos, segments and classes.

    Args:
        pred: predicted events, (N, T, C).
        true: events of the ground truth, (N, T, C).

    Returns:
        ``precision``, ``recall`` and ``f`` × 100; 0 where the denominator is zero, as in scikit-learn.

    Raises:
        LeapError: the shapes differ or are not three-dimensional, or a value is neither 0 nor 1.
    """
    predictions, truth = masks(pred=pred, true=true)
    hits, predicted, positive = (int(np.count_nonzero(x)) for x in (predictions & truth, predictions, truth))
    return {
        "precision": _percent(hits, predicted),
        "recall": _percent(hits, positive),
        "f": _percent(2 * hits, predicted + positive),
    }


def average_precision(
    probabilities: Labels, true: Labels, average: Literal["micro", "macro"] = "micro"
) -> float:
    """Average precision of segment probabilities, which needs no threshold.

    AP = Σ (recall_k − recall_{k−1}) · precision_k over the thresholds k, without interpolation. The result is
    equal to that of scikit-learn's ``average_precision_score``.

    Args:
        probabilities: segment probabilities of one modality, or other scores such as logits, (N, T, C).
        true: events of the ground truth, (N, T, C).
        average: ``"micro"`` pools the classes; ``"macro"`` averages over the classes that occur.

    Returns:
        The average precision × 100; 0 if the ground truth has no event.

    Raises:
        LeapError: the shapes differ or are not three-dimensional, a label is neither 0 nor 1, or a
            probability is not finite.
    """
    scores, labels = as_array(probabilities), as_array(true)
    check_shapes(probabilities=scores, true=labels)
    check_finite(scores)
    positive = binary("true", labels).reshape(-1, labels.shape[2])  # (N·T, C)
    present = positive.any(axis=0)  # (C,)
    if not present.any():
        return 0.0
    flat = scores.reshape(positive.shape)
    if average == "micro":
        return 100 * _binary_average_precision(positive.ravel(), flat.ravel())
    classes = np.flatnonzero(present)
    return 100 * float(np.mean([_binary_average_precision(positive[:, c], flat[:, c]) for c in classes]))


def _stream_counts(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, Counts]:
    """Counts per video and class from which the eight `PER_VIDEO` scores are computed."""
    pred_a, pred_v, true_a, true_v = four_masks(pred_audio, pred_visual, true_audio, true_visual)
    return counts_by_score((pred_a, true_a), (pred_v, true_v), (pred_a & pred_v, true_a & true_v))


def _binary_average_precision(positive: Mask, scores: NDArray[np.generic]) -> float:
    """Average precision of scores (M,) with at least one positive; equal scores have a common threshold."""
    order = np.argsort(scores, kind="stable")[::-1]
    scores, positive = scores[order], positive[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # (K,) last index at each threshold
    hits = np.cumsum(positive, dtype=np.float64)[last]
    precision = (hits / (last + 1))[::-1]
    recall = np.append((hits / hits[-1])[::-1], 0)
    return float(max(0.0, -np.sum(np.diff(recall) * precision)))


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0

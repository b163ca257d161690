"""The ten scores of audio-visual video parsing, and further measures, as functions of arrays.

Labels and predictions have shape (N, T, C): videos, segments, classes. They are NumPy arrays or tensors of
any numeric type that hold zeros and ones. The scores are those of the LLP benchmark (Tian, Li and Xu, ECCV
2020, arXiv 2007.10558).

At segment level and at event level, F = 2·TP / (predicted + true). At event level, a predicted and a true
event match if their temporal IoU is at least 0.5. Matching pairs can simply be counted, because an event
matches at most one event of the other sequence: two events that both reach IoU 0.5 with it would have to fill
it without a gap between them, and would then be a single event.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError

if TYPE_CHECKING:
    from torch import Tensor

Labels: TypeAlias = "NDArray[np.generic] | Tensor"
Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
CountArray: TypeAlias = NDArray[np.unsignedinteger]

LEVELS = ("seg", "evt")
STREAMS = ("a", "v", "av", "event")
PER_VIDEO = tuple(f"{level}_{stream}" for level in LEVELS for stream in STREAMS)
"""The eight scores of a single video: audio, visual, audio-visual and Event@AV, at both levels."""

SCORES = tuple(f"{level}_{stream}" for level in LEVELS for stream in ("a", "v", "av", "type", "event"))
"""The ten scores of the benchmark, in the order of its tables."""


class Counts(NamedTuple):
    """True positives, and the sum of predicted and true events or segments, each (N, C)."""

    hits: CountArray
    total: CountArray


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
    scores = per_video_scores(pred_audio, pred_visual, true_audio, true_visual)
    if not len(scores["seg_a"]):
        raise LeapError("no videos to score; give at least one")
    return with_type_means({name: 100 * float(values.mean()) for name, values in scores.items()})


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
    return {name: _video_f(values) for name, values in counts.items()}


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
    return {name: _class_f(values) for name, values in counts.items()}


def with_type_means(scores: Mapping[str, float]) -> dict[str, float]:
    """Add Type@AV, the mean of audio, visual and audio-visual scores, at each level.

    Args:
        scores: the eight `PER_VIDEO` scores.

    Returns:
        The ten `SCORES`, in their order.
    """
    means = {
        f"{level}_type": sum(scores[f"{level}_{stream}"] for stream in ("a", "v", "av")) / 3
        for level in LEVELS
    }
    every = {**scores, **means}
    return {name: every[name] for name in SCORES}


def scores_from_sums(sums: Sequence[float], videos: float) -> dict[str, float]:
    """The ten `SCORES` × 100 from sums over videos.

    Args:
        sums: sums of the eight `PER_VIDEO` scores, in their order.
        videos: number of videos.
    """
    return with_type_means({name: 100 * sum_ / videos for name, sum_ in zip(PER_VIDEO, sums, strict=True)})


def segment_scores(pred: Labels, true: Labels) -> Floats:
    """Segment-level F of one modality for each video; arguments and errors are those of `event_scores`.

    Returns:
        Scores in 0…1, (N,), as in `per_video_scores`.
    """
    return _video_f(_segment_counts(*_segments_first(pred=pred, true=true)))


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
    return _video_f(_event_counts(*_segments_first(pred=pred, true=true)))


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
    streams = _segments_first(true_audio=true_audio, true_visual=true_visual)
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
    predictions, truth = _segments_first(pred=pred, true=true)
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
    scores, labels = _array(probabilities), _array(true)
    _check_shapes(probabilities=scores, true=labels)
    if not np.isfinite(scores).all():
        raise LeapError("probabilities hold a value that is not finite; check the model's output")
    positive = _binary("true", labels).reshape(-1, labels.shape[2])  # (N·T, C)
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
    pred_a, pred_v, true_a, true_v = _segments_first(
        pred_audio=pred_audio, pred_visual=pred_visual, true_audio=true_audio, true_visual=true_visual
    )
    streams = ((pred_a, true_a), (pred_v, true_v), (pred_a & pred_v, true_a & true_v))
    counts: list[Counts] = []
    for count in (_segment_counts, _event_counts):
        audio, visual, both = (count(pred, true) for pred, true in streams)
        counts += [audio, visual, both, Counts(audio.hits + visual.hits, audio.total + visual.total)]
    return dict(zip(PER_VIDEO, counts, strict=True))


def _segment_counts(pred: Mask, true: Mask) -> Counts:
    return Counts(_count(pred & true), _count(pred) + _count(true))


def _event_counts(pred: Mask, true: Mask) -> Counts:
    """Count events, and pairs of events with IoU >= 0.5, in boolean (T, ...) sequences.

    A maximal run of ``pred & true`` is the intersection of exactly one predicted and one true event, so each
    pair is judged once, at the first segment of the run. In integers, IoU >= 0.5 is
    3 · intersection >= predicted length + true length.
    """
    both = pred & true
    shared = _run_lengths(both[::-1])[::-1]  # the full length at the first segment of a run
    matched = 3 * shared >= _event_lengths(pred) + _event_lengths(true)
    return Counts(_count(_starts(both) & matched), _count(_starts(pred)) + _count(_starts(true)))


def _event_lengths(x: Mask) -> CountArray:
    """Length of the event that contains each segment, (T, ...); 0 outside events."""
    return _run_lengths(x) + _run_lengths(x[::-1])[::-1] - x


def _run_lengths(x: Mask) -> CountArray:
    """Number of consecutive ones up to and including each segment, (T, ...)."""
    length = x.astype(_counter(len(x)))
    for before, now in pairwise(length):
        now *= before + 1
    return length


def _starts(x: Mask) -> Mask:
    """Whether an event begins at each segment, (T, ...)."""
    starts = x.copy()
    starts[1:] &= ~x[:-1]
    return starts


def _count(x: Mask) -> CountArray:
    """Count ones over segments, (T, ...) → (...)."""
    return np.add.reduce(x, axis=0, dtype=_counter(len(x)))


def _counter(segments: int) -> np.dtype[np.unsignedinteger]:
    """The smallest unsigned type that holds 4T, the largest count; small types are fast."""
    return np.min_scalar_type(4 * segments)


def _video_f(counts: Counts) -> Floats:
    """F of each video, (N,): the mean over the classes that occur, 1 if none does."""
    f = np.divide(2 * counts.hits, np.maximum(counts.total, 1), dtype=np.float64)  # (N, C)
    classes = np.count_nonzero(counts.total, axis=1)  # (N,)
    return np.where(classes == 0, 1.0, f.sum(axis=1) / np.maximum(classes, 1))


def _class_f(counts: Counts) -> Floats:
    """F of each class over all videos, (C,); NaN for a class that does not occur."""
    hits, total = (x.sum(axis=0, dtype=np.int64) for x in counts)
    return np.divide(2 * hits, total, out=np.full(len(total), np.nan), where=total > 0)


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


def _segments_first(**labels: Labels) -> list[Mask]:
    """Check that labels have one shape (N, T, C) and hold zeros and ones; return boolean (T, N, C) arrays."""
    arrays = {name: _array(values) for name, values in labels.items()}
    _check_shapes(**arrays)
    return [np.ascontiguousarray(_binary(name, x).swapaxes(0, 1)) for name, x in arrays.items()]


def _array(values: Labels) -> NDArray[np.generic]:
    torch = sys.modules.get("torch")  # not imported here: unless it is loaded, no value is a tensor
    if torch is not None and isinstance(values, torch.Tensor):
        return _from_tensor(values)
    return np.asarray(values)


def _from_tensor(values: Tensor) -> NDArray[np.generic]:
    import torch

    values = values.detach().cpu()
    return (values.float() if values.dtype == torch.bfloat16 else values).numpy()  # NumPy has no bfloat16


def _check_shapes(**arrays: NDArray[np.generic]) -> None:
    shapes = {x.shape for x in arrays.values()}
    if len(shapes) > 1 or len(shapes.pop()) != 3:
        found = ", ".join(f"{name} {x.shape}" for name, x in arrays.items())
        raise LeapError(f"labels must share one shape (videos, segments, classes); got {found}")


def _binary(name: str, x: NDArray[np.generic]) -> Mask:
    ones = x == 1
    if not (ones | (x == 0)).all():
        raise LeapError(f"{name} holds a value that is neither 0 nor 1; decode probabilities first")
    return ones

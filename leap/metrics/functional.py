"""The ten scores of audio-visual video parsing, and the measures beside them.

Labels and predictions are (N, T, C): videos, segments, classes, zeros and ones, as NumPy arrays or
tensors of any numeric type. The scores are those of the LLP benchmark (Tian, Li and Xu, ECCV 2020).

Both levels are F = 2·TP / (predicted + true). At event level this holds because no two events of one
sequence can have IoU >= 0.5 with the same event of the other: they would have to fill it without a
gap, and would then be one event. So TP counts pairs, whichever side they are counted from.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leap.errors import LeapError

Labels: TypeAlias = "NDArray[np.generic] | Tensor"
Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Counted: TypeAlias = NDArray[np.unsignedinteger]

LEVELS = ("seg", "evt")
STREAMS = ("a", "v", "av", "event")
PER_VIDEO = tuple(f"{level}_{stream}" for level in LEVELS for stream in STREAMS)
SCORES = tuple(f"{level}_{stream}" for level in LEVELS for stream in ("a", "v", "av", "type", "event"))


class Counts(NamedTuple):
    """True positives, and predicted plus true positives, (N, C)."""

    hits: Counted
    total: Counted


def parsing_scores(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, float]:
    """Score a set of videos: segment and event level of audio, visual, AV, Type@AV and Event@AV.

    Args:
        pred_audio: predicted audio events, (N, T, C).
        pred_visual: predicted visual events, (N, T, C).
        true_audio: true audio events, (N, T, C).
        true_visual: true visual events, (N, T, C).

    Returns:
        The ten ``SCORES``, × 100, each the mean over videos.

    Raises:
        LeapError: if the shapes differ, a value is neither 0 nor 1, or there is no video.
    """
    scores = per_video_scores(pred_audio, pred_visual, true_audio, true_visual)
    if not len(scores["seg_a"]):
        raise LeapError("no videos to score; give at least one")
    return with_type_means({name: 100 * float(values.mean()) for name, values in scores.items()})


def per_video_scores(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, Floats]:
    """Score each video: the eight ``PER_VIDEO`` scores, (N,), in 0…1.

    A video's score is the mean of F over the classes that are predicted or true in it, 1 if there is
    none. Arguments and errors are those of ``parsing_scores``.
    """
    counts = _stream_counts(pred_audio, pred_visual, true_audio, true_visual)
    return {name: _video_f(values) for name, values in counts.items()}


def per_class_scores(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, Floats]:
    """Score each class: the eight ``PER_VIDEO`` scores pooled over videos, (C,), in 0…1.

    A class's score is F = 2·TP / (predicted + true) over all videos together, NaN where it is neither
    predicted nor true. Their mean is not the benchmark's score, which averages over classes within each
    video. Arguments and errors are those of ``parsing_scores``.
    """
    counts = _stream_counts(pred_audio, pred_visual, true_audio, true_visual)
    return {name: _class_f(values) for name, values in counts.items()}


def with_type_means(scores: Mapping[str, float]) -> dict[str, float]:
    """The ten scores, in their order, from the eight: Type@AV is the mean of audio, visual and AV."""
    means = {
        f"{level}_type": sum(scores[f"{level}_{stream}"] for stream in ("a", "v", "av")) / 3
        for level in LEVELS
    }
    every = {**scores, **means}
    return {name: every[name] for name in SCORES}


def overlapping_videos(true_audio: Labels, true_visual: Labels) -> Mask:
    """Whether two or more classes occur at once within a modality, in some segment of the video, (N,)."""
    streams = _segments_first(true_audio=true_audio, true_visual=true_visual)
    return np.logical_or.reduce([(np.count_nonzero(x, axis=2) >= 2).any(axis=0) for x in streams])


def precision_recall(pred: Labels, true: Labels) -> dict[str, float]:
    """Micro precision, recall and F of one modality, × 100, over all videos, segments and classes.

    Args:
        pred: predicted events, (N, T, C).
        true: true events, (N, T, C).

    Returns:
        ``precision``, ``recall`` and ``f``; 0 where nothing is there to divide by, as in scikit-learn.

    Raises:
        LeapError: if the shapes differ or a value is neither 0 nor 1.
    """
    said, held = _segments_first(pred=pred, true=true)
    hits, predicted, positive = (int(np.count_nonzero(x)) for x in (said & held, said, held))
    return {
        "precision": _percent(hits, predicted),
        "recall": _percent(hits, positive),
        "f": _percent(2 * hits, predicted + positive),
    }


def average_precision(
    probabilities: Labels, true: Labels, average: Literal["micro", "macro"] = "micro"
) -> float:
    """Average precision of segment probabilities, × 100; it needs no threshold.

    Args:
        probabilities: segment probabilities of one modality, (N, T, C), or any scores in their order.
        true: true events, (N, T, C).
        average: ``"micro"`` pools the classes, ``"macro"`` takes the mean over the classes that occur.

    Returns:
        The average precision; 0 if no event is true.

    Raises:
        LeapError: if the shapes differ, a label is neither 0 nor 1, or a probability is not a number.
    """
    from sklearn.metrics import average_precision_score  # a second to import, and seldom needed

    scores, labels = _array(probabilities), _array(true)
    _check_shapes(probabilities=scores, true=labels)
    if not np.isfinite(scores).all():
        raise LeapError("probabilities hold a value that is not finite; check the model's output")
    positive = _binary("true", labels).reshape(-1, labels.shape[2])  # (N·T, C)
    present = positive.any(axis=0)  # (C,)
    if not present.any():
        return 0.0
    if average == "macro":
        positive, scores = positive[:, present], scores[..., present]
    return 100 * float(average_precision_score(positive, scores.reshape(positive.shape), average=average))


def _stream_counts(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, Counts]:
    """Counts behind the eight ``PER_VIDEO`` scores."""
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
    """Events, and the pairs of them with IoU >= 0.5, of boolean (T, ...) sequences.

    A maximal run of ``pred & true`` is the intersection of exactly one predicted and one true event,
    so each pair is judged once, at the run's first segment. IoU >= 0.5 there is
    3 · intersection >= predicted length + true length, in integers.
    """
    both = pred & true
    shared = _run_lengths(both[::-1])[::-1]  # at a run's first segment, all of its length
    matched = 3 * shared >= _event_lengths(pred) + _event_lengths(true)
    return Counts(_count(_starts(both) & matched), _count(_starts(pred)) + _count(_starts(true)))


def _event_lengths(x: Mask) -> Counted:
    """Length of the event that each segment belongs to, (T, ...); 0 outside events."""
    return _run_lengths(x) + _run_lengths(x[::-1])[::-1] - x


def _run_lengths(x: Mask) -> Counted:
    """Length of the run of ones that ends at each segment, (T, ...); 0 at a zero."""
    length = x.astype(_counter(len(x)))
    for before, now in pairwise(length):
        now *= before + 1
    return length


def _starts(x: Mask) -> Mask:
    """Where an event begins, (T, ...)."""
    starts = x.copy()
    starts[1:] &= ~x[:-1]
    return starts


def _count(x: Mask) -> Counted:
    """Number of ones over segments, (T, ...) → (...)."""
    return np.add.reduce(x, axis=0, dtype=_counter(len(x)))


def _counter(segments: int) -> np.dtype[np.unsignedinteger]:
    """The smallest integers that hold 4T, the largest number met here; for short videos they are fast."""
    return np.min_scalar_type(4 * segments)


def _video_f(counts: Counts) -> Floats:
    """F of each video, (N,): mean over the classes that occur, 1 where none does."""
    f = np.divide(2 * counts.hits, np.maximum(counts.total, 1), dtype=np.float64)  # (N, C)
    classes = np.count_nonzero(counts.total, axis=1)  # (N,)
    return np.where(classes == 0, 1.0, f.sum(axis=1) / np.maximum(classes, 1))


def _class_f(counts: Counts) -> Floats:
    """F of each class over all videos, (C,); NaN where a class does not occur."""
    hits, total = (x.sum(axis=0, dtype=np.int64) for x in counts)
    return np.divide(2 * hits, total, out=np.full(len(total), np.nan), where=total > 0)


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _segments_first(**labels: Labels) -> list[Mask]:
    """Check labels of one shape and return them as boolean (T, N, C)."""
    arrays = {name: _array(values) for name, values in labels.items()}
    _check_shapes(**arrays)
    return [np.ascontiguousarray(_binary(name, x).swapaxes(0, 1)) for name, x in arrays.items()]


def _array(values: Labels) -> NDArray[np.generic]:
    if not isinstance(values, Tensor):
        return np.asarray(values)
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

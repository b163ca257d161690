"""From the scores of tags to the scores of event classes in every second, and the settings of both steps."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from leap.features.tagger_features import PATCHES
from leap.features.taggers.classes import EventClass
from leap.io.strict_json import parse_json

Array = NDArray[np.float32]


class Decoding(NamedTuple):
    """How scores of one modality become events.

    Attributes:
        threshold: smallest score of an event.
        smoothing: key of `SMOOTHINGS`.
        margin: patches of sound before and after those of a second that count, too; 0 for pictures.
    """

    threshold: float
    smoothing: str
    margin: int


@cache
def chosen_decoding(modality: str) -> Decoding:
    """The tagger's settings, from ``thresholds.json``; `leap.experiments.tagger_thresholds` chooses them.

    Args:
        modality: ``"audio"`` or ``"visual"``.
    """
    text = (files("leap.features.taggers") / "thresholds.json").read_text(encoding="utf-8")
    return Decoding(**parse_json(text)[modality])


def tag_scores(network: Any, embeddings: Array) -> Array:
    """Probabilities of a tagger's own classes, (rows, width) → (rows, tags)."""
    with torch.inference_mode():
        return network.scores(torch.from_numpy(embeddings)).numpy()


def class_scores(modality: str, tags: Array, classes: Sequence[EventClass]) -> Array:
    """Scores of event classes in patches or frames, (rows, tags) → (rows, C); zero for a class without tags.

    Args:
        modality: ``"audio"``, whose tags do not exclude each other, or ``"visual"``, whose tags do.
        tags: scores of AudioSet's classes, (rows, 521), or of ImageNet's, (rows, 1000).
        classes: the C event classes.
    """
    if modality == "audio":
        return _combined(tags, [one.heard for one in classes], np.max)
    return _combined(tags, [one.seen for one in classes], np.sum)


def event_scores(
    modality: str, tags: Array, classes: Sequence[EventClass], smoothing: str, margin: int
) -> Array:
    """Scores of event classes in every second; zero for a class without tags in the modality.

    Args:
        modality: ``"audio"`` or ``"visual"``.
        tags: scores of AudioSet's classes in four patches per second, (4·T, 521), or of ImageNet's in one
            frame per second, (T, 1000).
        classes: the C event classes.
        smoothing: key of `SMOOTHINGS`.
        margin: see `Decoding`.

    Returns:
        (T, C).
    """
    return second_scores(modality, class_scores(modality, tags, classes), smoothing, margin)


def second_scores(modality: str, scores: Array, smoothing: str, margin: int) -> Array:
    """As `event_scores`, of what `class_scores` returns."""
    return SMOOTHINGS[smoothing](best_of_seconds(scores, margin) if modality == "audio" else scores)


def best_of_seconds(scores: Array, margin: int) -> Array:
    """Largest scores of the patches of every second and of ``margin`` on both sides, (4·T, C) → (T, C)."""
    padded = np.pad(scores, ((margin, margin), (0, 0)))
    return sliding_window_view(padded, PATCHES + 2 * margin, 0)[::PATCHES].max(axis=2)


def average(scores: Array, weights: tuple[float, float, float]) -> Array:
    """Average scores over neighbouring seconds, (T, C); the first and the last have one neighbour.

    Args:
        scores: scores of the seconds.
        weights: weights of the second before, of the second itself and of the second after.
    """
    total, weight = (
        sliding_window_view(np.pad(values, ((1, 1), (0, 0))), 3, 0) @ np.array(weights)
        for values in (scores, np.ones((len(scores), 1)))
    )
    return (total / weight).astype(np.float32)


def median(scores: Array) -> Array:
    """Median of every second and its two neighbours, (T, C); the first and the last keep their score."""
    padded = np.pad(scores, ((1, 1), (0, 0)), "edge")
    return np.median([padded[:-2], scores, padded[2:]], axis=0).astype(np.float32)


SMOOTHINGS: dict[str, Callable[[Array], Array]] = {
    "none": partial(average, weights=(0, 1, 0)),
    "1-2-1": partial(average, weights=(1, 2, 1)),
    "1-1-1": partial(average, weights=(1, 1, 1)),
    "median of 3": median,
}
"""Smoothings of the scores of seconds, (T, C) → (T, C), from which the study of thresholds chooses."""


def _combined(tags: Array, groups: Sequence[Sequence[int]], combine: Callable[..., Array]) -> Array:
    """Scores of groups of tags, (rows, C); zero for an empty group."""
    return np.stack([combine(tags[:, list(group)], axis=1, initial=0.0) for group in groups], axis=1).astype(
        np.float32
    )

"""Trivial baselines on LLP: scores of predictions made from labels, without the videos.

Most of them use true labels of the predicted videos, which a parser does not have; `LABELS_USED` lists these
labels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import Annotations, expand_to_segments
from leap.metrics import parsing_scores

Labels = NDArray[np.uint8]

LABELS_USED = {
    "nothing": "no label",
    "weak label in every second": "the true event set",
    "weak label where its class usually is": "the true event set",
    "truth of the other modality": "dense labels",
    "truth of both modalities united": "dense labels",
    "truth with 2 % of seconds wrong": "dense labels",
    "truth with 5 % of seconds wrong": "dense labels",
    "truth with 10 % of seconds wrong": "dense labels",
    "truth with 20 % of seconds wrong": "dense labels",
}
"""Name of the baseline → labels of the predicted videos that it uses."""

WRONG = {f"truth with {rate} % of seconds wrong": rate / 100 for rate in (2, 5, 10, 20)}
DRAWS = 5
THRESHOLDS = np.arange(0.05, 1, 0.05)


class Predictions(NamedTuple):
    """Predicted audio and visual events, each (N, T, C), zeros and ones."""

    audio: Labels
    visual: Labels


def score_trivial_baselines(val: Annotations, test: Annotations) -> dict[str, dict[str, float]]:
    """Score every baseline of `LABELS_USED` on test.

    Args:
        val: annotations of val, to which baselines with parameters are fitted.
        test: annotations of test, to predict and to score against.

    Returns:
        Name of the baseline → the ten scores × 100, for random baselines the means over `DRAWS` draws.
    """
    return {name: _score(name, val, test) for name in LABELS_USED}


def weak_label_everywhere(truth: Annotations) -> Predictions:
    """Predict every class of the weak label in every segment of both modalities."""
    expanded = expand_to_segments(truth.weak)
    return Predictions(expanded, expanded)


def weak_label_at_usual_times(val: Annotations, test: Annotations) -> Predictions:
    """Predict the classes of the weak label in the segments in which they are frequent on val.

    A class is predicted in a segment if it occurs there in at least a given fraction of the val videos that
    carry it. The fraction is chosen per modality, by the modality's segment-level score on val.
    """
    predictions = []
    for modality, score in (("audio", "seg_a"), ("visual", "seg_v")):
        fractions = _fractions(val.weak, getattr(val, modality))  # (T, C)
        reached = []
        for threshold in THRESHOLDS:
            guess = _within(val.weak, fractions >= threshold)
            reached.append(parsing_scores(guess, guess, val.audio, val.visual)[score])
        predictions.append(_within(test.weak, fractions >= THRESHOLDS[int(np.argmax(reached))]))
    return Predictions(*predictions)


def flip_segments(truth: Annotations, rate: float, rng: np.random.Generator) -> Predictions:
    """Predict the truth, with each (segment, class) of the weak label flipped with probability ``rate``."""
    possible = weak_label_everywhere(truth).audio
    return Predictions(
        *(true ^ (possible & (rng.random(true.shape) < rate)) for true in (truth.audio, truth.visual))
    )


def _score(name: str, val: Annotations, test: Annotations) -> dict[str, float]:
    draws = [parsing_scores(*drawn, test.audio, test.visual) for drawn in _predictions(name, val, test)]
    return {key: float(np.mean([draw[key] for draw in draws])) for key in draws[0]}


def _predictions(name: str, val: Annotations, test: Annotations) -> list[Predictions]:
    if name in WRONG:
        return [flip_segments(test, WRONG[name], np.random.default_rng(seed)) for seed in range(DRAWS)]
    union = test.audio | test.visual
    return [
        {
            "nothing": lambda: Predictions(union * 0, union * 0),
            "weak label in every second": lambda: weak_label_everywhere(test),
            "weak label where its class usually is": lambda: weak_label_at_usual_times(val, test),
            "truth of the other modality": lambda: Predictions(test.visual, test.audio),
            "truth of both modalities united": lambda: Predictions(union, union),
        }[name]()
    ]


def _fractions(weak: Labels, dense: Labels) -> NDArray[np.float64]:
    return dense.sum(0) / np.maximum(weak.sum(0), 1)  # (T, C)


def _within(weak: Labels, chosen: NDArray[np.bool_]) -> Labels:
    return weak[:, None] & chosen.astype(np.uint8)  # (N, T, C)

"""What labels alone can reach on LLP: predictions made without a look at any video.

Most of them read true labels of the videos they predict, which a parser does not have: see `LABELS_USED`.
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
"""What each floor or ceiling reads of the videos it predicts."""

WRONG = {f"truth with {rate} % of seconds wrong": rate / 100 for rate in (2, 5, 10, 20)}
DRAWS = 5
THRESHOLDS = np.arange(0.05, 1, 0.05)


class Predictions(NamedTuple):
    """Predicted audio and visual events, each (N, T, C)."""

    audio: Labels
    visual: Labels


def score_trivial_baselines(val: Annotations, test: Annotations) -> dict[str, dict[str, float]]:
    """The ten scores on test of every entry of `LABELS_USED`; random ones are means over five draws.

    Args:
        val: for what is fitted.
        test: to be scored on.
    """
    return {name: _score(name, val, test) for name in LABELS_USED}


def weak_label_everywhere(truth: Annotations) -> Predictions:
    """The weak label in every segment of both modalities."""
    cube = expand_to_segments(truth.weak)
    return Predictions(cube, cube)


def weak_label_at_usual_times(val: Annotations, test: Annotations) -> Predictions:
    """Classes of the weak label, in those segments in which val has them often enough.

    The share is of the val videos with the class in their weak label. What is often enough is chosen for each
    modality by its own segment-level score on val.
    """
    cubes = []
    for modality, score in (("audio", "seg_a"), ("visual", "seg_v")):
        shares = _shares(val.weak, getattr(val, modality))  # (T, C)
        reached = []
        for threshold in THRESHOLDS:
            cube = _where(val.weak, shares >= threshold)
            reached.append(parsing_scores(cube, cube, val.audio, val.visual)[score])
        cubes.append(_where(test.weak, shares >= THRESHOLDS[int(np.argmax(reached))]))
    return Predictions(*cubes)


def flip_segments(truth: Annotations, rate: float, rng: np.random.Generator) -> Predictions:
    """The truth with a share of the seconds of the weak label's classes the other way round."""
    possible = weak_label_everywhere(truth).audio
    return Predictions(
        *(cube ^ (possible & (rng.random(cube.shape) < rate)) for cube in (truth.audio, truth.visual))
    )


def _score(name: str, val: Annotations, test: Annotations) -> dict[str, float]:
    draws = [parsing_scores(*cubes, test.audio, test.visual) for cubes in _predictions(name, val, test)]
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


def _shares(weak: Labels, dense: Labels) -> NDArray[np.float64]:
    return dense.sum(0) / np.maximum(weak.sum(0), 1)  # (T, C)


def _where(weak: Labels, often: NDArray[np.bool_]) -> Labels:
    return weak[:, None] & often.astype(np.uint8)  # (N, T, C)

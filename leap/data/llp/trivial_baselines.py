"""What labels alone can reach on LLP: predictions made without a look at any video.

Most of them read true labels of the videos they predict, which a parser does not have; `READS` says which.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import Annotations, paint
from leap.metrics import parsing_scores

Labels = NDArray[np.uint8]

READS = {
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


class Cubes(NamedTuple):
    """Predicted audio and visual events, each (N, T, C)."""

    audio: Labels
    visual: Labels


def score_floors(val: Annotations, test: Annotations) -> dict[str, dict[str, float]]:
    """The ten scores on test of every entry of `READS`; random ones are means over five draws.

    Args:
        val: for what is fitted.
        test: to be scored on.
    """
    return {name: _score(name, val, test) for name in READS}


def painted(truth: Annotations) -> Cubes:
    """The weak label in every segment of both modalities."""
    cube = paint(truth.weak)
    return Cubes(cube, cube)


def usual_places(val: Annotations, test: Annotations) -> Cubes:
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
    return Cubes(*cubes)


def wrong_seconds(truth: Annotations, rate: float, rng: np.random.Generator) -> Cubes:
    """The truth with a share of the seconds of the weak label's classes the other way round."""
    possible = painted(truth).audio
    return Cubes(
        *(cube ^ (possible & (rng.random(cube.shape) < rate)) for cube in (truth.audio, truth.visual))
    )


def _score(name: str, val: Annotations, test: Annotations) -> dict[str, float]:
    draws = [parsing_scores(*cubes, test.audio, test.visual) for cubes in _predictions(name, val, test)]
    return {key: float(np.mean([draw[key] for draw in draws])) for key in draws[0]}


def _predictions(name: str, val: Annotations, test: Annotations) -> list[Cubes]:
    if name in WRONG:
        return [wrong_seconds(test, WRONG[name], np.random.default_rng(seed)) for seed in range(DRAWS)]
    union = test.audio | test.visual
    return [
        {
            "nothing": lambda: Cubes(union * 0, union * 0),
            "weak label in every second": lambda: painted(test),
            "weak label where its class usually is": lambda: usual_places(val, test),
            "truth of the other modality": lambda: Cubes(test.visual, test.audio),
            "truth of both modalities united": lambda: Cubes(union, union),
        }[name]()
    ]


def _shares(weak: Labels, dense: Labels) -> NDArray[np.float64]:
    return dense.sum(0) / np.maximum(weak.sum(0), 1)  # (T, C)


def _where(weak: Labels, often: NDArray[np.bool_]) -> Labels:
    return weak[:, None] & often.astype(np.uint8)  # (N, T, C)

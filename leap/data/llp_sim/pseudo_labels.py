"""Simulated pseudo-labels with the error rates published for VALOR's pseudo-labels on LLP's test split."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import runs_of
from leap.metrics.arrays import MODALITIES

Labels = NDArray[np.uint8]
DIFFICULTY_SEED = 1908
"""Seed of the difficulties of the classes."""

CLASS_SPREAD = 0.7
"""Standard deviation over classes of the log-odds of an error; assumed, because it is not published."""

SHORTER = 0.35
"""Increase of the log-odds of a miss when an event is half as long; assumed."""


@dataclass(frozen=True)
class Errors:
    """Errors in one modality, for a class of average difficulty.

    Attributes:
        modality: ``"audio"`` or ``"visual"``.
        miss: log-odds that an event of one segment is missed entirely.
        false_alarm: log-odds that a class of the weak label is marked in a modality in which it never occurs.
        overrun: probability of each further segment by which a marked event is extended, at either end.
    """

    modality: str
    miss: float
    false_alarm: float
    overrun: float


AUDIO = Errors("audio", -1.89, 2.89, 0.66)
VISUAL = Errors("visual", -0.09, -0.11, 0.96)
"""Fitted errors: applied to LLP's dense test labels, they give the scores published for VALOR's labels."""


def simulate_pseudo_labels(true: Labels, weak: Labels, errors: Errors, rng: np.random.Generator) -> Labels:
    """Simulate pseudo-labels with misses and false alarms that depend on class and duration.

    Like VALOR's pseudo-labels, they stay within the weak label.

    Args:
        true: dense labels of one modality, (N, T, C).
        weak: weak labels, (N, C).
        errors: error rates.
        rng: random generator of the errors; the difficulties of the classes do not depend on it.

    Returns:
        Pseudo-labels, (N, T, C), zeros and ones.
    """
    missed, false = _difficulties(errors.modality, true.shape[2])  # (C,) each
    pseudo = np.zeros_like(true)
    for video, label in np.argwhere(weak):
        for _, start, end in runs_of(true[video, :, label, None]):
            if rng.random() >= _probability(errors.miss + missed[label] - SHORTER * np.log2(end - start)):
                before, after = rng.geometric(1 - errors.overrun, size=2) - 1
                pseudo[video, max(start - before, 0) : end + after, label] = 1
        if not true[video, :, label].any() and rng.random() < _probability(errors.false_alarm + false[label]):
            pseudo[video, :, label] = 1
    return pseudo


@cache
def _difficulties(modality: str, n_classes: int) -> NDArray[np.float64]:
    """Log-odds of misses and of false alarms of each class relative to an average class, (2, C)."""
    rng = np.random.default_rng([DIFFICULTY_SEED, MODALITIES.index(modality)])
    return CLASS_SPREAD * rng.standard_normal((n_classes, 2)).T


def _probability(log_odds: float) -> float:
    return 1 / (1 + exp(-log_odds))

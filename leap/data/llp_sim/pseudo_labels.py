"""Pseudo labels with the errors that VALOR's were published to have on LLP test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8]
MODALITIES = ("audio", "visual")
WORLD_SEED = 1908
"""Of how hard each class is."""

CLASS_SPREAD = 0.7
"""Standard deviation over classes of the log odds of an error; how much classes differ is not published."""

SHORTER = 0.35
"""Log odds of a miss gained by halving the length of an event; an assumption, like the spread."""


@dataclass(frozen=True)
class Errors:
    """Errors in one modality, for a class of average difficulty.

    Attributes:
        modality: ``"audio"`` or ``"visual"``.
        miss: log odds that an event of one second is missed whole.
        false_alarm: log odds that a class of the weak label is marked in the modality where it never occurs.
        overrun: probability that a marked event goes on for a second more, at either end, again and again.
    """

    modality: str
    miss: float
    false_alarm: float
    overrun: float


AUDIO = Errors("audio", -1.89, 2.89, 0.66)
VISUAL = Errors("visual", -0.09, -0.11, 0.96)
"""Fitted so that, put on LLP's true test labels, they have the scores that VALOR's are published to have."""


def simulate_pseudo_labels(true: Labels, weak: Labels, errors: Errors, rng: np.random.Generator) -> Labels:
    """Pseudo labels (N, T, C) with misses and false alarms that depend on class and duration.

    As VALOR's, they stay within the weak label.

    Args:
        true: dense labels of one modality, (N, T, C).
        weak: event sets, (N, C).
        errors: how often what goes wrong.
        rng: of the errors. How hard each class is does not depend on it.
    """
    missed, false = _difficulties(errors.modality, true.shape[2])  # (C,) each
    pseudo = np.zeros_like(true)
    for video, label in np.argwhere(weak):
        for start, end in _runs(true[video, :, label]):
            if rng.random() >= _probability(errors.miss + missed[label] - SHORTER * np.log2(end - start)):
                before, after = rng.geometric(1 - errors.overrun, size=2) - 1
                pseudo[video, max(start - before, 0) : end + after, label] = 1
        if not true[video, :, label].any() and rng.random() < _probability(errors.false_alarm + false[label]):
            pseudo[video, :, label] = 1
    return pseudo


@cache
def _difficulties(modality: str, n_classes: int) -> NDArray[np.float64]:
    """Log odds of misses and of false alarms that a class has over the average one, (2, C)."""
    rng = np.random.default_rng([WORLD_SEED, MODALITIES.index(modality)])
    return CLASS_SPREAD * rng.standard_normal((n_classes, 2)).T


def _probability(log_odds: float) -> float:
    return 1 / (1 + exp(-log_odds))


def _runs(active: Labels) -> NDArray[np.intp]:
    """Starts and exclusive ends of the runs of ones in (T,), (runs, 2)."""
    change = np.diff(np.pad(active.astype(np.int8), 1))
    return np.stack([np.flatnonzero(change == 1), np.flatnonzero(change == -1)], axis=1)

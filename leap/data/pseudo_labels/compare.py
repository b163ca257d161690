"""Compare pseudo-labels with dense labels."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class PrecisionRecall(NamedTuple):
    """Micro precision, recall and F-score of labels, in 0…1."""

    precision: float
    recall: float
    f: float


class AbsentPairs(NamedTuple):
    """(Video, class) pairs of the weak label that never occur in a modality.

    Attributes:
        pairs: their number.
        called: fraction of them that the pseudo-labels mark in at least one segment; NaN if there are none.
    """

    pairs: int
    called: float


def precision_recall(pseudo: Tensor, true: Tensor) -> PrecisionRecall:
    """Compare pseudo-labels with dense labels, pooled over all entries (micro average).

    Args:
        pseudo: pseudo-labels, zeros and ones of any shape.
        true: dense labels of the same shape, or their probabilities: counts are then expected counts.

    Returns:
        Precision, recall and F-score; each is 1 where its denominator is zero.
    """
    hits = float((pseudo * true).sum(dtype=torch.float64))
    marked, present = (float(labels.sum(dtype=torch.float64)) for labels in (pseudo, true))
    return PrecisionRecall(_share(hits, marked), _share(hits, present), _share(2 * hits, marked + present))


def called_though_absent(pseudo: Tensor, true: Tensor, weak: Tensor) -> AbsentPairs:
    """Count the (video, class) pairs of the weak label that never occur in a modality.

    Args:
        pseudo: pseudo-labels of the modality, (N, T, C), zeros and ones.
        true: dense labels of the modality, likewise.
        weak: weak labels, (N, C).
    """
    never = (weak > 0) & (true.amax(1) == 0)  # (N, C)
    called = pseudo.amax(1)[never]
    return AbsentPairs(len(called), float(called.double().mean()))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0

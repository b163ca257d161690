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


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0

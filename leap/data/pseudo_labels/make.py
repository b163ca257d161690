"""Make pseudo-labels from a teacher's scores."""

from __future__ import annotations

import torch
from torch import Tensor

from leap.data.pseudo_labels.compare import precision_recall

LOGIT_GRID = torch.arange(-8, 4.01, 0.25)
"""Candidate thresholds of a teacher's logits."""


def threshold_scores(scores: Tensor, thresholds: Tensor | float, weak: Tensor) -> Tensor:
    """Make segment-level pseudo-labels of one modality, as VALOR (arXiv 2305.17343) does from CLIP and CLAP.

    A class is marked where its score exceeds its threshold and the weak label of the video contains it.

    Args:
        scores: scores of the teacher, (N, T, C).
        thresholds: one threshold for all classes, or one per class, (C,).
        weak: weak labels, (N, C), zeros and ones.

    Returns:
        Pseudo-labels, (N, T, C), zeros and ones of the type of ``weak``.

    Example:
        >>> import torch
        >>> threshold_scores(torch.tensor([[[0.9, 0.8], [0.2, 0.7]]]), 0.5, torch.tensor([[1, 0]]))
        tensor([[[1, 0],
                 [0, 0]]])
    """
    return (scores > thresholds).to(weak.dtype) * weak[:, None]


def choose_threshold(logits: Tensor, weak: Tensor, true: Tensor) -> float:
    """Choose the threshold of `LOGIT_GRID` whose pseudo-labels have the best micro F-score.

    Args:
        logits: logits of the teacher on val, (N, T, C).
        weak: weak labels, (N, C); ones for labels that nothing masks.
        true: dense labels, (N, T, C).
    """
    candidates = LOGIT_GRID.tolist()
    scores = [precision_recall(threshold_scores(logits, value, weak), true).f for value in candidates]
    return candidates[scores.index(max(scores))]

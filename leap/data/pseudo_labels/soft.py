"""Soft labels: the confidence of the teacher that makes the pseudo-labels (UWAV, arXiv 2505.09615)."""

from __future__ import annotations

import torch
from torch import Tensor

TEMPERATURE = 2.0
"""Divisor of the logits: larger values bring the labels closer to 1/2."""


def soft_labels(logits: Tensor, thresholds: Tensor | float, weak: Tensor) -> Tensor:
    """Soft labels of one modality: ``sigmoid((logit − threshold) / 2)``, 0 outside of the weak label.

    A label exceeds 1/2 where the pseudo-label is 1 (`leap.data.pseudo_labels.threshold_scores`). A threshold
    of −∞, which marks the class everywhere, is replaced by the class's smallest logit minus 1. The release
    takes the smallest logit of a batch; here it is that of all videos given.

    Args:
        logits: the teacher's logits, (N, T, C).
        thresholds: one threshold for all classes, or one per class, (C,).
        weak: weak labels, (N, C), zeros and ones.

    Returns:
        Soft labels, (N, T, C), in [0, 1).

    Example:
        >>> soft_labels(torch.tensor([[[2.0, 4.0]]]), 2.0, torch.tensor([[1.0, 0.0]]))
        tensor([[[0.5000, 0.0000]]])
    """
    given = torch.as_tensor(thresholds).expand(logits.shape[-1])  # (C,)
    finite = torch.where(given.isneginf(), logits.amin(dim=(0, 1)) - 1, given)
    return torch.sigmoid((logits - finite) / TEMPERATURE) * weak[:, None]

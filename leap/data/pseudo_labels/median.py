"""Median filter over time, the simplest way to remove isolated errors from pseudo-labels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

WIDTH = 5
"""Segments in a window; runs and gaps shorter than half of it vanish."""


def median_filter(pseudo: Tensor) -> Tensor:
    """Replace each label by the majority of the `WIDTH` segments around it.

    At the ends the window is truncated, and a tie leaves the label as it is. From four segments on, the
    result equals that of reflection at the first and last segments.

    Args:
        pseudo: pseudo-labels, (N, T, C), zeros and ones.

    Returns:
        Filtered labels, (N, T, C), zeros and ones of the type of ``pseudo``.
    """
    half = WIDTH // 2
    votes = pad(2 * pseudo - 1, (0, 0, half, half)).unfold(1, WIDTH, 1).sum(-1)  # (N, T, C)
    return torch.where(votes == 0, pseudo, (votes > 0).to(pseudo.dtype))

"""Cross-entropies of video and segment probabilities, and label smoothing."""

from typing import Literal

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from leap.models.output import CLAMP


def video_bce(probability: Tensor, target: Tensor, reduction: Literal["mean", "none"] = "mean") -> Tensor:
    """Binary cross-entropy of video probabilities (B, C), clamped to [1e-7, 1 − 1e-7].

    Args:
        probability: video probabilities, (B, C).
        target: labels, (B, C).
        reduction: ``"mean"`` over videos and classes, or ``"none"`` for (B, C).
    """
    return F.binary_cross_entropy(probability.clamp(CLAMP, 1 - CLAMP), target, reduction=reduction)


def segment_bce(logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean binary cross-entropy of segment logits against labels of the same shape, such as (B, T, C).

    Args:
        logits: segment logits.
        target: labels in [0, 1].
        weight: factors of the cross-entropies before their mean, or None for 1; broadcast to the logits.
    """
    return F.binary_cross_entropy_with_logits(logits, target, weight)


def smooth_labels(labels: Tensor, keep: float = 0.9) -> Tensor:
    """Label smoothing of HAN's visual stream (arXiv 2007.10558): ``keep · y + (1 − keep) / 2``.

    >>> smooth_labels(Tensor([0.0, 1.0]))
    tensor([0.0500, 0.9500])
    """
    return keep * labels + (1 - keep) * 0.5

"""The losses of UWAV (Lai et al., CVPR 2025, arXiv 2505.09615).

Release: ysiqi0785-ops/UWAV, model/HAN.py.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.distributions import Beta

from leap.config import LOSSES, RunConfig, UwavLossConfig
from leap.data.videos import Videos
from leap.metrics.arrays import MODALITIES
from leap.models.output import Parsing
from leap.training.cross_entropy import segment_bce, video_bce
from leap.training.losses.base import BasicLoss, Losses


@LOSSES.register(UwavLossConfig)
class UwavLoss(BasicLoss):
    """Video cross-entropy against weak labels, and two segment cross-entropies against soft labels.

    One of the two weights the classes (`class_weights`), the other mixes segments (`mixup`).

    Attributes:
        frequency: modality → expected number of classes that a segment is pseudo-labeled with; 1 until
            `prepare` counts them.
    """

    config: UwavLossConfig

    def __init__(self, config: UwavLossConfig) -> None:
        super().__init__(config)
        self.frequency = dict.fromkeys(MODALITIES, 1.0)

    def prepare(self, config: RunConfig, videos: Videos, train: Callable[[RunConfig], nn.Module]) -> None:
        """Count the pseudo-labels of the training videos; arguments as in `BasicLoss.prepare`."""
        for modality in MODALITIES:
            pseudo: Tensor = getattr(videos, f"pseudo_{modality}")  # (N, T, C)
            self.frequency[modality] = pseudo.mean(dim=(0, 1)).sum().item()

    def __call__(self, parsing: Parsing, videos: Videos, step: int = 0) -> Losses:
        """The losses ``video``, ``segment_audio``, ``segment_visual``, ``mixup_audio``, ``mixup_visual``."""
        losses = {"video": video_bce(parsing.video, videos.weak)}
        for modality in MODALITIES:
            logits, soft = getattr(parsing, f"segment_{modality}"), getattr(videos, f"soft_{modality}")
            weights = class_weights(videos.weak, self.frequency[modality], self.config.present_weight)
            losses[f"segment_{modality}"] = segment_bce(logits, soft, weights[:, None])
            losses[f"mixup_{modality}"] = mixup(logits.flatten(0, 1), soft.flatten(0, 1), self.config.mixup)
        return losses


def class_weights(weak: Tensor, frequency: float, present_weight: float) -> Tensor:
    """Weights of the classes of each video, (B, C), by which rare events count more.

    A class of the video's weak label has the weight ``present_weight · (C − frequency)``, another class the
    weight ``frequency``.

    >>> class_weights(torch.tensor([[1.0, 0.0]]), frequency=0.5, present_weight=0.5)
    tensor([[0.7500, 0.5000]])

    Args:
        weak: weak labels, (B, C), zeros and ones.
        frequency: expected number of classes that a segment is pseudo-labeled with.
        present_weight: factor of the weight of present classes.
    """
    absent = weak.shape[-1] - frequency
    return torch.where(weak == 1, present_weight * absent, frequency)


def mixup(logits: Tensor, soft: Tensor, concentration: float) -> Tensor:
    """Cross-entropy of mixtures of two segments each, against the soft labels of both.

    The weight λ ~ Beta(concentration, concentration) is drawn once, and so is the permutation that pairs the
    segments. The paper mixes encoded segments and classifies the mixtures. MMIL's classifier is linear, so
    the logits of a mixture are the mixture of the logits.

    Args:
        logits: segment logits of one modality, (B·T, C).
        soft: soft labels, (B·T, C).
        concentration: both parameters of the Beta distribution.
    """
    weight = Beta(concentration, concentration).sample()
    other = torch.randperm(len(logits), device=logits.device)
    mixed = weight * logits + (1 - weight) * logits[other]  # (B·T, C)
    return weight * segment_bce(mixed, soft) + (1 - weight) * segment_bce(mixed, soft[other])

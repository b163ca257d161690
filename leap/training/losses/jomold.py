"""The losses of JoMoLD's noise estimator (Cheng et al., ECCV 2022, arXiv 2204.11573).

Release: MCG-NJU/JoMoLD, main.py.
"""

import torch
from torch import Tensor

from leap.config import LOSSES, JomoldLossConfig
from leap.data.videos import Videos
from leap.models.output import Parsing
from leap.training.losses.base import Losses
from leap.training.losses.han import HanLoss
from leap.training.losses.similarity import cosine_similarity

TEMPERATURE, SMOOTHING = 0.2, 0.1


def nce(parsing: Parsing) -> Tensor:
    """Noise-contrastive estimation (Wu and Yang, CVPR 2021): match sound and image of the same segment.

    For audio segment i, p_j is the softmax over the T visual segments j of the cosine similarity divided by
    0.2. The loss is the mean of −log Σ_j y_j p_j, where y_i = 0.9 and the other y_j sum to 0.1.
    """
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual) / TEMPERATURE
    chosen = similarity.softmax(dim=-1)  # (B, T, T)
    segments = chosen.shape[-1]
    target = torch.full_like(chosen[0], SMOOTHING / max(1, segments - 1))  # (T, T)
    target.fill_diagonal_(1 - SMOOTHING)
    return -(target * chosen).sum(dim=-1).log().mean()


@LOSSES.register(JomoldLossConfig)
class JomoldLoss(HanLoss):
    """HAN's losses plus noise-contrastive estimation."""

    def __call__(self, parsing: Parsing, videos: Videos, step: int = 0) -> Losses:
        """The losses of `HanLoss` and ``nce``."""
        return super().__call__(parsing, videos, step) | {"nce": nce(parsing)}

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
    """Noise-contrastive estimation (Wu and Yang, CVPR 2021): match each segment's sound to its own image.

    Among the images of a video's T segments, that of the same second is to be identified from cosine
    similarities at temperature 0.2; targets are smoothed by 0.1.
    """
    similarity = cosine_similarity(parsing.encoded_audio, parsing.encoded_visual) / TEMPERATURE
    chosen = similarity.softmax(dim=-1)  # (B, T, T)
    segments = chosen.shape[-1]
    target = torch.full_like(chosen[0], SMOOTHING / max(1, segments - 1))  # (T, T)
    target.fill_diagonal_(1 - SMOOTHING)
    return -(target * chosen).sum(dim=-1).log().mean()


@LOSSES.register(JomoldLossConfig)
class JomoldLoss(HanLoss):
    """HAN's losses and noise-contrastive estimation."""

    def __call__(self, parsing: Parsing, videos: Videos, step: int = 0) -> Losses:
        """HAN's losses and ``nce``."""
        return super().__call__(parsing, videos, step) | {"nce": nce(parsing)}

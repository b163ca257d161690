"""The losses of CMPAE (Gao, Chen and Xu, CVPR 2023).

Release: MengyuanChen21/CVPR2023-CMPAE, main.py and mutual_loss.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import torch
from torch import Tensor, nn

from leap.config import LOSSES, CmpaeLossConfig, RunConfig
from leap.data.videos import Videos
from leap.errors import LeapError
from leap.inference.predict import parse_videos
from leap.models.cmpae import CmpaeParser
from leap.models.decoders.evidential import EvidentialParsing
from leap.models.output import CLAMP, Parsing
from leap.training.cross_entropy import smooth_labels, video_bce
from leap.training.denoising import (
    DenoisedVideos,
    NoiseRatios,
    denoise,
    estimate_noise_ratios,
    noise_estimator_config,
)
from leap.training.losses.base import BasicLoss, Losses
from leap.training.losses.jomold import nce

LEAST_UNCERTAINTY = 0.9
"""Lower bound of the global branch's uncertainty inside the mutual loss."""


@dataclass(frozen=True)
class _Opinion:
    """Joint prediction of the two modalities: probability and confidence (1 − uncertainty), each (B, C)."""

    probability: Tensor
    confidence: Tensor


def mutual(parsing: Parsing, weak: Tensor, step: int) -> Tensor:
    """Mutual learning between the global branch and the two modalities.

    The loss is the weighted squared difference between the probability of the global branch and that of the
    modalities: the larger one for present classes, the mean of both for absent classes. On odd steps only the
    global branch's probability has a gradient, on even steps only the modalities'. The weight is the
    confidence of the modalities times u on odd and 1 − u on even steps, where u is the uncertainty of the
    global branch. Weights carry gradients.

    Args:
        parsing: parsing of an evidential decoder with a global branch.
        weak: weak labels, (B, C).
        step: index of the step within the epoch, from 0.

    Raises:
        LeapError: the parsing lacks the uncertainties.
    """
    found = parsing.uncertainty if isinstance(parsing, EvidentialParsing) else None
    if found is None or found.video is None:
        raise LeapError('CMPAE\'s losses need the model "cmpae" with the decoder "evidential"')
    probability = torch.stack([parsing.video_audio, parsing.video_visual], dim=-1).clamp(CLAMP, 1 - CLAMP)
    uncertainty = torch.stack([found.video_audio, found.video_visual], dim=-1)  # (B, C, 2)
    largest, index = probability.max(dim=-1)  # (B, C)
    present = _Opinion(largest, 1 - uncertainty.gather(-1, index.unsqueeze(-1)).squeeze(-1))
    absent = _Opinion(probability.mean(dim=-1), 1 - uncertainty.mean(dim=-1))
    whole = parsing.video.clamp(CLAMP, 1 - CLAMP)  # (B, C)
    whole_uncertainty = found.video.clamp(min=LEAST_UNCERTAINTY)[:, None]  # (B, 1)

    def term(opinion: _Opinion) -> Tensor:
        """Weighted squared differences, with the gradient of this step, (B, C)."""
        if step % 2:
            return whole_uncertainty * opinion.confidence * (whole - opinion.probability.detach()) ** 2
        return (1 - whole_uncertainty) * opinion.confidence * (whole.detach() - opinion.probability) ** 2

    return (term(present) * weak + term(absent) * (1 - weak)).mean()


@LOSSES.register(CmpaeLossConfig)
class CmpaeLoss(BasicLoss):
    """Video cross-entropies against weak labels, noise-contrastive estimation and mutual learning.

    The weak labels of each modality are denoised if configured, and those of the visual stream are smoothed.
    The whole video learns the original weak label.

    Args:
        config: whether and how labels are denoised.

    Attributes:
        noise_ratios: noise ratios of the weak labels (`leap.training.denoising`); None without denoising.
    """

    weights: Mapping[str, float] = MappingProxyType({"video_audio": 2.0, "video_visual": 0.6, "video": 0.6})

    def __init__(self, config: CmpaeLossConfig) -> None:
        super().__init__(config)
        self.noise_ratios: NoiseRatios | None = None
        self.shardable = not config.denoise

    def prepare(self, config: RunConfig, videos: Videos, train: Callable[[RunConfig], nn.Module]) -> None:
        """If labels are denoised, train JoMoLD's noise estimator and estimate the noise ratios."""
        if self.config.denoise:
            estimator = train(noise_estimator_config(config))
            self.noise_ratios = estimate_noise_ratios(parse_videos(estimator, videos), videos.weak)

    def targets(self, parser: nn.Module, videos: Videos, progress: float) -> Videos:
        """The videos with denoised labels, or unchanged without denoising."""
        if self.noise_ratios is None:
            return videos
        ratios = self.noise_ratios.to(videos.device).after(progress, self.config.warmup)
        return denoise(cast(CmpaeParser, parser), videos, ratios)

    def __call__(self, parsing: Parsing, videos: Videos, step: int = 0) -> Losses:
        """The losses ``video_audio``, ``video_visual``, ``video``, ``nce`` and ``mutual``."""
        audio, visual = videos.weak, smooth_labels(videos.weak)
        if isinstance(videos, DenoisedVideos):
            audio, visual = videos.weak_audio, videos.weak_visual
        return {
            "video_audio": video_bce(parsing.video_audio, audio),
            "video_visual": video_bce(parsing.video_visual, visual),
            "video": video_bce(parsing.video, videos.weak),
            "nce": nce(parsing),
            "mutual": mutual(parsing, videos.weak, step),
        }

"""Weak labels that one modality does not bear out, found and removed (JoMoLD, ECCV 2022; CMPAE)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from leap.config import DenoisingWarmup
from leap.data.videos import Videos
from leap.models.output import CLAMP, Parsing
from leap.models.parser import Parser
from leap.training.losses import smooth

LEAST_AUDIO, LEAST_VISUAL = 0.6, 1.8 / 0.95
"""A label is noise where its probability, over the class's mean over all videos, is below."""

WARMUP = 0.9
"""Epochs over which CMPAE means the ratios to rise."""


@dataclass(frozen=True)
class NoiseRatios:
    """What share of the videos labelled with a class does not sound, or look, like it.

    Attributes:
        audio: (C,), in [0, 1].
        visual: (C,), likewise.
    """

    audio: Tensor
    visual: Tensor

    def to(self, device: torch.device | str) -> NoiseRatios:
        """The same on another device."""
        return NoiseRatios(self.audio.to(device), self.visual.to(device))

    def after(self, progress: float, warmup: DenoisingWarmup) -> NoiseRatios:
        """The ratios in force after so many epochs.

        CMPAE's code applies its warm-up factor again to what it has already scaled, so that the first epoch
        has no ratios and all others have them whole (``"step"``); meant is a linear rise (``"ramp"``).
        """
        factor = float(progress >= 1) if warmup == "step" else min(1.0, progress / WARMUP)
        return NoiseRatios(self.audio * factor, self.visual * factor)


def noise_ratios(parsings: Iterable[Parsing], weak: Tensor) -> NoiseRatios:
    """Estimate the ratios from an estimator's parsings of the training videos (JoMoLD).

    Args:
        parsings: in batches, N videos in all.
        weak: their weak labels, (N, C).
    """
    pairs = [(parsing.video_audio, parsing.video_visual) for parsing in parsings]
    audio, visual = (torch.cat(batches) for batches in zip(*pairs, strict=True))  # (N, C)
    videos = weak.sum(dim=0).clamp(min=1)  # (C,)
    noisy_audio = weak * (audio < LEAST_AUDIO * audio.mean(dim=0))
    noisy_visual = weak * (visual < LEAST_VISUAL * visual.mean(dim=0))
    return NoiseRatios(noisy_audio.sum(dim=0) / videos, noisy_visual.sum(dim=0) / videos)


def denoise(parser: Parser, videos: Videos, ratios: NoiseRatios) -> Videos:
    """Remove the labels of a batch that one modality fits worst and the other best.

    Of each class's n videos in the batch, ⌊r·n⌋ are suspected in a modality: a label is removed from it
    where the video is among the so many of largest loss there and of smallest loss in the other modality.
    Losses are those of a pass without cross-modal attention.

    Args:
        parser: one that can parse without cross-modal attention.
        videos: the batch.
        ratios: for the classes.

    Returns:
        The videos with ``weak_audio`` and, smoothed, ``weak_visual``.
    """
    with torch.no_grad():
        parsing = parser.unimodal(videos.audio, videos.visual_2d, videos.visual_3d)
    weak, visual = videos.weak, smooth(videos.weak)
    rank_audio = _rank(_losses(parsing.video_audio, weak), weak)  # (B, C)
    rank_visual = _rank(_losses(parsing.video_visual, visual), weak)
    count = weak.sum(dim=0)  # (C,)
    suspect_audio, suspect_visual = (ratios.audio * count).floor(), (ratios.visual * count).floor()
    noisy_audio = (rank_audio >= count - suspect_audio) & (rank_visual < suspect_audio) & (weak > 0)
    noisy_visual = (rank_visual >= count - suspect_visual) & (rank_audio < suspect_visual) & (weak > 0)
    return replace(
        videos,
        weak_audio=weak.masked_fill(noisy_audio, 0.0),
        weak_visual=visual.masked_fill(noisy_visual, 0.0),
    )


def _losses(probability: Tensor, target: Tensor) -> Tensor:
    return F.binary_cross_entropy(probability.clamp(CLAMP, 1 - CLAMP), target, reduction="none")


def _rank(losses: Tensor, weak: Tensor) -> Tensor:
    """Place of each loss among those of the class's videos, smallest first, (B, C); the others come last."""
    return losses.masked_fill(weak == 0, torch.inf).argsort(dim=0).argsort(dim=0)

"""Denoise weak labels: remove those that one modality does not support (JoMoLD, arXiv 2204.11573; CMPAE).

Releases: MCG-NJU/JoMoLD, main.py; MengyuanChen21/CVPR2023-CMPAE, main.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from leap.config import (
    DenoisingWarmup,
    HanConfig,
    JomoldConfig,
    JomoldLossConfig,
    LossConfig,
    MmilConfig,
    Protocol,
    RunConfig,
    StepSchedule,
    TrainConfig,
)
from leap.data.videos import Videos
from leap.models.cmpae import CmpaeParser
from leap.models.output import Parsing
from leap.training.cross_entropy import smooth_labels, video_bce

AUDIO_NOISE_THRESHOLD, VISUAL_NOISE_THRESHOLD = 0.6, 1.8 / 0.95
"""A weak label counts as noise if its video probability, divided by the class's mean, is below this value."""

WARMUP = 0.9
"""Epochs of the linear rise of the noise ratios that CMPAE's code intends."""

NOISE_ESTIMATOR = RunConfig(
    model=JomoldConfig(
        encoder=HanConfig(cross_weight=0.0), decoder=MmilConfig(), width=512, ffn=512, dropout=0.1
    ),
    loss=LossConfig(basic=JomoldLossConfig()),
    train=TrainConfig(
        epochs=25,
        batch=128,
        lr=5e-4,
        weight_decay=0.0,
        clip=None,
        optimizer="adam",
        schedule=StepSchedule(period=6, factor=0.25),
        selection="evt_a",
    ),
    protocol=Protocol(gate="modality"),
)
"""Config of JoMoLD's noise estimator, as in its release."""

CMPAE_EPOCHS = 20
"""Epochs of CMPAE in its release, which trains the estimator for 25."""


@dataclass(frozen=True)
class NoiseRatios:
    """Per-class, per-modality noise ratio of the weak labels (JoMoLD).

    Attributes:
        audio: fraction of the videos labeled with a class in which the class is not heard, (C,).
        visual: fraction of these videos in which the class is not seen, (C,).
    """

    audio: Tensor
    visual: Tensor

    def to(self, device: torch.device | str) -> NoiseRatios:
        """The ratios on another device."""
        return NoiseRatios(self.audio.to(device), self.visual.to(device))

    def after(self, progress: float, warmup: DenoisingWarmup) -> NoiseRatios:
        """The ratios to use after ``progress`` epochs.

        CMPAE's code is meant to raise the ratios linearly (``"ramp"``). It multiplies ratios that are already
        scaled by the warm-up factor again, so they are 0 in the first epoch and full afterwards (``"step"``).

        Args:
            progress: completed epochs.
            warmup: which of the two to follow.
        """
        factor = float(progress >= 1) if warmup == "step" else min(1.0, progress / WARMUP)
        return NoiseRatios(self.audio * factor, self.visual * factor)


@dataclass(frozen=True)
class DenoisedVideos(Videos):
    """Videos with separate weak labels for the two modalities.

    Attributes:
        weak_audio: denoised weak labels of the audio stream, (N, C).
        weak_visual: denoised and smoothed weak labels of the visual stream, (N, C).
    """

    weak_audio: Tensor = field(kw_only=True)
    weak_visual: Tensor = field(kw_only=True)


def noise_estimator_config(config: RunConfig) -> RunConfig:
    """Config of a run's noise estimator: JoMoLD's, with the run's data, seed, sizes, precision and rate.

    The estimator trains 25 / 20 as many epochs as the run, the ratio in CMPAE's release, rounded up.
    """
    epochs = -(-config.train.epochs * NOISE_ESTIMATOR.train.epochs // CMPAE_EPOCHS)
    shared = {name: getattr(config.model, name) for name in ("width", "ffn", "inputs", "precision")}
    train = replace(NOISE_ESTIMATOR.train, epochs=epochs, lr=config.train.lr, videos=config.train.videos)
    model = replace(NOISE_ESTIMATOR.model, **shared)
    return replace(NOISE_ESTIMATOR, dataset=config.dataset, model=model, train=train, seed=config.seed)


def estimate_noise_ratios(parsings: Iterable[Parsing], weak: Tensor) -> NoiseRatios:
    """Estimate the noise ratios from an estimator's parsings of the training videos (JoMoLD).

    Args:
        parsings: batches of parsed videos, N videos in total.
        weak: weak labels, (N, C), on the device of the parsings.
    """
    pairs = [(parsing.video_audio, parsing.video_visual) for parsing in parsings]
    audio, visual = (torch.cat(batches) for batches in zip(*pairs, strict=True))  # (N, C)
    videos = weak.sum(dim=0).clamp(min=1)  # (C,)
    noisy_audio = weak * (audio < AUDIO_NOISE_THRESHOLD * audio.mean(dim=0))
    noisy_visual = weak * (visual < VISUAL_NOISE_THRESHOLD * visual.mean(dim=0))
    return NoiseRatios(noisy_audio.sum(dim=0) / videos, noisy_visual.sum(dim=0) / videos)


def denoise(parser: CmpaeParser, videos: Videos, ratios: NoiseRatios) -> DenoisedVideos:
    """Remove from each modality the labels of a batch that fit it worst and the other best (JoMoLD, CMPAE).

    Let n be the number of the batch's videos with a class, r the class's noise ratio in a modality, and
    k = ⌊r·n⌋. A video's label is removed from the modality if its loss is among the k largest in this
    modality and among the k smallest in the other. The losses come from a pass without cross-modal attention.

    Args:
        parser: the parser being trained.
        videos: the batch, of B videos.
        ratios: current noise ratios.
    """
    with torch.no_grad():
        parsing = parser.unimodal(*videos.features)
    weak, visual = videos.weak, smooth_labels(videos.weak)
    rank_audio = _rank(video_bce(parsing.video_audio, weak, reduction="none"), weak)  # (B, C)
    rank_visual = _rank(video_bce(parsing.video_visual, visual, reduction="none"), weak)
    count = weak.sum(dim=0)  # (C,)
    suspect_audio, suspect_visual = (ratios.audio * count).floor(), (ratios.visual * count).floor()
    noisy_audio = (rank_audio >= count - suspect_audio) & (rank_visual < suspect_audio) & (weak > 0)
    noisy_visual = (rank_visual >= count - suspect_visual) & (rank_audio < suspect_visual) & (weak > 0)
    return DenoisedVideos(
        **vars(videos),
        weak_audio=weak.masked_fill(noisy_audio, 0.0),
        weak_visual=visual.masked_fill(noisy_visual, 0.0),
    )


def _rank(losses: Tensor, weak: Tensor) -> Tensor:
    """Rank of each loss among the videos with its class, smallest first, (B, C); other videos rank last."""
    return losses.masked_fill(weak == 0, torch.inf).argsort(dim=0).argsort(dim=0)

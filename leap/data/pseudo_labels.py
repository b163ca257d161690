"""Segment-level pseudo-labels: made from a teacher's scores, compared with dense labels, corrupted."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from leap.config import NoiseConfig
from leap.data.videos import Videos


class PrecisionRecall(NamedTuple):
    """Micro precision, recall and F-score of labels, in 0…1."""

    precision: float
    recall: float
    f: float


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
        >>> threshold_scores(torch.tensor([[[0.9, 0.8], [0.2, 0.7]]]), 0.5, torch.tensor([[1, 0]]))
        tensor([[[1, 0],
                 [0, 0]]])
    """
    return (scores > thresholds).to(weak.dtype) * weak[:, None]


def precision_recall(pseudo: Tensor, true: Tensor) -> PrecisionRecall:
    """Compare pseudo-labels with dense labels, pooled over all entries (micro average).

    Args:
        pseudo: pseudo-labels, zeros and ones of any shape.
        true: dense labels of the same shape.

    Returns:
        Precision, recall and F-score; each is 1 where its denominator is zero.
    """
    hits = float((pseudo * true).sum(dtype=torch.float64))
    marked, present = (float(labels.sum(dtype=torch.float64)) for labels in (pseudo, true))
    return PrecisionRecall(_share(hits, marked), _share(hits, present), _share(2 * hits, marked + present))


def corrupt(
    pseudo: Tensor, weak: Tensor, miss_rate: float, false_alarm_rate: float, generator: torch.Generator
) -> Tensor:
    """Flip pseudo-labels at random within the weak labels.

    Args:
        pseudo: pseudo-labels, (N, T, C), zeros and ones.
        weak: weak labels, (N, C); labels of classes outside them become 0.
        miss_rate: probability that a 1 becomes 0.
        false_alarm_rate: probability that a 0 of a class of the weak label becomes 1.
        generator: random generator on the device of ``pseudo``.

    Returns:
        Corrupted pseudo-labels, (N, T, C), zeros and ones.
    """
    draw = torch.rand(pseudo.shape, generator=generator, device=pseudo.device)  # (N, T, C)
    flip = draw < torch.where(pseudo > 0, miss_rate, false_alarm_rate)
    return torch.where(flip, 1 - pseudo, pseudo) * weak[:, None].to(pseudo.dtype)


def corrupt_videos(videos: Videos, noise: NoiseConfig, seed: int) -> Videos:
    """Corrupt the pseudo-labels that L_basic, L_avss or both learn from.

    Args:
        videos: videos with pseudo-labels.
        noise: error rates, and the losses that learn from the errors.
        seed: seed of the random errors.

    Returns:
        The videos; a loss excluded by ``noise.of`` still learns from the original pseudo-labels.
    """
    if not noise.misses and not noise.false_alarms:
        return videos
    generator = torch.Generator().manual_seed(seed)
    audio, visual = (
        corrupt(labels, videos.weak, noise.misses, noise.false_alarms, generator)
        for labels in (videos.pseudo_audio, videos.pseudo_visual)
    )
    noisy = replace(videos, pseudo_audio=audio, pseudo_visual=visual)
    if noise.of == "basic":
        return replace(noisy, avss_audio=videos.pseudo_audio, avss_visual=videos.pseudo_visual)
    return noisy if noise.of == "all" else replace(videos, avss_audio=audio, avss_visual=visual)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0

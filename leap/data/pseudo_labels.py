"""Segment pseudo labels: derive them from a teacher's scores, measure them, corrupt them."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from leap.config import NoiseConfig
from leap.data.videos import Videos


class PrecisionRecall(NamedTuple):
    """Agreement of pseudo labels with dense labels, pooled over all entries (micro), in 0…1."""

    precision: float
    recall: float
    f: float


def threshold_scores(scores: Tensor, thresholds: Tensor | float, weak: Tensor) -> Tensor:
    """Segment pseudo labels of one modality, as VALOR derives them from CLIP and CLAP.

    A class is marked where its score lies strictly above its threshold and the video's weak label allows it.

    Args:
        scores: teacher's scores, (N, T, C).
        thresholds: one for all classes, or (C,).
        weak: set of event classes of each video, (N, C), zeros and ones.

    Returns:
        Zeros and ones, (N, T, C), of the type of ``weak``.
    """
    return (scores > thresholds).to(weak.dtype) * weak[:, None]


def precision_recall(pseudo: Tensor, true: Tensor) -> PrecisionRecall:
    """Precision, recall and F of pseudo labels against dense labels, both zeros and ones of one shape.

    A share of nothing (no mark at all, no true event) counts as 1.
    """
    hits = float((pseudo * true).sum(dtype=torch.float64))
    marked, present = (float(labels.sum(dtype=torch.float64)) for labels in (pseudo, true))
    return PrecisionRecall(_share(hits, marked), _share(hits, present), _share(2 * hits, marked + present))


def corrupt(
    pseudo: Tensor, weak: Tensor, miss_rate: float, false_alarm_rate: float, generator: torch.Generator
) -> Tensor:
    """Flip pseudo labels at random within the weak labels.

    Args:
        pseudo: zeros and ones, (N, T, C).
        weak: set of event classes of each video, (N, C); other classes stay 0.
        miss_rate: probability that a one turns 0.
        false_alarm_rate: probability that a zero of a class of the weak label turns 1.
        generator: source of randomness, on the device of ``pseudo``.

    Returns:
        Zeros and ones, (N, T, C).
    """
    draw = torch.rand(pseudo.shape, generator=generator, device=pseudo.device)  # (N, T, C)
    flip = draw < torch.where(pseudo > 0, miss_rate, false_alarm_rate)
    return torch.where(flip, 1 - pseudo, pseudo) * weak[:, None].to(pseudo.dtype)


def corrupt_videos(videos: Videos, noise: NoiseConfig, seed: int) -> Videos:
    """Videos with errors in the pseudo labels that L_basic, L_avss or both learn from.

    Args:
        videos: with pseudo labels.
        noise: how many errors, and for whom.
        seed: of the draws.
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

"""Add random errors to pseudo-labels: independent flips of segments, or whole runs."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from leap.config import NoiseConfig
from leap.data.pseudo_labels.corrupt_runs import corrupt_runs
from leap.data.videos import Videos


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
    generator, flip = torch.Generator().manual_seed(seed), corrupt_runs if noise.bursts else corrupt
    audio, visual = (
        flip(labels, videos.weak, noise.misses, noise.false_alarms, generator)
        for labels in (videos.pseudo_audio, videos.pseudo_visual)
    )
    noisy = replace(videos, pseudo_audio=audio, pseudo_visual=visual)
    if noise.of == "basic":
        return replace(noisy, avss_audio=videos.pseudo_audio, avss_visual=videos.pseudo_visual)
    return noisy if noise.of == "all" else replace(videos, avss_audio=audio, avss_visual=visual)

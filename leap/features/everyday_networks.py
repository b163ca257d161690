"""The pretrained networks of AV-Everyday: YAMNet for its sound, EfficientNet-Lite for its frames."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from leap.data.av_everyday import Networks
from leap.features.batches import embed
from leap.features.log_mel import log_mel_patch
from leap.features.networks.loading import load_network
from leap.features.networks.yamnet import LOG_OFFSET

MEAN, DEVIATION = 127.0, 128.0
"""EfficientNet-Lite takes pixels, 0 to 255, minus the first and divided by the second."""


def everyday_networks(weights: Path) -> Networks:
    """Load the networks from which AV-Everyday is built.

    Args:
        weights: folder of all weights.

    Raises:
        LeapError: weights are missing; the message says how to fetch them.
    """
    yamnet, lite0, lite1 = (
        load_network(name, weights) for name in ("yamnet", "efficientnet-lite0", "efficientnet-lite1")
    )
    return Networks(
        audio=lambda seconds: embed_seconds(yamnet, seconds),
        visual=lambda frames: embed_frames(lite0, frames),
        teacher=lambda frames: embed_frames(lite1, frames),
    )


def embed_seconds(network: nn.Module, seconds: Iterable[NDArray[np.floating]]) -> Tensor:
    """Embed the first 0.96 s of each of T seconds of sound at 16 kHz, (16000,) → (T, 1024)."""
    return torch.from_numpy(embed(network, map(yamnet_patch, seconds)))


def yamnet_patch(second: NDArray[np.floating]) -> Tensor:
    """YAMNet's input for the first 0.96 s of a second of sound at 16 kHz, (16000,) → (96, 64)."""
    return torch.from_numpy(log_mel_patch(second, LOG_OFFSET)).float()


def embed_frames(network: nn.Module, frames: NDArray[np.uint8]) -> Tensor:
    """Embed frames as they are, (T, height, width, 3) → (T, 1280)."""
    pixels = torch.from_numpy(frames).permute(0, 3, 1, 2).float()  # (T, 3, height, width)
    return torch.from_numpy(embed(network, (pixels - MEAN) / DEVIATION))

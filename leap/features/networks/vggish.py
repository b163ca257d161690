"""VGGish (Hershey et al., ICASSP 2017), with the parameter names of its usual PyTorch weights."""

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from leap.features.media.logmel import BANDS, PATCH

WIDTH = 128
STAGES = ((64,), (128,), (256, 256), (512, 512))
"""Channels of the convolutions between two poolings."""

HIDDEN = 4096


class VGGish(nn.Module):
    """A log-mel patch of 0.96 s to 128 numbers, none of them negative.

    LLP's features are these, before the post-processing of AudioSet's.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 1
        for stage in STAGES:
            for wider in stage:
                layers += [nn.Conv2d(channels, wider, 3, padding=1), nn.ReLU()]
                channels = wider
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        pooled = channels * prod(size // 2 ** len(STAGES) for size in (PATCH, BANDS))
        widths = (pooled, HIDDEN, HIDDEN, WIDTH)
        linear = [(nn.Linear(*pair), nn.ReLU()) for pair in pairwise(widths)]
        self.embeddings = nn.Sequential(*(layer for pair in linear for layer in pair))

    def forward(self, patches: Tensor) -> Tensor:
        """Embed (n, 96, 64) patches to (n, 128)."""
        maps = self.features(patches.unsqueeze(1))  # (n, 512, 6, 4)
        return self.embeddings(maps.permute(0, 2, 3, 1).flatten(1))  # channels last, as it was trained


class PostProcessing(nn.Module):
    """What AudioSet's features underwent: principal components, clipped to ±2, in 256 steps.

    Its two arrays come with VGGish's weights.
    """

    LARGEST = 2.0
    STEPS = 255
    pca_eigen_vectors: Tensor
    pca_means: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pca_eigen_vectors", torch.eye(WIDTH))
        self.register_buffer("pca_means", torch.zeros(WIDTH, 1))

    def forward(self, embeddings: Tensor) -> Tensor:
        """Turn (n, 128) embeddings to whole numbers 0…255, (n, 128)."""
        components = (embeddings - self.pca_means.T) @ self.pca_eigen_vectors.T
        clipped = components.clamp(-self.LARGEST, self.LARGEST)
        return torch.round((clipped + self.LARGEST) * (self.STEPS / (2 * self.LARGEST)))

"""VGGish (Hershey et al., ICASSP 2017, arXiv 1609.09430).

Parameter names are those of the PyTorch weights of ``harritaylor/torchvggish``, ``vggish-10086976.pth``.
"""

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from leap.features.log_mel import MEL_BANDS, PATCH_FRAMES

WIDTH = 128
"""Width of an embedding."""

STAGES = ((64,), (128,), (256, 256), (512, 512))
"""Channels of the convolutions before each pooling."""

HIDDEN_WIDTH = 4096
"""Width of the two hidden linear layers."""


class VGGish(nn.Module):
    """VGGish, which embeds log-mel patches of 0.96 s as non-negative vectors.

    LLP's audio features are these embeddings, without AudioSet's `PostProcessing`.
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
        pooled = channels * prod(size // 2 ** len(STAGES) for size in (PATCH_FRAMES, MEL_BANDS))
        widths = (pooled, HIDDEN_WIDTH, HIDDEN_WIDTH, WIDTH)
        linear = [(nn.Linear(*pair), nn.ReLU()) for pair in pairwise(widths)]
        self.embeddings = nn.Sequential(*(layer for pair in linear for layer in pair))

    def forward(self, patches: Tensor) -> Tensor:
        """Embed log-mel patches, (n, 96, 64) → (n, 128)."""
        maps = self.features(patches.unsqueeze(1))  # (n, 512, 6, 4)
        return self.embeddings(maps.permute(0, 2, 3, 1).flatten(1))  # channels last, as in training


class PostProcessing(nn.Module):
    """Post-processing of AudioSet's released features: PCA, clipping to ±2 and quantization to 8 bits.

    Follows ``vggish_postprocess.py`` of AudioSet's release; PCA vectors and means are part of the weights.
    """

    CLIP = 2.0
    STEPS = 255
    pca_eigen_vectors: Tensor
    pca_means: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pca_eigen_vectors", torch.eye(WIDTH))
        self.register_buffer("pca_means", torch.zeros(WIDTH, 1))

    def forward(self, embeddings: Tensor) -> Tensor:
        """Post-process VGGish embeddings, (n, 128) → integers 0…255 as floats, (n, 128)."""
        components = (embeddings - self.pca_means.T) @ self.pca_eigen_vectors.T
        clipped = components.clamp(-self.CLIP, self.CLIP)
        return torch.round((clipped + self.CLIP) * (self.STEPS / (2 * self.CLIP)))

"""R(2+1)D-18 (Tran et al., CVPR 2018, arXiv 1711.11248).

Parameter names are those of torchvision's public weights, ``r2plus1d_18-91a641e6.pth``.
"""

from itertools import pairwise

from torch import Tensor, nn

WIDTH = 512
"""Width of an embedding."""

KINETICS_CLASSES = 400
"""Classes of the final layer, which is loaded with the weights but not used."""

CHANNELS = (64, 64, 128, 256, 512)
"""Channels after the stem and after each of the four stages."""

STEM_CHANNELS = 45
"""Channels between the spatial and the temporal convolution of the stem."""


def factorised_convolution(inside: int, between: int, outside: int, stride: int) -> nn.Sequential:
    """A spatial 1 × 3 × 3 convolution followed by a temporal 3 × 1 × 1 one.

    Args:
        inside: input channels.
        between: channels between the two convolutions; `Block` chooses them to match the parameter count of
            a 3 × 3 × 3 convolution.
        outside: output channels.
        stride: stride in space and in time.
    """
    return nn.Sequential(
        nn.Conv3d(inside, between, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False),
        nn.BatchNorm3d(between),
        nn.ReLU(),
        nn.Conv3d(between, outside, (3, 1, 1), (stride, 1, 1), (1, 0, 0), bias=False),
    )


class Block(nn.Module):
    """A residual block of two factorised convolutions.

    Args:
        inside: input channels.
        outside: output channels.
        stride: stride of the first convolution, in space and in time.
    """

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        between = inside * outside * 27 // (inside * 9 + 3 * outside)
        self.conv1 = nn.Sequential(
            factorised_convolution(inside, between, outside, stride), nn.BatchNorm3d(outside), nn.ReLU()
        )
        self.conv2 = nn.Sequential(
            factorised_convolution(outside, between, outside, 1), nn.BatchNorm3d(outside)
        )
        self.downsample = None
        if stride > 1 or inside != outside:
            self.downsample = nn.Sequential(
                nn.Conv3d(inside, outside, 1, stride, bias=False), nn.BatchNorm3d(outside)
            )

    def forward(self, maps: Tensor) -> Tensor:
        """(n, inside, frames, height, width) → (n, outside, …), each dimension divided by the stride."""
        residual = maps if self.downsample is None else self.downsample(maps)
        return (self.conv2(self.conv1(maps)) + residual).relu()


class R2Plus1D(nn.Module):
    """R(2+1)D-18, which embeds clips as the last feature maps averaged over time and space."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv3d(3, STEM_CHANNELS, (1, 7, 7), (1, 2, 2), (0, 3, 3), bias=False),
            nn.BatchNorm3d(STEM_CHANNELS),
            nn.ReLU(),
            nn.Conv3d(STEM_CHANNELS, CHANNELS[0], (3, 1, 1), 1, (1, 0, 0), bias=False),
            nn.BatchNorm3d(CHANNELS[0]),
            nn.ReLU(),
        )
        for index, (inside, outside) in enumerate(pairwise(CHANNELS), start=1):
            stride = 1 if index == 1 else 2
            layer = nn.Sequential(Block(inside, outside, stride), Block(outside, outside, 1))
            self.add_module(f"layer{index}", layer)
        self.fc = nn.Linear(WIDTH, KINETICS_CLASSES)

    def forward(self, clips: Tensor) -> Tensor:
        """Embed normalised RGB clips, (n, 3, frames, height, width) → (n, 512)."""
        maps = self.stem(clips)
        for index in range(1, len(CHANNELS)):
            maps = getattr(self, f"layer{index}")(maps)
        return maps.mean(dim=(2, 3, 4))

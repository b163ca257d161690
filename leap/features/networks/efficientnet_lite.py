"""EfficientNet-Lite0 and -Lite1, which tag pictures with ImageNet's classes.

EfficientNet (Tan and Le, ICML 2019, arXiv 1905.11946) without squeeze-and-excitation and with ReLU6; layers
and constants are those of the release (``tensorflow/tpu``, ``models/official/efficientnet/lite``).
"""

from math import ceil

from torch import Tensor, nn

from leap.features.networks.same_convolution import SameConv2d

WIDTH = 1280
"""Width of an embedding."""

IMAGENET_CLASSES = 1000
"""Classes of ImageNet (ILSVRC 2012), which exclude each other."""

EPSILON = 1e-3
"""Added to variances by batch normalization."""

DEPTHS = (1.0, 1.1)
"""Factor of the number of blocks of Lite0 and Lite1."""

SIDES = (224, 240)
"""Side in pixels of the pictures that Lite0 and Lite1 were trained on."""

STEM_CHANNELS = 32

STAGES = (
    (1, 1, 3, 1, 16),
    (2, 6, 3, 2, 24),
    (2, 6, 5, 2, 40),
    (3, 6, 3, 2, 80),
    (3, 6, 5, 1, 112),
    (4, 6, 5, 2, 192),
    (1, 6, 3, 1, 320),
)
"""Blocks, expansion, kernel, stride of the first block and output channels of each stage of Lite0."""


def convolution(inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution with batch normalization and ReLU6; see `SameConv2d` for the arguments."""
    return nn.Sequential(*normalized(inside, outside, kernel, stride, groups), nn.ReLU6(inplace=True))


def normalized(inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution with batch normalization."""
    return nn.Sequential(
        SameConv2d(inside, outside, kernel, stride, groups), nn.BatchNorm2d(outside, EPSILON)
    )


class Block(nn.Module):
    """An inverted bottleneck: expansion, depthwise convolution, projection.

    Args:
        inside: input channels.
        outside: output channels.
        expansion: factor of the channels of the depthwise convolution; 1 for no expansion.
        kernel: height and width of the depthwise kernel.
        stride: stride of the depthwise convolution.
    """

    def __init__(self, inside: int, outside: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inside * expansion
        expand = [convolution(inside, wide, 1)] if expansion > 1 else []
        depthwise, project = convolution(wide, wide, kernel, stride, wide), normalized(wide, outside, 1)
        self.layers = nn.Sequential(*expand, depthwise, project)
        self.residual = stride == 1 and inside == outside

    def forward(self, maps: Tensor) -> Tensor:
        """(n, inside, height, width) → (n, outside, …), both sizes divided by the stride and rounded up."""
        return self.layers(maps) + maps if self.residual else self.layers(maps)


class EfficientNetLite(nn.Module):
    """EfficientNet-Lite, which embeds pictures as the last feature maps averaged over space.

    Args:
        variant: 0 for Lite0, 1 for Lite1.

    Attributes:
        side: side in pixels of the pictures that the network was trained on.
    """

    def __init__(self, variant: int) -> None:
        super().__init__()
        self.side = SIDES[variant]
        self.stem = convolution(3, STEM_CHANNELS, 3, 2)
        self.blocks = nn.Sequential()
        inside = STEM_CHANNELS
        for number, (count, expansion, kernel, stride, outside) in enumerate(STAGES):
            scaled = number not in (0, len(STAGES) - 1)  # the first and the last stage keep their depth
            for index in range(ceil(DEPTHS[variant] * count) if scaled else count):
                self.blocks.append(Block(inside, outside, expansion, kernel, 1 if index else stride))
                inside = outside
        self.head = convolution(inside, WIDTH, 1)
        self.classifier = nn.Linear(WIDTH, IMAGENET_CLASSES)

    def forward(self, pictures: Tensor) -> Tensor:
        """Embed RGB pictures in −1…1, (n, 3, height, width) → (n, 1280)."""
        return self.head(self.blocks(self.stem(pictures))).mean(dim=(2, 3))

    def scores(self, embeddings: Tensor) -> Tensor:
        """Probabilities of ImageNet's classes, (n, 1280) → (n, 1000); they add up to 1."""
        return self.classifier(embeddings).softmax(dim=1)

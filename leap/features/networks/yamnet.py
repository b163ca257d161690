"""YAMNet, which tags 0.96 s of sound with AudioSet's classes.

A MobileNet-v1 (Howard et al., arXiv 1704.04861) on the spectrograms of `leap.features.log_mel`; layers and
constants are those of AudioSet's release (``tensorflow/models``, ``research/audioset/yamnet``).
"""

from torch import Tensor, nn

from leap.features.networks.same_convolution import SameConv2d

WIDTH = 1024
"""Width of an embedding."""

AUDIOSET_CLASSES = 521
"""Classes of AudioSet that YAMNet scores."""

LOG_OFFSET = 0.001
"""Added to magnitudes before the logarithm of the spectrogram; VGGish adds ten times as much."""

EPSILON = 1e-4
"""Added to variances by batch normalization."""

STEM_CHANNELS = 32

SEPARABLE_LAYERS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1),) * 5,
    *((1024, 2), (1024, 1)),
)
"""Output channels and stride of each depthwise separable convolution."""


def convolution(inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution with batch normalization and ReLU; see `SameConv2d` for the arguments."""
    return nn.Sequential(
        SameConv2d(inside, outside, kernel, stride, groups),
        nn.BatchNorm2d(outside, EPSILON),
        nn.ReLU(inplace=True),
    )


class YAMNet(nn.Module):
    """YAMNet, which embeds log-mel patches as the last feature maps averaged over time and frequency."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = convolution(1, STEM_CHANNELS, 3, 2)
        self.layers = nn.Sequential()
        inside = STEM_CHANNELS
        for outside, stride in SEPARABLE_LAYERS:
            depthwise, pointwise = (
                convolution(inside, inside, 3, stride, inside),
                convolution(inside, outside, 1),
            )
            self.layers.append(nn.Sequential(depthwise, pointwise))
            inside = outside
        self.classifier = nn.Linear(WIDTH, AUDIOSET_CLASSES)

    def forward(self, patches: Tensor) -> Tensor:
        """Embed log-mel patches, (n, 96, 64) → (n, 1024)."""
        return self.layers(self.stem(patches.unsqueeze(1))).mean(dim=(2, 3))

    def scores(self, embeddings: Tensor) -> Tensor:
        """Probabilities of AudioSet's classes, which do not exclude each other, (n, 1024) → (n, 521)."""
        return self.classifier(embeddings).sigmoid()

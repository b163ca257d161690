"""R(2+1)D-18 (Tran et al., CVPR 2018), with the parameter names of its public weights."""

from itertools import pairwise

from torch import Tensor, nn

WIDTH = 512
CLASSES = 400
"""Of Kinetics, on which it was trained."""

CHANNELS = (64, 64, 128, 256, 512)
STEM = 45


def factorised(inside: int, between: int, outside: int, stride: int) -> nn.Sequential:
    """A convolution over space, then one over time; ``between`` channels keep the size of a 3-D one."""
    return nn.Sequential(
        nn.Conv3d(inside, between, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False),
        nn.BatchNorm3d(between),
        nn.ReLU(),
        nn.Conv3d(between, outside, (3, 1, 1), (stride, 1, 1), (1, 0, 0), bias=False),
    )


class Block(nn.Module):
    """Two factorised convolutions with a residual connection."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        between = inside * outside * 27 // (inside * 9 + 3 * outside)
        self.conv1 = nn.Sequential(
            factorised(inside, between, outside, stride), nn.BatchNorm3d(outside), nn.ReLU()
        )
        self.conv2 = nn.Sequential(factorised(outside, between, outside, 1), nn.BatchNorm3d(outside))
        self.downsample = None
        if stride > 1 or inside != outside:
            self.downsample = nn.Sequential(
                nn.Conv3d(inside, outside, 1, stride, bias=False), nn.BatchNorm3d(outside)
            )

    def forward(self, maps: Tensor) -> Tensor:
        """Refine (n, inside, frames, height, width)."""
        residual = maps if self.downsample is None else self.downsample(maps)
        return (self.conv2(self.conv1(maps)) + residual).relu()


class R2Plus1D(nn.Module):
    """Clips of pictures to 512 numbers each, the means of its last maps."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv3d(3, STEM, (1, 7, 7), (1, 2, 2), (0, 3, 3), bias=False),
            nn.BatchNorm3d(STEM),
            nn.ReLU(),
            nn.Conv3d(STEM, CHANNELS[0], (3, 1, 1), 1, (1, 0, 0), bias=False),
            nn.BatchNorm3d(CHANNELS[0]),
            nn.ReLU(),
        )
        for index, (inside, outside) in enumerate(pairwise(CHANNELS), start=1):
            stride = 1 if index == 1 else 2
            layer = nn.Sequential(Block(inside, outside, stride), Block(outside, outside, 1))
            self.add_module(f"layer{index}", layer)
        self.fc = nn.Linear(WIDTH, CLASSES)

    def forward(self, clips: Tensor) -> Tensor:
        """Embed (n, 3, frames, height, width) clips to (n, 512)."""
        maps = self.stem(clips)
        for index in range(1, len(CHANNELS)):
            maps = getattr(self, f"layer{index}")(maps)
        return maps.mean(dim=(2, 3, 4))

"""Convolutions padded as TensorFlow's ``"SAME"`` does, and their usual batch normalization."""

from torch import Tensor, nn
from torch.nn.functional import pad


class SameConv2d(nn.Conv2d):
    """A convolution without bias that divides the size of a map by its stride, rounded up.

    Zeros are added on both sides; an odd one goes below and to the right, unlike in torch, which pads all
    sides alike and so samples other positions where the stride is 2.

    Args:
        inside: input channels.
        outside: output channels.
        kernel: height and width of the kernel.
        stride: stride in both directions.
        groups: groups of channels; as many as input channels make a depthwise convolution.
    """

    def __init__(self, inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inside, outside, kernel, stride, groups=groups, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        """(n, inside, height, width) → (n, outside, ⌈height / stride⌉, ⌈width / stride⌉)."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        height, width = (max(0, (-(-size // stride) - 1) * stride + kernel - size) for size in maps.shape[2:])
        if height or width:  # padding by nothing would copy the maps
            maps = pad(maps, (width // 2, width - width // 2, height // 2, height - height // 2))
        return super().forward(maps)

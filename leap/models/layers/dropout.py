"""Dropout by random bytes: one 64-bit word serves eight elements, which is several times faster on a CPU."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

LEVELS = 256
"""Values of a byte; the dropout rate is a multiple of 1 / LEVELS."""


class Dropout(nn.Module):
    """Zero elements with probability ``rate`` and scale the others by 1 / (1 − rate); identity in eval mode.

    Equals `torch.nn.Dropout` except that the rate is rounded to a multiple of 1/256 and that a CPU draws an
    eighth as many random words. Under `torch.compile` PyTorch's own dropout is used.

    Args:
        rate: dropout rate, 0 or in [1/256, 1).

    Raises:
        ValueError: the rate is outside [0, 1), or is positive and below 1/256.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"dropout rate {rate} is not in [0, 1)")
        if 0 < rate < 1 / LEVELS:
            raise ValueError(f"dropout rate {rate} is too small; take 0 or at least 1/{LEVELS}")
        self.dropped = min(round(rate * LEVELS), LEVELS - 1)

    def forward(self, x: Tensor) -> Tensor:
        """Drop elements of ``x``, a tensor of any shape and floating type."""
        if not self.training or self.dropped == 0:
            return x
        if x.device.type != "cpu" or torch.compiler.is_compiling():
            return F.dropout(x, self.rate)
        words = torch.empty(-(-x.numel() // 8), dtype=torch.int64, device=x.device)
        bytes_ = words.random_(-(2**63), None).view(torch.uint8)[: x.numel()].view(x.shape)
        kept = bytes_.ge_(self.dropped).to(x.dtype)  # in place: a bool tensor would be five times slower
        return x * kept.mul_(LEVELS / (LEVELS - self.dropped))

    @property
    def rate(self) -> float:
        """The rate in use, a multiple of 1/256."""
        return self.dropped / LEVELS

    def extra_repr(self) -> str:
        """The rate in use, for the module's ``repr``."""
        return f"rate={self.rate:g}"

"""Softmax over short rows, several times faster than PyTorch's on a CPU."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


class _Softmax(torch.autograd.Function):
    """Softmax by operations on the whole tensor.

    PyTorch's kernel works row by row, and a row of ten segments does not fill a CPU's vector units.
    """

    @staticmethod
    def forward(ctx: Any, scores: Tensor) -> Tensor:
        """Softmax over the last dimension."""
        powers = (scores - scores.amax(dim=-1, keepdim=True)).exp_()
        weights = powers.div_(powers.sum(dim=-1, keepdim=True))
        ctx.save_for_backward(weights)
        return weights

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """Gradient with respect to the scores."""
        (weights,) = ctx.saved_tensors
        weighted = gradient * weights
        return weighted - weights * weighted.sum(dim=-1, keepdim=True)


def softmax(scores: Tensor) -> Tensor:
    """Softmax over the last dimension; every row needs a finite element.

    On a CPU, bfloat16 scores are converted to float32.

    >>> softmax(torch.zeros(2, 4))[0]
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """
    if scores.device.type != "cpu" or torch.compiler.is_compiling():
        return F.softmax(scores, dim=-1)
    return _Softmax.apply(scores.float() if scores.dtype == torch.bfloat16 else scores)

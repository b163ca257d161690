"""Softmax over a few elements, several times faster on a CPU than PyTorch's."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


class _Softmax(torch.autograd.Function):
    """Softmax by whole-tensor operations.

    PyTorch's kernel takes row by row, and rows of ten segments do not fill a processor's vectors.
    """

    @staticmethod
    def forward(ctx: Any, scores: Tensor) -> Tensor:
        powers = (scores - scores.amax(dim=-1, keepdim=True)).exp_()
        weights = powers.div_(powers.sum(dim=-1, keepdim=True))
        ctx.save_for_backward(weights)
        return weights

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (weights,) = ctx.saved_tensors
        weighed = gradient * weights
        return weighed - weights * weighed.sum(dim=-1, keepdim=True)


def softmax(scores: Tensor) -> Tensor:
    """Softmax over the last dimension, in float32 or finer; every row needs a finite element."""
    if scores.device.type != "cpu" or torch.compiler.is_compiling():
        return F.softmax(scores, dim=-1)
    return _Softmax.apply(scores.float() if scores.dtype == torch.bfloat16 else scores)

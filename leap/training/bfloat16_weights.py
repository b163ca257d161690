"""What products multiply, rounded all at once."""

from typing import Any

import torch
from torch import Tensor, nn


class _Round(torch.autograd.Function):
    """To bfloat16, and gradients back to float32, in a few operations for any number of tensors."""

    @staticmethod
    def forward(ctx: Any, *values: Tensor) -> tuple[Tensor, ...]:
        return _copied(values, torch.bfloat16)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        return _copied(gradients, torch.float32)


def _copied(values: tuple[Tensor, ...], dtype: torch.dtype) -> tuple[Tensor, ...]:
    copies = [torch.empty_like(value, dtype=dtype) for value in values]
    torch._foreach_copy_(copies, values)
    return tuple(copies)


def rounded(model: nn.Module) -> dict[str, Tensor]:
    """Weights and biases of linear layers and convolutions by name, in bfloat16.

    A functional call with them computes what autocast does, which would round them one by one.
    """
    factors = {
        f"{prefix}.{name}": parameter
        for prefix, layer in model.named_modules()
        if isinstance(layer, nn.Linear | nn.Conv1d)
        for name, parameter in layer.named_parameters()
    }
    return dict(zip(factors, _Round.apply(*factors.values()), strict=True))

"""Fast training steps on a GPU: CUDA graphs, and weights cast to bfloat16 in one copy.

A training step launches thousands of kernels, and each takes longer to launch than to run. If every step
performs the same computation, the step is captured as a CUDA graph and replayed. Steps on a CPU are neither
captured nor replayed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from leap.models.output import Parsing
from leap.models.parser import Parser

WARM_UP = 3
"""Number of steps before a capture, during which PyTorch and its libraries initialize themselves."""

Step = Callable[..., dict[str, Tensor]]


class Replay:
    """A training step that is captured once per batch size as a CUDA graph, and then replayed.

    The first `WARM_UP` steps of each batch size run without a graph. A capture only records the step, so the
    captured step is then replayed at once.

    Args:
        step: function of the indices of videos, (B,), that returns tensors by name; it may also modify
            tensors in place, such as parameters.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self.calls: Counter[int] = Counter()
        self.graphs: dict[int, Graph] = {}

    def __call__(self, index: Tensor, *_: Any) -> dict[str, Tensor]:
        """Run or replay the step and return its results, which the next replay overwrites.

        Further arguments are ignored: the step must not depend on them.
        """
        size = len(index)
        self.calls[size] += 1
        if self.calls[size] <= WARM_UP:
            return on_side_stream(lambda: self.step(index))
        if size not in self.graphs:
            self.graphs[size] = Graph(self.step, index)
        return self.graphs[size].replay(index)


class Graph:
    """One captured step, whose argument and results stay at fixed addresses.

    Args:
        step: the step.
        index: indices of videos, (B,); every replay has the same number.
    """

    def __init__(self, step: Step, index: Tensor) -> None:
        self.graph, self.index = torch.cuda.CUDAGraph(), index.clone()
        # thread_local: another thread may be writing a checkpoint during the capture
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):
            self.results = step(self.index)

    def replay(self, index: Tensor) -> dict[str, Tensor]:
        """Replay the step on the videos of ``index``, (B,)."""
        self.index.copy_(index)
        self.graph.replay()
        return self.results


def on_side_stream(function: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """Run a function on a side stream, as PyTorch requires of the steps before a capture."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        results = function()
    torch.cuda.current_stream().wait_stream(stream)
    return results


class _CastToBfloat16(torch.autograd.Function):
    """Cast any number of tensors to bfloat16, and their gradients back to float32, in a few operations."""

    @staticmethod
    def forward(ctx: Any, *values: Tensor) -> tuple[Tensor, ...]:
        """Tensors in bfloat16."""
        return _cast(values, torch.bfloat16)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        """Gradients in float32."""
        return _cast(gradients, torch.float32)


def _cast(values: tuple[Tensor, ...], dtype: torch.dtype) -> tuple[Tensor, ...]:
    copies = [torch.empty_like(value, dtype=dtype) for value in values]
    torch._foreach_copy_(copies, values)
    return tuple(copies)


def bfloat16_weights(model: nn.Module) -> dict[str, Tensor]:
    """Cast the weights and biases of linear and convolution layers to bfloat16 in one fused copy.

    A functional call with them gives the same result as autocast, which would cast them one by one.

    Returns:
        Parameter name → tensor in bfloat16, through which gradients reach the parameter.
    """
    weights = {
        f"{prefix}.{name}": parameter
        for prefix, layer in model.named_modules()
        if isinstance(layer, nn.Linear | nn.Conv1d)
        for name, parameter in layer.named_parameters()
    }
    return dict(zip(weights, _CastToBfloat16.apply(*weights.values()), strict=True))


def forward(parser: nn.Module, replays: bool) -> Callable[..., Parsing]:
    """The parser as a function of features; if its bfloat16 steps are replayed, it casts all weights at once.

    Args:
        parser: the parser.
        replays: whether steps are captured and replayed.
    """
    if not (replays and isinstance(parser, Parser) and parser.precision == "bfloat16"):
        return parser
    return lambda *features: functional_call(parser, bfloat16_weights(parser), features)

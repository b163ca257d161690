"""Fast training steps on a GPU: CUDA graphs, and weights cast to bfloat16 in one copy.

A training step is thousands of kernels, each of which takes longer to launch than to run. Where every step
performs the same computation, it is captured as a CUDA graph and replayed; on the CPU nothing here is used.
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
"""Steps run before a capture, during which PyTorch and its libraries initialise themselves."""

Step = Callable[..., dict[str, Tensor]]


class Replay:
    """A step that is captured as a CUDA graph for each batch size, and replayed.

    The first steps of each batch size run as they are; a capture itself runs nothing.

    Args:
        step: from the indices of videos, (B,), to tensors by name; it may change tensors it holds.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self.calls: Counter[int] = Counter()
        self.graphs: dict[int, Graph] = {}

    def __call__(self, index: Tensor, *_: Any) -> dict[str, Tensor]:
        """The step's results, which the next replay overwrites; other arguments of a step are ignored."""
        size = len(index)
        self.calls[size] += 1
        if self.calls[size] <= WARM_UP:
            return on_side_stream(lambda: self.step(index))
        if size not in self.graphs:
            self.graphs[size] = Graph(self.step, index)
        return self.graphs[size].replay(index)


class Graph:
    """One captured step, which reads its argument from, and writes its results to, fixed memory."""

    def __init__(self, step: Step, index: Tensor) -> None:
        self.graph, self.index = torch.cuda.CUDAGraph(), index.clone()
        # another thread may write a checkpoint meanwhile
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):
            self.results = step(self.index)

    def replay(self, index: Tensor) -> dict[str, Tensor]:
        """Run the step on other videos."""
        self.index.copy_(index)
        self.graph.replay()
        return self.results


def on_side_stream(function: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """Run a function on a stream of its own, as steps before a capture must be."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        results = function()
    torch.cuda.current_stream().wait_stream(stream)
    return results


class _CastToBfloat16(torch.autograd.Function):
    """Cast any number of tensors to bfloat16, and their gradients to float32, in a few operations."""

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
    """Weights and biases of linear and convolution layers by name, cast to bfloat16 in one fused copy.

    A functional call with them computes what autocast does, which would cast them one by one.
    """
    weights = {
        f"{prefix}.{name}": parameter
        for prefix, layer in model.named_modules()
        if isinstance(layer, nn.Linear | nn.Conv1d)
        for name, parameter in layer.named_parameters()
    }
    return dict(zip(weights, _CastToBfloat16.apply(*weights.values()), strict=True))


def forward(parser: nn.Module, replays: bool) -> Callable[..., Parsing]:
    """The parser as a function of features; replayed steps in bfloat16 cast all weights at once."""
    if not (replays and isinstance(parser, Parser) and parser.precision == "bfloat16"):
        return parser
    return lambda *features: functional_call(parser, bfloat16_weights(parser), features)

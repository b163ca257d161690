"""Calls that do the same again and again, replayed by a GPU as a CUDA graph."""

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

WARM = 3
"""Calls before a recording, in which PyTorch and its libraries set themselves up."""


class Recorded:
    """A function that does the same with every tensor of a shape, replayed on a GPU.

    The first calls with as many elements run as they are, and count as any other.

    Args:
        function: from indices, (B,), to tensors by name; it may change tensors that it holds.
    """

    def __init__(self, function: Callable[[Tensor], dict[str, Tensor]]) -> None:
        self.function = function
        self.calls: Counter[int] = Counter()
        self.graphs: dict[int, Graph] = {}

    def __call__(self, index: Tensor) -> dict[str, Tensor]:
        """The function's results; a later call writes over those of a replay."""
        size = len(index)
        self.calls[size] += 1
        if self.calls[size] <= WARM:
            return aside(lambda: self.function(index))
        if size not in self.graphs:
            self.graphs[size] = Graph(self.function, index)
        return self.graphs[size].replay(index)


class Graph:
    """One recording of a function, which reads its argument from, and writes its results to, the same memory.

    To record does not run it.
    """

    def __init__(self, function: Callable[[Tensor], dict[str, Tensor]], index: Tensor) -> None:
        self.graph, self.index = torch.cuda.CUDAGraph(), index.clone()
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):  # a checkpoint may be written
            self.results = function(self.index)

    def replay(self, index: Tensor) -> dict[str, Tensor]:
        """Run it on other values."""
        self.index.copy_(index)
        self.graph.replay()
        return self.results


def aside(function: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """Run on a stream of its own, as what is to be recorded has to."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        results = function()
    torch.cuda.current_stream().wait_stream(stream)
    return results

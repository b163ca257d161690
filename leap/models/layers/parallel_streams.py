"""Parts of a model that do not wait for one another."""

from functools import cache, partial
from typing import TypeVar

import torch
from torch import Tensor

Result = TypeVar("Result", Tensor, tuple[Tensor, ...])


def side_by_side(*calls: partial[Result]) -> list[Result]:
    """Results of calls none of which needs another's.

    In a CUDA graph they run at the same time, each on a stream of its own, and backwards, too. None of them
    fills a GPU.

    Args:
        calls: each with all the tensors that it reads, but parameters, as positional arguments.
    """
    if torch.compiler.is_compiling() or not _is_recorded():
        return [call() for call in calls]
    here = torch.cuda.current_stream()
    streams = [_stream(here, index) for index in range(len(calls))]
    for stream in streams:
        stream.wait_stream(here)
    results = [_on(stream, call) for stream, call in zip(streams, calls, strict=True)]
    for stream, result in zip(streams, results, strict=True):
        here.wait_stream(stream)
        _keep(result, here)
    return results


def _is_recorded() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_current_stream_capturing()


def _on(stream: torch.cuda.Stream, call: partial[Result]) -> Result:
    with torch.cuda.stream(stream):
        _keep(call.args, stream)
        return call()


def _keep(tensors: Tensor | tuple[Tensor, ...], stream: torch.cuda.Stream) -> None:
    """Memory that a stream reads is not given to others before it has."""
    for tensor in (tensors,) if isinstance(tensors, Tensor) else tensors:
        if isinstance(tensor, Tensor):
            tensor.record_stream(stream)


@cache
def _stream(parent: torch.cuda.Stream, index: int) -> torch.cuda.Stream:
    """One for each place, as calls may have calls side by side within."""
    return torch.cuda.Stream()

"""Run independent parts of a model concurrently on a GPU."""

from functools import cache, partial
from typing import TypeVar

import torch
from torch import Tensor

Result = TypeVar("Result", Tensor, tuple[Tensor, ...])


def parallel_streams(*calls: partial[Result]) -> list[Result]:
    """Make independent calls and return their results, in order.

    During the capture of a CUDA graph, each call runs on its own stream, so a replay runs the calls and their
    backward passes concurrently. Each of them is too small to fill a GPU. Otherwise the calls run one after
    another.

    Args:
        calls: independent calls; each takes all tensors that it reads, except parameters, as positional
            arguments.
    """
    if torch.compiler.is_compiling() or not _is_capturing():
        return [call() for call in calls]
    main = torch.cuda.current_stream()
    streams = [_stream(main, index) for index in range(len(calls))]
    for stream in streams:
        stream.wait_stream(main)
    results = [_run_on(stream, call) for stream, call in zip(streams, calls, strict=True)]
    for stream, result in zip(streams, results, strict=True):
        main.wait_stream(stream)
        _record(result, main)
    return results


def _is_capturing() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_current_stream_capturing()


def _run_on(stream: torch.cuda.Stream, call: partial[Result]) -> Result:
    with torch.cuda.stream(stream):
        _record(call.args, stream)
        return call()


def _record(tensors: Tensor | tuple[Tensor, ...], stream: torch.cuda.Stream) -> None:
    """Prevent the allocator from reusing the memory of tensors before a stream has read them."""
    for tensor in (tensors,) if isinstance(tensors, Tensor) else tensors:
        if isinstance(tensor, Tensor):
            tensor.record_stream(stream)


@cache
def _stream(parent: torch.cuda.Stream, index: int) -> torch.cuda.Stream:
    """One stream per parent and position, as parallel calls may nest."""
    return torch.cuda.Stream()

"""Data-parallel training: each process that torchrun started computes its part of every batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from leap.errors import LeapError
from leap.io.reason import reason
from leap.metrics import PER_VIDEO, parsing_scores, per_video_scores
from leap.metrics.functional import scores_from_sums


def check_device(name: str) -> str:
    """Check that a device works, and return its name.

    Raises:
        LeapError: the device cannot be used.
    """
    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError) as error:
        what = reason(error).partition(". ")[0][:200]  # the first sentence
        raise LeapError(f"device {name!r} cannot be used ({what}); take cpu, or cuda with a GPU") from None
    return name


@contextmanager
def joined(device: str = "cpu") -> Iterator[str]:
    """Join the process group if torchrun started several processes; yields the device of this process.

    Args:
        device: name of a device; with several processes, ``"cuda"`` selects the GPU of the local rank.

    Raises:
        LeapError: the device cannot be used.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield check_device(device)
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
    check_device(device)  # only the rank's own device, on which the check occupies memory
    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    dist.init_process_group("cpu:gloo,cuda:nccl" if device != "cpu" else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """Rank of this process, from 0; rank 0 writes files and prints."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """Number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank_slice() -> slice:
    """Slice of the videos that this rank processes."""
    return slice(rank(), None, world_size())


def shard(batch: Tensor) -> tuple[Tensor, float]:
    """This rank's part of a batch, and the weight of its mean loss.

    The mean over ranks of the weighted losses is the mean over the batch. Every rank must take part in every
    step, so a rank without a video gets the batch's first video with weight 0.

    Args:
        batch: indices of the batch's videos, (B,).

    Returns:
        Indices of this rank's videos, and the weight.
    """
    part = batch[rank_slice()]
    return (part, world_size() * len(part) / len(batch)) if len(part) else (batch[:1], 0.0)


def all_sum(value: Tensor) -> Tensor:
    """Sum of a tensor over all ranks."""
    if world_size() > 1:
        value = value.clone()
        dist.all_reduce(value)
    return value


def all_scores(*cubes: Tensor) -> dict[str, float]:
    """The ten scores × 100 over the videos of all ranks; arguments as in `leap.metrics.parsing_scores`."""
    if world_size() == 1:
        return parsing_scores(*cubes)
    scores = per_video_scores(*cubes)
    sums = [float(scores[name].sum()) for name in PER_VIDEO]
    *totals, videos = all_sum(torch.tensor([*sums, len(cubes[0])], dtype=torch.float64)).tolist()
    return scores_from_sums(totals, videos)


def replicated(parser: nn.Module) -> nn.Module:
    """Wrap a parser to average its gradients over the ranks; with one process, return it unchanged."""
    if world_size() == 1:
        return parser
    return DistributedDataParallel(parser, find_unused_parameters=True)  # some losses skip a head

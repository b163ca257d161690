"""One training over the processes that torchrun started; each takes its share of every batch."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from leap.errors import LeapError
from leap.metrics import parsing_scores


def check_device(name: str) -> str:
    """The device's name, if it is one that computes here.

    Raises:
        LeapError: it is not.
    """
    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise LeapError(f"device {name!r} cannot be used ({reason}); take cpu, or cuda with a GPU") from None
    return name


@contextmanager
def joined(device: str = "cpu") -> Iterator[str]:
    """Join the processes that torchrun started, if it did; gives the device of this one.

    Raises:
        LeapError: there is no such device.
    """
    check_device(device)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    dist.init_process_group("cpu:gloo,cuda:nccl" if device != "cpu" else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


def rank() -> int:
    """Number of this process, from 0; the first writes and prints."""
    return dist.get_rank() if dist.is_initialized() else 0


def processes() -> int:
    """How many there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def mine() -> slice:
    """Which videos of any are this process's."""
    return slice(rank(), None, processes())


def share(batch: Tensor) -> tuple[Tensor, float]:
    """This process's part of a batch's videos, and the weight of their mean loss.

    The mean over processes of the weighed losses is the mean over the batch. As every process has to take
    part in every step, one that gets no video takes one with weight 0.
    """
    part = batch[mine()]
    return (part, processes() * len(part) / len(batch)) if len(part) else (batch[:1], 0.0)


def all_sum(value: Tensor) -> float:
    """The sum of every process's value."""
    if processes() == 1:
        return float(value)
    from torchmetrics import SumMetric

    metric = SumMetric().to(value.device)
    metric.update(value)
    return float(metric.compute())


def all_scores(*cubes: Tensor) -> dict[str, float]:
    """The ten scores over the videos of all processes; arguments as of `leap.metrics.parsing_scores`."""
    if processes() == 1:
        return parsing_scores(*cubes)
    from leap.metrics.parsing import ParsingScores

    metric = ParsingScores()
    metric.update(*cubes)
    scores: dict[str, float] = metric.compute()
    return scores


def replicated(parser: nn.Module) -> nn.Module:
    """The parser, with gradients that are averaged over the processes."""
    if processes() == 1:
        return parser
    return DistributedDataParallel(parser, find_unused_parameters=True)  # some heads have no loss

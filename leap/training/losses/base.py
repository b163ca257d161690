"""Base class of every system's losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from torch import Tensor, nn

from leap.config import RunConfig
from leap.data.videos import Videos
from leap.models.output import Parsing

Losses = dict[str, Tensor]
"""Unweighted losses by name, each a scalar."""


class BasicLoss:
    """The losses of one system, L_basic of `leap.config.LossConfig`.

    Args:
        config: config of the loss.

    Attributes:
        weights: weights of the named losses; those not listed have weight 1.
        shardable: whether each loss is a mean over videos, so data-parallel training can shard a batch.
        replayable: whether every step performs the same computation, whatever its index and progress, so a
            CUDA graph can replay it.
    """

    weights: Mapping[str, float] = MappingProxyType({})
    shardable: bool = False
    replayable: bool = False

    def __init__(self, config: Any) -> None:
        self.config = config

    def prepare(self, config: RunConfig, videos: Videos, train: Callable[[RunConfig], nn.Module]) -> None:
        """Called once before training, with the training videos; here nothing.

        Args:
            config: the run.
            videos: training videos, on the CPU.
            train: trains another run on the same data and returns its parser, on the CPU.
        """

    def targets(self, parser: nn.Module, videos: Videos, progress: float) -> Videos:
        """The videos of a step with the labels they are trained on; here those given.

        Args:
            parser: the parser before the step.
            videos: the videos of the step.
            progress: epochs completed, for example 1.5 in the middle of the second.
        """
        return videos

    def __call__(self, parsing: Parsing, videos: Videos, step: int) -> Losses:
        """The unweighted losses by name.

        Args:
            parsing: parsing of the videos.
            videos: the videos of the step, with their targets.
            step: index of the step within the epoch, from 0.
        """
        raise NotImplementedError

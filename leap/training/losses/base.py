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
    """Base class of a system's losses, L_basic of `leap.config.LossConfig`.

    Args:
        config: config of the loss.

    Attributes:
        weights: weights of the losses by name; losses that are not listed have weight 1.
        shardable: whether each loss is a mean over videos, so data-parallel training can shard a batch.
        replayable: whether every step performs the same computation, regardless of its index and progress, so
            a CUDA graph can replay it.
    """

    weights: Mapping[str, float] = MappingProxyType({})
    shardable: bool = False
    replayable: bool = False

    def __init__(self, config: Any) -> None:
        self.config = config

    def prepare(self, config: RunConfig, videos: Videos, train: Callable[[RunConfig], nn.Module]) -> None:
        """Prepare for training; called once before it. The base class does nothing.

        Args:
            config: config of the run.
            videos: training videos, on the CPU.
            train: function that trains another run on the same data set and returns its parser, on the CPU.
        """

    def targets(self, parser: nn.Module, videos: Videos, progress: float) -> Videos:
        """Replace labels by the targets of a training step; the base class returns the videos unchanged.

        Args:
            parser: the parser before the step.
            videos: the videos of the step.
            progress: completed epochs, for example 1.5 in the middle of the second.

        Returns:
            The videos with the labels that this step learns.
        """
        return videos

    def __call__(self, parsing: Parsing, videos: Videos, step: int) -> Losses:
        """Compute the unweighted losses.

        Args:
            parsing: parsing of the videos.
            videos: the videos of the step, as `targets` returned them.
            step: index of the step within the epoch, from 0.

        Returns:
            Scalar losses by name.
        """
        raise NotImplementedError

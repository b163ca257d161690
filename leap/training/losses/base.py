"""What every system's losses have in common."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from torch import Tensor, nn

from leap.data.videos import Videos
from leap.models.output import Parsing

Losses = dict[str, Tensor]
"""Unweighted losses by name, each a scalar."""


class BasicLoss:
    """The losses of one system, L_basic of `leap.config.LossConfig`.

    Args:
        config: its config.

    Attributes:
        weights: weights of the named losses; those not listed have weight 1.
        shardable: whether each loss is a mean over videos, so data-parallel training can shard a batch.
        replayable: whether every step performs the same computation, so a CUDA graph can replay it.
    """

    weights: Mapping[str, float] = MappingProxyType({})
    shardable: bool = True
    replayable: bool = True

    def __init__(self, config: Any) -> None:
        self.config = config

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
            parsing: of the videos.
            videos: the videos of the step, with their targets.
            step: of the epoch, counted from 0.
        """
        raise NotImplementedError

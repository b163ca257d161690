"""The training criterion: the named losses of one system and their weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from leap.config import LOSSES, LossConfig
from leap.data.videos import Videos
from leap.models.output import Parsing
from leap.training.losses import AVSS, BasicLoss, Losses


class Criterion:
    """L_basic of a system and, if configured, L_avss.

    Args:
        config: config of the losses.

    Attributes:
        basic: the system's losses.
        weights: weights of the losses by name; losses that are not listed have weight 1.
    """

    def __init__(self, config: LossConfig) -> None:
        self.config = config
        self.basic: BasicLoss = LOSSES.build(config.basic)
        self.weights = dict(self.basic.weights)
        if config.avss:
            self.weights["avss"] = config.avss.weight

    @property
    def shardable(self) -> bool:
        """Whether every loss is a mean over videos, so data-parallel training can shard a batch."""
        confident = self.config.avss is not None and self.config.avss.variant == "confident"
        return self.basic.shardable and not confident

    @property
    def replayable(self) -> bool:
        """Whether every step performs the same computation, so a CUDA graph can replay it."""
        return self.basic.replayable

    def targets(self, parser: nn.Module, videos: Videos, progress: float) -> Videos:
        """The videos of a step with the labels that it learns; see `BasicLoss.targets`."""
        return self.basic.targets(parser, videos, progress)

    def __call__(self, parsing: Parsing, videos: Videos, step: int = 0) -> Losses:
        """The unweighted losses by name; arguments as in `BasicLoss.__call__`."""
        losses = self.basic(parsing, videos, step)
        if self.config.avss:
            losses["avss"] = AVSS[self.config.avss.variant](parsing, videos)
        return losses

    def total(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum of losses that training minimizes, a scalar."""
        return torch.stack([self.weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum()

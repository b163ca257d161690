"""What a training minimises: the losses of one system, named and weighed."""

from collections.abc import Callable, Mapping
from typing import cast

import torch
from torch import Tensor, nn

from leap.config import LossConfig
from leap.data.videos import Videos
from leap.models.output import Parsing
from leap.models.parser import Parser
from leap.training.denoising import NoiseRatios, denoise
from leap.training.losses import (
    avss,
    avss_confident,
    avss_release,
    basic_losses,
    cmpae_losses,
    han_losses,
    jomold_losses,
    valor_losses,
)

Losses = dict[str, Tensor]

BASIC: dict[str, Callable[[Parsing, Videos], Losses]] = {
    "leap": basic_losses,
    "han": han_losses,
    "valor": valor_losses,
    "jomold": jomold_losses,
}
"""By system; CMPAE's also depend on the step."""

AVSS = {"paper": avss, "release": avss_release, "confident": avss_confident}

CMPAE_WEIGHTS = {"video_audio": 2.0, "video_visual": 0.6, "video": 0.6}
"""The other losses of CMPAE, and all of the other systems, have weight 1."""


class Criterion:
    """A system's losses and, where λ > 0, L_avss; weights are applied by ``total``.

    Args:
        config: which losses.
        noise: how much of the weak labels is wrong in each modality, to remove it; None to keep all.
    """

    def __init__(self, config: LossConfig, noise: NoiseRatios | None = None) -> None:
        self.config, self.noise = config, noise
        self.weights = {"avss": config.weight_avss} | (CMPAE_WEIGHTS if config.basic == "cmpae" else {})
        self._avss = AVSS["confident" if config.confident else config.avss]

    @property
    def divides(self) -> bool:
        """Whether the losses of a batch are means over its videos, whatever else is in it."""
        return self.noise is None and not self.config.confident

    @property
    def repeats(self) -> bool:
        """Whether all steps compute the same: no label is removed and no loss alternates."""
        return self.noise is None and self.config.basic != "cmpae"

    def prepare(self, parser: nn.Module, videos: Videos, progress: float) -> Videos:
        """The videos of a step with the labels they are trained on.

        Args:
            parser: as it is before the step.
            videos: the step's.
            progress: epochs behind, such as 1.5 in the middle of the second.
        """
        if self.noise is None:
            return videos
        return denoise(cast(Parser, parser), videos, self.noise.after(progress, self.config.warmup))

    def __call__(self, parsing: Parsing, videos: Videos, step: int = 0) -> Losses:
        """The unweighted losses by name, at a step of an epoch, counted from 0."""
        name = self.config.basic
        losses = cmpae_losses(parsing, videos, step) if name == "cmpae" else BASIC[name](parsing, videos)
        if self.weights["avss"] > 0:
            losses["avss"] = self._avss(parsing, videos)
        return losses

    def total(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum that is minimised."""
        return torch.stack([self.weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum()

"""One step of training."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

from leap.data.videos import Videos
from leap.models.output import Parsing
from leap.training.bfloat16_weights import rounded
from leap.training.criterion import Criterion, Losses
from leap.training.cuda_graph import Recorded
from leap.training.distributed import processes


class Step:
    """Steps of one parser's training.

    On a GPU a step is thousands of calls, each of which takes longer to start than to run. Where all steps do
    the same they are recorded as a CUDA graph and replayed.

    Args:
        parser: the parser to train, in training mode when a step is taken.
        criterion: its losses.
        optimizer: of its parameters, as `leap.training.trainer.make_optimizer` makes it.
        videos: to train on.
        clip: the largest norm of the gradient; None for any.
    """

    def __init__(
        self,
        parser: nn.Module,
        criterion: Criterion,
        optimizer: torch.optim.Optimizer,
        videos: Videos,
        clip: float | None = None,
    ) -> None:
        self.parser, self.criterion, self.optimizer = parser, criterion, optimizer
        self.videos, self.clip = videos, clip
        recorded = videos.device.type == "cuda" and processes() == 1 and criterion.repeats
        self._replay = Recorded(self._take) if recorded else None
        self._rounds = recorded and getattr(parser, "precision", None) == "bfloat16"

    def __call__(self, part: Tensor, weight: float, index: int, progress: float) -> Losses:
        """Take a step.

        Args:
            part: which videos, (B,).
            weight: of their loss, see `leap.training.distributed.share`.
            index: of the step in its epoch, from 0.
            progress: epochs behind.

        Returns:
            The losses by name and, weighed, their ``total``, which is NaN where a probability is; on a GPU
            the next step writes over them.
        """
        return self._replay(part) if self._replay else self._take(part, weight, index, progress)

    def set_rate(self, rate: float) -> None:
        """Set the learning rate."""
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)  # a graph reads it from there
            else:
                group["lr"] = rate

    def _take(self, part: Tensor, weight: float = 1.0, index: int = 0, progress: float = 0.0) -> Losses:
        batch = self.criterion.prepare(self.parser, self.videos[part], progress)
        parsing = self._parse(batch.audio, batch.visual_2d, batch.visual_3d)
        finite = torch.isfinite(parsing.video_audio + parsing.video_visual + parsing.video).all()
        losses = self.criterion(parsing.without_nan(), batch, index)
        total = self.criterion.total(losses)
        self.optimizer.zero_grad(set_to_none=self.videos.device.type == "cuda")  # see make_optimizer
        (weight * total).backward()
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self.optimizer.param_groups[0]["params"], self.clip)
        self.optimizer.step()
        found = losses | {"total": torch.where(finite, total, torch.nan)}
        return {name: loss.detach() for name, loss in found.items()}

    def _parse(self, *features: Tensor | None) -> Parsing:
        if not self._rounds:
            return cast(Parsing, self.parser(*features))
        return cast(Parsing, functional_call(self.parser, rounded(self.parser), features))

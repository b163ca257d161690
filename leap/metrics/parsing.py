"""The ten scores as a torchmetrics metric, for accumulation over batches and processes."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from leap.errors import LeapError
from leap.metrics.functional import PER_VIDEO, Labels, per_video_scores, with_type_means


class ParsingScores(Metric):
    """``parsing_scores`` over everything it has been updated with.

    Its state is the sum over videos of each of the eight scores, and the number of videos; both add up
    across processes. ``compute`` gives the ten scores, × 100.

    Raises:
        LeapError: on ``update`` as ``per_video_scores``; on ``compute`` if there was no video.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    sums: Tensor
    videos: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("sums", torch.zeros(len(PER_VIDEO), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("videos", torch.tensor(0), dist_reduce_fx="sum")

    def update(
        self, pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
    ) -> None:
        """Add videos; every argument is (N, T, C) zeros and ones."""
        scores = per_video_scores(pred_audio, pred_visual, true_audio, true_visual)
        self.sums += torch.tensor([values.sum() for values in scores.values()], device=self.sums.device)
        self.videos += len(scores[PER_VIDEO[0]])

    def compute(self) -> dict[str, float]:
        """The ten scores of all videos so far, × 100."""
        if not self.videos:
            raise LeapError("no videos to score; update the metric first")
        means = (100 * self.sums / self.videos).tolist()
        return with_type_means(dict(zip(PER_VIDEO, means, strict=True)))

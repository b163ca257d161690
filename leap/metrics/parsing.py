"""The ten scores as a torchmetrics metric, accumulated over batches and processes."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from leap.errors import LeapError
from leap.metrics.functional import PER_VIDEO, Labels, per_video_scores, scores_from_sums


class ParsingScores(Metric):
    """`leap.metrics.parsing_scores` of all videos passed to ``update``.

    The state consists of the sum over videos of each of the eight per-video scores and the number of videos.
    Both are summed over processes.

    Raises:
        LeapError: ``update`` receives inputs that `leap.metrics.per_video_scores` refuses, or ``compute`` is
            called before any video was added.

    Example:
        >>> metric = ParsingScores()
        >>> metric.update(*[torch.ones(2, 10, 3)] * 4)
        >>> metric.compute()["evt_event"]
        100.0
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
        """Add videos.

        Args:
            pred_audio: predicted audio events, (N, T, C), zeros and ones.
            pred_visual: predicted visual events, likewise.
            true_audio: audio events of the ground truth, likewise.
            true_visual: visual events of the ground truth, likewise.
        """
        scores = per_video_scores(pred_audio, pred_visual, true_audio, true_visual)
        self.sums += torch.tensor([values.sum() for values in scores.values()], device=self.sums.device)
        self.videos += len(scores[PER_VIDEO[0]])

    def compute(self) -> dict[str, float]:
        """The ten scores × 100 over all videos so far."""
        if not self.videos:
            raise LeapError("no videos to score; update the metric first")
        return scores_from_sums(self.sums.tolist(), int(self.videos))

"""Scores as torchmetrics metrics, accumulated over batches and processes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from leap.errors import LeapError
from leap.metrics.arrays import Floats, Labels
from leap.metrics.event_iou import STREAM_SCORES, per_video_event_scores
from leap.metrics.exclusive import per_video_exclusive_scores
from leap.metrics.functional import PER_VIDEO, per_video_scores, with_type_means


class ParsingScores(Metric):
    """`leap.metrics.parsing_scores` of all videos passed to ``update``.

    The state consists of the sum over videos of each score of a single video and the number of videos. Both
    are summed over processes.

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

    names: ClassVar[tuple[str, ...]] = PER_VIDEO
    score_videos: ClassVar[Callable[..., dict[str, Floats]]] = staticmethod(per_video_scores)

    sums: Tensor
    videos: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("sums", torch.zeros(len(self.names), dtype=torch.float64), dist_reduce_fx="sum")
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
        scores = self.score_videos(pred_audio, pred_visual, true_audio, true_visual)
        self.sums += torch.tensor([scores[name].sum() for name in self.names], device=self.sums.device)
        self.videos += len(scores[self.names[0]])

    def compute(self) -> dict[str, float]:
        """The scores × 100 over all videos so far."""
        if not self.videos:
            raise LeapError("no videos to score; update the metric first")
        means = (100 * self.sums / int(self.videos)).tolist()
        return with_type_means(dict(zip(self.names, means, strict=True)))


class ExclusiveScores(ParsingScores):
    """`leap.metrics.exclusive.exclusive_scores` of all videos passed to ``update``; see `ParsingScores`."""

    score_videos = staticmethod(per_video_exclusive_scores)


class MeanEventScores(ParsingScores):
    """`leap.metrics.event_iou.mean_event_scores` of all videos passed to ``update``; see `ParsingScores`."""

    names = STREAM_SCORES
    score_videos = staticmethod(per_video_event_scores)


class ProbabilityMetric(Metric):
    """A measure of the probabilities of one modality, of all videos passed to ``update``.

    The state consists of all probabilities and labels, because thresholds and bins are those of all videos
    together; it is gathered from all processes.

    Args:
        measure: function of probabilities and labels, each (N, T, C), such as
            `leap.metrics.average_precision`, `leap.metrics.ranking.class_ranking`, `leap.metrics.psds.psds`
            or `leap.metrics.calibration.expected_calibration_error`.
        options: further arguments of ``measure``.
        kwargs: arguments of ``torchmetrics.Metric``.

    Raises:
        LeapError: ``compute`` is called before any video was added, or ``measure`` refuses its arguments.

    Example:
        >>> from leap.metrics import average_precision
        >>> metric = ProbabilityMetric(average_precision, {"average": "macro"})
        >>> metric.update(torch.tensor([[[0.9], [0.2]]]), torch.tensor([[[1], [0]]]))
        >>> metric.compute()
        100.0
    """

    is_differentiable = False
    full_state_update = False

    probabilities: list[Tensor]
    true: list[Tensor]

    def __init__(
        self, measure: Callable[..., Any], options: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.measure = partial(measure, **(options or {}))
        self.add_state("probabilities", [], dist_reduce_fx="cat")
        self.add_state("true", [], dist_reduce_fx="cat")

    def update(self, probabilities: Labels, true: Labels) -> None:
        """Add videos.

        Args:
            probabilities: segment probabilities, or other scores, (N, T, C).
            true: events of the ground truth, (N, T, C), zeros and ones.
        """
        self.probabilities.append(torch.as_tensor(probabilities))
        self.true.append(torch.as_tensor(true))

    def compute(self) -> Any:
        """The measure of all videos so far."""
        if not any(len(batch) for batch in self.true):
            raise LeapError("no videos to score; update the metric first")
        return self.measure(dim_zero_cat(self.probabilities), dim_zero_cat(self.true))

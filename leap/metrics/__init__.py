"""Scores of parsed videos as functions; `leap.metrics.parsing` provides them as a torchmetrics metric."""

from leap.metrics.event_iou import event_scores_by_iou, mean_event_scores
from leap.metrics.exclusive import exclusive_scores
from leap.metrics.functional import (
    PER_VIDEO,
    SCORES,
    average_precision,
    overlapping_videos,
    parsing_scores,
    per_class_scores,
    per_video_scores,
    precision_recall,
)
from leap.metrics.titles import TITLES

__all__ = [
    "PER_VIDEO",
    "SCORES",
    "TITLES",
    "average_precision",
    "event_scores_by_iou",
    "exclusive_scores",
    "mean_event_scores",
    "overlapping_videos",
    "parsing_scores",
    "per_class_scores",
    "per_video_scores",
    "precision_recall",
]

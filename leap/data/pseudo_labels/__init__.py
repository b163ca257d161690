"""Segment-level pseudo-labels: made from a teacher's scores, compared, corrupted, denoised.

- `make`: threshold a teacher's scores, within the weak label, and choose the threshold on val.
- `soft`: the teacher's confidence in place of zeros and ones.
- `compare`: precision, recall and F-score against dense labels.
- `corrupt`, `corrupt_runs`: add errors, segment by segment or run by run.
- `median`, `hmm`: denoise over time by a median filter or a hidden Markov model.
- `smooth`: denoise the training videos, where the fitted model expects a gain.
"""

from leap.data.pseudo_labels.compare import (
    AbsentPairs,
    PrecisionRecall,
    called_though_absent,
    precision_recall,
)
from leap.data.pseudo_labels.corrupt import corrupt_videos
from leap.data.pseudo_labels.make import choose_threshold, threshold_scores
from leap.data.pseudo_labels.smooth import smooth_videos
from leap.data.pseudo_labels.soft import soft_labels

__all__ = [
    "AbsentPairs",
    "PrecisionRecall",
    "called_though_absent",
    "choose_threshold",
    "corrupt_videos",
    "precision_recall",
    "smooth_videos",
    "soft_labels",
    "threshold_scores",
]

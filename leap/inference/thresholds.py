"""Choose the class thresholds of a decoding protocol on the validation split."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor

from leap.config import Protocol
from leap.inference.decode import decode
from leap.metrics.functional import event_scores
from leap.models.output import Parsing

VISUAL_GRID = tuple(round(0.25 + 0.05 * step, 2) for step in range(10))
"""Visual thresholds that CMPAE tries for every class: 0.25, 0.30 … 0.70."""


def choose_class_thresholds(parsings: Iterable[Parsing], true_visual: Tensor, protocol: Protocol) -> Protocol:
    """Choose a visual threshold per class by visual event-level F on the validation split (CMPAE).

    The threshold of one class varies at a time, while the other classes keep ``protocol.gate_threshold``.
    Ties go to the larger threshold.

    Args:
        parsings: batches of parsed validation videos, N videos in total.
        true_visual: dense visual labels of the videos, (N, T, C).
        protocol: a protocol with ``gate="modality"``.

    Returns:
        The protocol with ``class_thresholds``.

    Raises:
        ValueError: the protocol has another gate.
    """
    batches, classes = list(parsings), true_visual.shape[-1]
    start = [protocol.gate_threshold] * classes

    def score(label: int, threshold: float) -> float:
        """Visual event-level F with another threshold for one class."""
        thresholds = tuple(threshold if c == label else t for c, t in enumerate(start))
        candidate = replace(protocol, class_thresholds=thresholds)
        visual = torch.cat([decode(batch, candidate)[1] for batch in batches]).cpu()  # (N, T, C)
        return 100 * float(event_scores(visual, true_visual).mean())

    def best(label: int) -> float:
        """The best-scoring threshold of a class."""
        return max(VISUAL_GRID, key=lambda threshold: (score(label, threshold), threshold))

    return replace(protocol, class_thresholds=tuple(map(best, range(classes))))

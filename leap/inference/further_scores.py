"""Measures beside the ten scores that commands print on request, as plain JSON values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np

from leap.inference.scored_predictions import ScoredPredictions
from leap.io.progress import with_progress
from leap.metrics import (
    average_precision,
    event_scores_by_iou,
    exclusive_scores,
    mean_event_scores,
    parsing_scores,
    per_class_scores,
)
from leap.metrics.calibration import expected_calibration_error, reliability
from leap.metrics.psds import CONFUSION, LOCALIZATION, psds


def requested_scores(found: ScoredPredictions, also: Collection[str] = ()) -> dict[str, Any]:
    """The ten scores × 100 of predictions and, under their names, further measures.

    Args:
        found: the predictions.
        also: keys of `FURTHER`; those in `OF_PROBABILITIES` need the probabilities of a parser.

    Raises:
        LeapError: N is 0.
    """
    measures = {name: FURTHER[name](found) for name in with_progress(also, "measure", unit="measure")}
    return {**parsing_scores(*found.cubes), **measures}


def scores_by_iou(found: ScoredPredictions) -> dict[str, dict[str, float]]:
    """Temporal IoU, such as ``"0.3"``, → the five event-level scores × 100; and ``"mean"``, their means."""
    by_iou = {f"{iou:g}": scores for iou, scores in event_scores_by_iou(*found.cubes).items()}
    return by_iou | {"mean": mean_event_scores(*found.cubes)}


def scores_by_class(found: ScoredPredictions) -> dict[str, dict[str, float | None]]:
    """Class → its eight scores × 100, pooled over videos.

    A score is None if the class is neither predicted nor true.
    """
    scores = per_class_scores(*found.cubes)
    rows = {name: _numbers(100 * values) for name, values in scores.items()}
    return _by_class(found.classes, rows)


def ranking(found: ScoredPredictions) -> dict[str, dict[str, Any]]:
    """How well the probabilities of each modality rank segments.

    Returns:
        Modality → ``ap``, the average precision × 100 over all classes together; ``map``, its mean over the
        classes that occur; and ``per_class``, class → ``ap``, ``auc`` (area under the ROC curve) and
        ``chance``, × 100, None if the class never or always occurs.
    """
    from leap.metrics.ranking import class_ranking

    return {
        modality: {
            "ap": average_precision(probabilities, true),
            "map": average_precision(probabilities, true, average="macro"),
            "per_class": _by_class(
                found.classes,
                {k: _numbers(x) for k, x in class_ranking(probabilities, true)._asdict().items()},
            ),
        }
        for modality, probabilities, true in found.ranked()
    }


def calibration(found: ScoredPredictions) -> dict[str, dict[str, Any]]:
    """Whether events occur as often as the probabilities of each modality say.

    Returns:
        Modality → ``error``, the expected calibration error × 100, and ``curve``, the ``number``, mean
        ``probability`` and ``frequency`` of the probabilities in each bin, see `leap.metrics.calibration`.
    """
    return {
        modality: {
            "error": expected_calibration_error(probabilities, true),
            "curve": {k: _numbers(x) for k, x in reliability(probabilities, true)._asdict().items()},
        }
        for modality, probabilities, true in found.ranked()
    }


def detection(found: ScoredPredictions) -> dict[str, dict[str, float]]:
    """Modality → polyphonic sound detection score × 100 of both scenarios, see `leap.metrics.psds`."""
    scenarios = {"localization": LOCALIZATION, "confusion": CONFUSION}
    return {
        modality: {name: psds(probabilities, true, scenario) for name, scenario in scenarios.items()}
        for modality, probabilities, true in found.ranked()
    }


OF_EVENTS: dict[str, Callable[[ScoredPredictions], dict[str, Any]]] = {
    "exclusive": lambda found: dict(exclusive_scores(*found.cubes)),
    "ious": scores_by_iou,
    "per_class": scores_by_class,
}
"""Name → measure of predicted events."""

OF_PROBABILITIES: dict[str, Callable[[ScoredPredictions], dict[str, Any]]] = {
    "ranking": ranking,
    "psds": detection,
    "calibration": calibration,
}
"""Name → measure of a parser's probabilities."""

FURTHER = OF_EVENTS | OF_PROBABILITIES


def _by_class(
    classes: Iterable[str], columns: dict[str, list[float | None]]
) -> dict[str, dict[str, float | None]]:
    return {label: {name: values[c] for name, values in columns.items()} for c, label in enumerate(classes)}


def _numbers(values: Iterable[float]) -> list[float | None]:
    """Numbers as JSON has them; None for NaN."""
    return [None if np.isnan(value) else np.asarray(value).item() for value in values]

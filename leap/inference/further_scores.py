"""Scores beside the ten that commands print on request, as plain JSON values."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from leap.metrics import event_scores_by_iou, exclusive_scores, mean_event_scores, parsing_scores
from leap.metrics.arrays import Labels


def scores_by_iou(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, dict[str, float]]:
    """Temporal IoU, such as ``"0.3"``, → the five event-level scores × 100; and ``"mean"``, their means.

    Arguments and errors are those of `leap.metrics.parsing_scores`.
    """
    cubes = pred_audio, pred_visual, true_audio, true_visual
    by_iou = {f"{iou:g}": scores for iou, scores in event_scores_by_iou(*cubes).items()}
    return by_iou | {"mean": mean_event_scores(*cubes)}


FURTHER: dict[str, Callable[..., dict[str, Any]]] = {"exclusive": exclusive_scores, "ious": scores_by_iou}
"""Name of further scores → their function, with the arguments of `leap.metrics.parsing_scores`."""


def requested_scores(
    pred_audio: Labels,
    pred_visual: Labels,
    true_audio: Labels,
    true_visual: Labels,
    also: Collection[str] = (),
) -> dict[str, Any]:
    """The ten scores × 100 and, under their names, further scores.

    Arguments and errors are those of `leap.metrics.parsing_scores`; ``also`` are keys of `FURTHER`.
    """
    cubes = pred_audio, pred_visual, true_audio, true_visual
    return {**parsing_scores(*cubes), **{name: FURTHER[name](*cubes) for name in also}}

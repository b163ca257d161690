"""The teacher's scores: what pseudo-labels are made of, before thresholds and the weak label."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from leap.data.pseudo_labels import soft_labels
from leap.data.store import FeatureStore
from leap.data.videos import Videos
from leap.errors import LeapError
from leap.io.atomic import atomic_path
from leap.io.reason import explain
from leap.io.tensor_file import TENSOR_ERRORS, open_tensors
from leap.metrics.arrays import MODALITIES

TEACHER = "teacher.safetensors"
"""File beside a store that does not hold its teacher's scores itself."""

Pair = tuple[Tensor, Tensor]
"""Audio and visual values, each (N, T, C)."""


def save_teacher_scores(path: Path, scores: dict[str, Pair], checksum: str) -> None:
    """Write scores for a store that does not hold them.

    Args:
        path: the file, `TEACHER` beside the store.
        scores: split → audio and visual logits, each (N, T, C).
        checksum: the store's checksum.
    """
    tensors = {
        f"{split}.{modality}": values
        for split, pair in scores.items()
        for modality, values in zip(("audio", "visual"), pair, strict=True)
    }
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, {"config": json.dumps({"store": checksum})})


def teacher_scores(store: FeatureStore, split: str) -> Pair | None:
    """Audio and visual logits of the teacher on a split, each (N, T, C), from the store or beside it.

    Returns:
        The logits; None where neither has them.

    Raises:
        LeapError: the scores are damaged, or those beside the store belong to another one.
    """
    if store.has(split, "teacher_audio"):
        return store.teacher_scores(split)
    path = store.path.with_name(TEACHER)
    if "logit_thresholds" not in store.provenance or not path.exists():
        return None  # a file of that name beside any other store belongs to something else
    return _read(path, store, split)


def teacher_labels(store: FeatureStore, split: str) -> Pair | None:
    """Pseudo-labels as the teacher gives them, before the weak label masks them.

    The pseudo-labels of the store are the same labels where the weak label has the class, and 0 elsewhere.

    Returns:
        Audio and visual labels, each (N, T, C), zeros and ones; None if the teacher's scores are unknown.

    Raises:
        LeapError: as `teacher_scores`.
    """
    scores, thresholds = teacher_scores(store, split), store.provenance.get("logit_thresholds")
    if scores is None or thresholds is None:
        return None
    return (scores[0] > thresholds["audio"]).float(), (scores[1] > thresholds["visual"]).float()


def with_soft_labels(videos: Videos, store: FeatureStore, split: str) -> Videos:
    """Add soft labels, made of the teacher's logits, to all videos of a split.

    Raises:
        LeapError: the teacher's scores are unknown, or damaged.
    """
    scores, thresholds = teacher_scores(store, split), store.provenance.get("logit_thresholds")
    if scores is None or thresholds is None:
        what = f"has no logits of the teacher of {split}, from which the loss learns"
        raise LeapError(f"{store.path}: {what}; choose another loss")
    audio, visual = (
        soft_labels(logits, torch.tensor(thresholds[modality]), videos.weak)
        for logits, modality in zip(scores, MODALITIES, strict=True)
    )
    return replace(videos, soft_audio=audio, soft_visual=visual)


def _read(path: Path, store: FeatureStore, split: str) -> Pair | None:
    names = [f"{split}.{modality}" for modality in ("audio", "visual")]
    try:
        with open_tensors(path) as file:
            owner = json.loads(file.metadata()["config"])["store"]
            scores = [file.get_tensor(name) for name in names if name in file.keys()]  # noqa: SIM118
    except TENSOR_ERRORS as error:
        what, remedy = "not the scores of a teacher", "build the data set again"
        raise LeapError(f"{path}: {explain(error, what, remedy)}") from None
    if owner != store.checksum:
        raise LeapError(f"{path}: does not belong to {store.path.name} beside it; build both again")
    shape = (store.splits[split], store.segments, len(store.classes))
    if any(values.shape != shape or not torch.isfinite(values).all() for values in scores):
        raise LeapError(f"{path}: does not hold finite scores of shape {shape}; build the data set again")
    return (scores[0], scores[1]) if len(scores) == 2 else None

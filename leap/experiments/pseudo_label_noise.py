"""Error rates that published scores leave possible for VALOR's pseudo-labels on the test videos of LLP.

The dense labels of these videos are known, and the pseudo-labels mark only classes of the weak label. Four of
their scores are published. This module draws complete sets of pseudo-labels from a model of their errors and
keeps the sets that have the published scores. Every kept set is a possible one, so the range of any measure
over the kept sets is a range that the scores leave open; a richer model could only widen it.

In the model, a segment of a class of the weak label has a random number u in 0…1. The pseudo-label is 1 if
u < 1 − miss rate where the event is present, or u < false-alarm rate where it is absent. With a probability,
the persistence, a segment takes over the number of the preceding segment; otherwise it draws a new one. At
persistence 0, segments err independently. At 1, a (video, class) pair has a single number: it is marked in
every segment, where it occurs, or nowhere. The modalities err independently of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from leap.data.annotations import Annotations, read_annotations
from leap.data.pseudo_labels import called_though_absent, precision_recall
from leap.experiments.llp_tables import VALOR
from leap.experiments.published import published
from leap.metrics.functional import segment_scores

Labels = NDArray[np.bool_]
Integers = NDArray[np.uint8]
Floats = NDArray[np.float64]

PERSISTENCES = (0.0, 0.5, 0.8, 0.95, 1.0)
FALSE_ALARMS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SEEDS = 2

TOLERANCE = 0.2
"""Largest difference of a score × 100 from the published one.

Rounding explains 0.05. Sets drawn with equal parameters differ more from one another: the standard deviation
of a score is 0.2 to 1.3.
"""

FOUR = ("seg_a", "seg_v", "seg_av", "seg_event")
"""The published scores, except Type@AV, which is the mean of the first three."""

HALVINGS = 12
"""Bisection steps for the miss rate, to 0.0002."""

RANGES = {
    "visual_misses": "miss rate",
    "visual_false_alarms": "false-alarm rate",
    "visual_precision": "precision",
    "visual_recall": "recall",
    "visual_called": "never-visible pairs called visible",
}
"""Columns of `noise_table` of which `readable_noise` shows the range → title."""


class Noisy(NamedTuple):
    """Pseudo-labels of one modality, (N, T, K), the parameters of their errors, and their score × 100."""

    misses: float
    false_alarms: float
    persistence: float
    labels: Labels
    score: float


def noise_table(annotations: Path) -> pd.DataFrame:
    """Sets of pseudo-labels of the test videos that have the scores published for VALOR's.

    Args:
        annotations: folder of the annotation files.

    Returns:
        One row per set. Per modality: the rates and the persistence of its errors; micro precision and recall
        × 100 of its segments; and the percentage ``called`` of the (video, class) pairs of the weak label
        that never occur in the modality but are marked in it. Last, the four scores × 100.
    """
    test = occurring_classes(read_annotations(annotations, "test"))
    scores = {name: float(published()[name][VALOR]) for name in FOUR}
    rows = [row for seed in range(SEEDS) for row in compatible_sets(test, scores, seed)]
    return pd.DataFrame(rows).rename_axis("set")


def compatible_sets(truth: Annotations, scores: Mapping[str, float], seed: int) -> Iterator[dict[str, float]]:
    """Draw pseudo-labels of both modalities, and keep the combinations with given scores.

    Args:
        truth: weak and dense labels.
        scores: the scores × 100 of `FOUR` that a set must have.
        seed: seed of the random numbers.

    Yields:
        The rows of `noise_table`.
    """
    rng = np.random.default_rng(seed)
    heard = noisy_labels(truth.audio, truth.weak, scores["seg_a"], rng)
    seen = noisy_labels(truth.visual, truth.weak, scores["seg_v"], rng)
    for audio, visual in product(heard, seen):
        av = score(audio.labels & visual.labels, truth.audio & truth.visual)
        if abs(av - scores["seg_av"]) > TOLERANCE:
            continue
        event = score(_pooled(audio.labels, visual.labels), _pooled(truth.audio, truth.visual))
        if abs(event - scores["seg_event"]) <= TOLERANCE:
            four = dict(zip(FOUR, (audio.score, visual.score, av, event), strict=True))
            yield _measures("audio", audio, truth) | _measures("visual", visual, truth) | four


def noisy_labels(true: Integers, weak: Integers, target: float, rng: np.random.Generator) -> list[Noisy]:
    """Draw pseudo-labels of one modality that have a given score.

    Args:
        true: dense labels, (N, T, K).
        weak: weak labels, (N, K).
        target: segment-level score × 100.
        rng: random generator.

    Returns:
        Pseudo-labels for each persistence and false-alarm rate at which a miss rate gives the score.
    """
    found = []
    for persistence in PERSISTENCES:
        numbers = persistent_numbers(true.shape, persistence, rng)
        for false_alarms in FALSE_ALARMS:
            misses = _miss_rate(true, weak, target, false_alarms, numbers)
            labels = add_errors(true, weak, misses, false_alarms, numbers)
            if abs(score(labels, true) - target) <= TOLERANCE:
                found.append(Noisy(misses, false_alarms, persistence, labels, score(labels, true)))
    return found


def occurring_classes(truth: Annotations) -> Annotations:
    """Keep, for each video, only the columns of its own classes, (N, T, K); no score of a video changes."""
    occurs = (truth.weak > 0) | truth.audio.any(1) | truth.visual.any(1)  # (N, C)
    kept = np.argsort(~occurs, axis=1, kind="stable")[:, : occurs.sum(1).max()]  # (N, K)
    audio, visual = (np.take_along_axis(x, kept[:, None], axis=2) for x in (truth.audio, truth.visual))
    return replace(truth, weak=np.take_along_axis(truth.weak, kept, axis=1), audio=audio, visual=visual)


def persistent_numbers(shape: tuple[int, ...], persistence: float, rng: np.random.Generator) -> Floats:
    """Uniform random numbers, (N, T, K), each equal to the preceding segment's with a given probability."""
    numbers, kept = rng.random(shape), rng.random(shape) < persistence
    for before, now in pairwise(range(shape[1])):
        numbers[:, now] = np.where(kept[:, now], numbers[:, before], numbers[:, now])
    return numbers


def add_errors(true: Integers, weak: Integers, misses: float, false_alarms: float, numbers: Floats) -> Labels:
    """Turn dense labels into pseudo-labels within the weak label.

    Args:
        true: dense labels of one modality, (N, T, K).
        weak: weak labels, (N, K).
        misses: probability that a 1 becomes 0.
        false_alarms: probability that a 0 of a class of the weak label becomes 1.
        numbers: random numbers in 0…1, (N, T, K).

    Returns:
        Pseudo-labels, (N, T, K).
    """
    return (numbers < np.where(true > 0, 1 - misses, false_alarms)) & (weak[:, None] > 0)


def score(pseudo: NDArray[np.generic], true: NDArray[np.generic]) -> float:
    """Segment-level score × 100 of labels of one modality, the mean over videos."""
    return 100 * float(segment_scores(pseudo, true).mean())


def readable_noise(table: pd.DataFrame) -> pd.DataFrame:
    """Ranges of the visual measures of `noise_table` as text, by visual persistence and for all sets."""
    groups = {f"{value:g}": part for value, part in table.groupby("visual_persistence")} | {"any": table}
    rows = {
        name: {"sets": str(len(part))} | {title: _range(part[column]) for column, title in RANGES.items()}
        for name, part in groups.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("persistence")


def conclusion(table: pd.DataFrame) -> str:
    """A sentence that states how closely the scores determine the never-visible pairs called visible."""
    called = table["visual_called"]
    four = ", ".join(f"{published()[name][VALOR]:.1f}" for name in FOUR)
    return (
        f"All {len(table)} sets of pseudo-labels score {four} to within {TOLERANCE:g}, and they call between "
        f"{called.min():.0f} % and {called.max():.0f} % of the never-visible pairs visible."
    )


def _miss_rate(true: Integers, weak: Integers, target: float, false_alarms: float, numbers: Floats) -> float:
    """The miss rate that gives a score; near 0 or 1 if none does."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = score(add_errors(true, weak, middle, false_alarms, numbers), true) > target
        low, high = (middle, high) if above else (low, middle)
    return low


def _pooled(audio: NDArray[np.generic], visual: NDArray[np.generic]) -> NDArray[np.generic]:
    """Both modalities one after the other, (N, 2T, K): the score of these labels is Event@AV."""
    return np.concatenate([audio, visual], axis=1)


def _measures(modality: str, noisy: Noisy, truth: Annotations) -> dict[str, float]:
    """The columns of `noise_table` of one modality."""
    pseudo, true = (torch.from_numpy(x).double() for x in (noisy.labels, getattr(truth, modality)))
    quality = precision_recall(pseudo, true)
    measures = {
        "misses": noisy.misses,
        "false_alarms": noisy.false_alarms,
        "persistence": noisy.persistence,
        "precision": 100 * quality.precision,
        "recall": 100 * quality.recall,
        "called": 100 * called_though_absent(pseudo, true, torch.from_numpy(truth.weak)).called,
    }
    return {f"{modality}_{name}": value for name, value in measures.items()}


def _range(values: pd.Series) -> str:
    digits = 2 if values.max() <= 1 else 0
    return f"{values.min():.{digits}f}–{values.max():.{digits}f}"

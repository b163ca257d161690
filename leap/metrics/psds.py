"""Polyphonic sound detection score: detection of events at all thresholds at once, also for what is seen.

The score is the area under a ROC curve of events, up to a rate of false alarms (Bilen et al., A Framework for
the Robust Evaluation of Sound Event Detection, ICASSP 2020). All thresholds that change a decision are
evaluated, as Ebbers et al. (ICASSP 2022) do: a threshold changes the events of few videos, so counts are
added up over thresholds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.metrics.arrays import Floats, Labels, Mask, as_array, check_finite, check_shapes, masks
from leap.metrics.counts import starts

HOUR = 3600


class Scenario(NamedTuple):
    """Criteria of a detection, and the cost of false alarms.

    Attributes:
        dtc: smallest part of a predicted event within true events of its class; with less of it there, the
            event is a false alarm.
        gtc: smallest part of a true event within predicted events other than false alarms; with less, the
            event is not found.
        cttc: part of a false alarm within true events of another class from which it is a cross-trigger.
        alpha_ct: weight of the rate of cross-triggers beside that of false alarms.
        alpha_st: weight of the standard deviation over classes of the rate of events found.
        max_efpr: largest effective rate of false alarms, per hour.
    """

    dtc: float
    gtc: float
    cttc: float = 1.0
    alpha_ct: float = 0.0
    alpha_st: float = 1.0
    max_efpr: float = 100.0


LOCALIZATION = Scenario(dtc=0.7, gtc=0.7)
"""The first scenario of DCASE 2021, Task 4, which asks for exact times."""

CONFUSION = Scenario(dtc=0.1, gtc=0.1, cttc=0.3, alpha_ct=0.5)
"""The second scenario of DCASE 2021, Task 4, which asks for the right classes."""


class OperatingPoints(NamedTuple):
    """Counts of a class at every threshold, from the highest on.

    Attributes:
        found: true events that are found, (K,).
        false: false alarms, (K,).
        crossed: cross-triggers with every class, (C, K).
    """

    found: Floats
    false: Floats
    crossed: Floats


def psds(
    probabilities: Labels, true: Labels, scenario: Scenario = LOCALIZATION, seconds: float = 1.0
) -> float:
    """Polyphonic sound detection score × 100 of one modality.

    Args:
        probabilities: segment probabilities, or other scores such as logits, (N, T, C).
        true: events of the ground truth, (N, T, C), zeros and ones.
        scenario: the criteria.
        seconds: duration of a segment.

    Raises:
        LeapError: the shapes differ or are not three-dimensional, a label is neither 0 nor 1, a score is not
            finite, or N is 0.
    """
    scores = as_array(probabilities).astype(np.float64)
    check_shapes(probabilities=scores, true=as_array(true))
    check_finite(scores)
    (labels,) = masks(true=true)  # (T, N, C)
    if not scores.size:
        raise LeapError("no videos to score; give at least one")
    hours = seconds / HOUR * np.array([labels[..., 0].size, *labels.sum(axis=(0, 1))])
    curves = [
        _curve(_operating_points(scores[..., c].T, labels, c, scenario), labels, c, hours, scenario)
        for c in range(labels.shape[2])
    ]
    return 100 * _area(curves, scenario)


def _operating_points(scores: Floats, true: Mask, label: int, scenario: Scenario) -> OperatingPoints:
    """Counts of a class from its scores (T, N) and the true events of all classes (T, N, C)."""
    thresholds = -np.sort(-scores, axis=0)  # (K, N), K = T
    predicted = scores[:, None] >= thresholds  # (T, K, N)
    own = np.broadcast_to(true[:, None, :, label], predicted.shape)
    length = np.maximum(_sum_in_events(predicted, predicted), 1)
    right = predicted & (_sum_in_events(predicted, own) / length >= scenario.dtc)
    covered = _sum_in_events(own, right) / np.maximum(_sum_in_events(own, own), 1)
    found, false = starts(own) & (covered >= scenario.gtc), starts(predicted) & ~right
    others = [true[:, None, :, k] for k in range(true.shape[2])] if scenario.alpha_ct else []
    crossed = [false & (_sum_in_events(predicted, x) / length >= scenario.cttc) for x in others]
    return OperatingPoints(
        _over_thresholds(found, thresholds),
        _over_thresholds(false, thresholds),
        np.array([_over_thresholds(events, thresholds) for events in crossed]),
    )


def _sum_in_events(events: Mask, values: Mask) -> NDArray[np.int64]:
    """Number of ``values`` in the event that contains each segment, (T, …); 0 outside events."""
    sums = np.where(events, values, 0).astype(np.int64)
    for t in range(1, len(sums)):
        sums[t] += np.where(events[t], sums[t - 1], 0)
    for t in range(len(sums) - 2, -1, -1):
        sums[t] = np.where(events[t] & events[t + 1], sums[t + 1], sums[t])
    return sums


def _over_thresholds(events: Mask, thresholds: Floats) -> Floats:
    """Number of events (T, K, N) in all videos: without a threshold, then at each from the highest on."""
    counts = np.count_nonzero(events, axis=0)  # (K, N)
    changes = np.diff(counts, axis=0, prepend=0).ravel()
    order = np.argsort(-thresholds, axis=None, kind="stable")
    values = thresholds.ravel()[order]
    last = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
    return np.concatenate([[0.0], np.cumsum(changes[order])[last]])


def _curve(
    points: OperatingPoints, true: Mask, label: int, hours: Floats, scenario: Scenario
) -> tuple[Floats, Floats]:
    """Effective rates of false alarms, rising, and the largest fraction of events found up to each."""
    rate = points.false / hours[0]
    if scenario.alpha_ct and true.shape[2] > 1:
        others = [k for k in range(true.shape[2]) if k != label]
        crossing = points.crossed[others] / np.maximum(hours[1:][others, None], 1e-12 / HOUR)
        rate = rate + scenario.alpha_ct * crossing.mean(axis=0)
    found = points.found / max(int(np.count_nonzero(starts(true[..., label]))), 1)
    order = np.lexsort((found, rate))
    rates, best = rate[order], np.maximum.accumulate(found[order])
    last = np.append(np.flatnonzero(np.diff(rates)), len(rates) - 1)
    kept = last[rates[last] <= scenario.max_efpr]
    return rates[kept], best[kept]


def _area(curves: list[tuple[Floats, Floats]], scenario: Scenario) -> float:
    """Normalized area under the mean curve, less its standard deviation over classes."""
    grid = np.unique(np.concatenate([rates for rates, _ in curves]))
    found = np.array([best[np.searchsorted(rates, grid, side="right") - 1] for rates, best in curves])
    effective = np.maximum(found.mean(axis=0) - scenario.alpha_st * found.std(axis=0), 0)
    return float(effective @ np.diff(grid, append=scenario.max_efpr)) / scenario.max_efpr

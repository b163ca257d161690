"""Calibration of segment probabilities: whether events occur as often as the probabilities say."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.metrics.arrays import Floats, Labels, as_array, binary, check_shapes

BINS = 10
"""Number of bins of equal width into which probabilities are divided."""


class Reliability(NamedTuple):
    """A reliability curve of segments, one entry per bin.

    Attributes:
        number: number of probabilities in the bin, (bins,).
        probability: their mean, NaN in an empty bin.
        frequency: fraction of them whose event occurs, NaN in an empty bin.
    """

    number: NDArray[np.int64]
    probability: Floats
    frequency: Floats


def reliability(probabilities: Labels, true: Labels, bins: int = BINS) -> Reliability:
    """The reliability curve of one modality, over all videos, segments and classes.

    Args:
        probabilities: segment probabilities in 0…1, (N, T, C).
        true: events of the ground truth, (N, T, C), zeros and ones.
        bins: number of bins of equal width.

    Raises:
        LeapError: the shapes differ or are not three-dimensional, a label is neither 0 nor 1, or a value is
            not a probability.
    """
    p, y, places = _binned(probabilities, true, bins)
    count = np.bincount(places, minlength=bins)
    sums = [np.bincount(places, weights=values, minlength=bins) for values in (p, y)]
    probability, frequency = (
        np.divide(total, count, out=np.full(bins, np.nan), where=count > 0) for total in sums
    )
    return Reliability(count, probability, frequency)


def expected_calibration_error(probabilities: Labels, true: Labels, bins: int = BINS) -> float:
    """Expected calibration error × 100 of one modality (Naeini et al., AAAI 2015).

    It is the difference between frequency and mean probability in a bin, averaged over all probabilities;
    without any, it is 0. Arguments and errors are those of `reliability`.
    """
    p, y, places = _binned(probabilities, true, bins)
    gaps = np.bincount(places, weights=y - p, minlength=bins)
    return 100 * float(np.abs(gaps).sum()) / max(len(p), 1)


def _binned(probabilities: Labels, true: Labels, bins: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Probabilities, labels and bins, each (N·T·C,)."""
    p, y = as_array(probabilities), as_array(true)
    check_shapes(probabilities=p, true=y)
    labels = binary("true", y).ravel().astype(np.float64)
    flat = p.ravel().astype(np.float64)
    if not ((flat >= 0) & (flat <= 1)).all():
        raise LeapError("probabilities hold a value outside 0 to 1; pass sigmoids, not logits")
    return flat, labels, np.minimum((flat * bins).astype(np.int64), bins - 1)

"""Paired comparison of two systems over seeds and videos."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leap.errors import LeapError

LEVEL = 95.0  # of every interval, in per cent
BATCH = 500  # resamples drawn at once, to bound memory at BATCH x videos


@dataclass(frozen=True)
class Difference:
    """System A minus system B, × 100.

    Attributes:
        mean: mean over seeds and videos.
        low: lower end of the 95 % interval.
        high: upper end.
        n_seeds: number of paired seeds.
        sd: standard deviation over seeds of the mean over videos; NaN for one seed.
    """

    mean: float
    low: float
    high: float
    n_seeds: int
    sd: float

    @property
    def interval(self) -> dict[str, float]:
        """The mean as ``difference``, and the ends of its interval as ``low`` and ``high``."""
        return {"difference": self.mean, "low": self.low, "high": self.high}

    @property
    def row(self) -> dict[str, float]:
        """Row of a table of differences: `interval`, and the number of paired seeds as ``n``."""
        return self.interval | {"n": self.n_seeds}


def sample_deviation(values: ArrayLike) -> float:
    """Sample standard deviation; NaN for a single value.

    >>> sample_deviation([1.0, 3.0]), sample_deviation([1.0])
    (1.4142135623730951, nan)
    """
    found = np.asarray(values, dtype=np.float64)
    return float(found.std(ddof=1)) if len(found) > 1 else float("nan")


def paired_difference(a: ArrayLike, b: ArrayLike, resamples: int = 10_000, seed: int = 0) -> Difference:
    """Mean difference with a percentile bootstrap interval, seeds and videos resampled independently.

    Every seed is scored on the same videos, so seeds and videos are crossed factors. A resample draws seeds
    and videos with replacement and takes the mean over the drawn rows and columns: Owen's pigeonhole
    bootstrap (Annals of Applied Statistics 1, 2007). With one seed the interval covers only the variation of
    videos.

    Args:
        a: scores of system A in 0…1, (seeds, videos).
        b: scores of system B for the same seeds and videos, (seeds, videos).
        resamples: number of bootstrap resamples.
        seed: seed of the resampling; the same seed gives the same interval.

    Returns:
        The difference, × 100.

    Raises:
        LeapError: the arrays differ in shape, are empty, or hold a value that is not finite.
    """
    difference = 100 * _paired(a, b)  # (seeds, videos)
    seeds = difference.mean(axis=1)  # (seeds,)
    low, high = np.percentile(_resampled_means(difference, resamples, seed), [50 - LEVEL / 2, 50 + LEVEL / 2])
    return Difference(float(seeds.mean()), float(low), float(high), len(seeds), sample_deviation(seeds))


def _paired(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 2 or not first.size:
        raise LeapError(f"scores must share one shape (seeds, videos); got {first.shape} and {second.shape}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise LeapError("scores hold a value that is not finite; remake the run record")
    return first - second


def _resampled_means(table: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Means of ``table`` (seeds, videos) over resampled rows and columns, (resamples,)."""
    random = np.random.default_rng(seed)
    sizes = np.diff([*range(0, resamples, BATCH), resamples])
    return np.concatenate([_resampled_batch(table, size, random) for size in sizes])


def _resampled_batch(
    table: NDArray[np.float64], size: int, random: np.random.Generator
) -> NDArray[np.float64]:
    seeds, videos = table.shape
    weights = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=size)  # (size, seeds)
    rows = weights @ table / seeds  # (size, videos)
    drawn = random.integers(videos, size=(size, videos))
    return np.take_along_axis(rows, drawn, axis=1).mean(axis=1)

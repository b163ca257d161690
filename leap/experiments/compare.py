"""Paired comparison of two systems over seeds and videos: intervals, p values and what could be detected."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leap.errors import LeapError, require

ALPHA = 0.05
"""Significance level of every test; intervals cover 1 − `ALPHA`."""

POWER = 0.8
"""Power at which a difference counts as detectable."""


@dataclass(frozen=True)
class Difference:
    """System A minus system B, × 100, with its t interval and test.

    Attributes:
        mean: mean over seeds and videos.
        error: standard error of the mean; infinite for one seed and one video.
        degrees: degrees of freedom of the standard error.
        n_seeds: number of paired seeds.
        sd: standard deviation over seeds of the mean over videos; NaN for one seed.
    """

    mean: float
    error: float
    degrees: float
    n_seeds: int
    sd: float

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.mean - self.error * self._quantile(1 - ALPHA / 2)

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.mean + self.error * self._quantile(1 - ALPHA / 2)

    @property
    def p(self) -> float:
        """Two-sided p value of a mean of 0; it is below `ALPHA` if and only if the interval excludes 0."""
        if not self.error:
            return float(self.mean == 0)
        return float(2 * _t().sf(abs(self.mean) / self.error, self.degrees))

    @property
    def detectable(self) -> float:
        """Minimal detectable difference: the true difference that the test detects with power `POWER`.

        It is (t₁₋α/₂ + t_power) standard errors. The exact value, from the noncentral t distribution, is 5 %
        larger with 2 degrees of freedom, 1 % with 4, and equal from 9 on.
        """
        return self.error * (self._quantile(1 - ALPHA / 2) + self._quantile(POWER))

    def _quantile(self, probability: float) -> float:
        return float(_t().ppf(probability, self.degrees))

    @property
    def interval(self) -> dict[str, float]:
        """The mean as ``difference``, and the ends of its interval as ``low`` and ``high``."""
        return {"difference": self.mean, "low": self.low, "high": self.high}

    @property
    def row(self) -> dict[str, float]:
        """Row of a table of differences: `interval`, ``p``, ``detectable``, and the paired seeds as ``n``."""
        return self.interval | {"p": self.p, "detectable": self.detectable, "n": self.n_seeds}


def _t() -> Any:
    """Student's t distribution."""
    return require("scipy.stats", "book").t


def sample_deviation(values: ArrayLike) -> float:
    """Sample standard deviation; NaN for a single value.

    >>> sample_deviation([1.0, 3.0]), sample_deviation([1.0])
    (1.4142135623730951, nan)
    """
    found = np.asarray(values, dtype=np.float64)
    return float(found.std(ddof=1)) if len(found) > 1 else float("nan")


def paired_difference(a: ArrayLike, b: ArrayLike) -> Difference:
    """Mean difference of two systems, see `table_difference`.

    Args:
        a: scores of system A in 0…1, (seeds, videos).
        b: scores of system B for the same seeds and videos, (seeds, videos).

    Raises:
        LeapError: the arrays differ in shape, are empty, or hold a value that is not finite.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 2 or not first.size:
        raise LeapError(f"scores must share one shape (seeds, videos); got {first.shape} and {second.shape}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise LeapError("scores hold a value that is not finite; remake the run record")
    return table_difference(first - second)


def table_difference(table: NDArray[np.float64]) -> Difference:
    """Mean of a table of paired differences, or of another contrast, under a two-way random-effects model.

    Every seed is scored on the same videos, so seeds and videos are crossed factors: the difference of seed s
    on video v is μ + a_s + b_v + e_sv. The variance of the mean is estimated from the mean squares of the
    analysis of variance, and its degrees of freedom by Satterthwaite's approximation (Biometrics Bulletin 2,
    1946). ``python -m benchmarks.coverage`` simulates the coverage of the interval.

    With one seed, the interval covers only the variation of videos. With one column, for a measure that has
    one value per seed, it is the t interval over paired seeds, with seeds − 1 degrees of freedom.

    Args:
        table: differences of scores in 0…1, (seeds, videos).

    Returns:
        The difference, × 100.
    """
    differences = 100 * table
    seeds = differences.mean(axis=1)  # (seeds,)
    return Difference(float(seeds.mean()), *_standard_error(differences), len(seeds), sample_deviation(seeds))


def _standard_error(table: NDArray[np.float64]) -> tuple[float, float]:
    """Standard error of the mean of ``table`` (seeds, videos), and its degrees of freedom.

    A variance component that is estimated below 0 is set to 0, so its mean square cancels.
    """
    if table.size == 1:
        return float("inf"), 1.0
    squares, degrees = mean_squares(table)
    positive = squares[:2] > squares[2]  # components of seeds and videos
    terms = squares * [*positive, 1 - positive.sum()]
    total, spread = terms.sum(), (terms**2 / np.maximum(degrees, 1)).sum()
    return float(np.sqrt(total / table.size)), float(total**2 / spread if spread else degrees.max())


def mean_squares(table: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Two-way analysis of variance without replication.

    Args:
        table: paired differences, (seeds, videos).

    Returns:
        Mean squares of seeds, videos and residual, (3,), which are 0 without degrees of freedom;
        and their degrees of freedom, (3,).
    """
    (seeds, videos), grand = table.shape, table.mean()
    by_seed = table.mean(axis=1, keepdims=True) - grand  # (seeds, 1)
    by_video = table.mean(axis=0, keepdims=True) - grand  # (1, videos)
    residual = table - grand - by_seed - by_video
    squares = np.array([videos * (by_seed**2).sum(), seeds * (by_video**2).sum(), (residual**2).sum()])
    degrees = np.array([seeds - 1, videos - 1, (seeds - 1) * (videos - 1)])
    return np.where(degrees > 0, squares / np.maximum(degrees, 1), 0), degrees


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p values for their number, which keeps the family-wise error rate (Holm, 1979).

    Args:
        p_values: p values of all tests of a family, (tests,).

    Returns:
        Adjusted p values in the same order, (tests,).

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order, factors = np.argsort(p), np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1)
    return adjusted

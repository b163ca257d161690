import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leap.errors import LeapError
from leap.experiments.compare import Difference, paired_difference


def scores(seeds=4, videos=60, seed=0):
    return np.random.default_rng(seed).random((2, seeds, videos))


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 5), st.integers(1, 40), st.integers(0, 100))
def test_antisymmetric(seeds, videos, seed):
    a, b = scores(seeds, videos, seed)
    forth, back = paired_difference(a, b, resamples=300), paired_difference(b, a, resamples=300)
    assert (forth.mean, forth.low, forth.high) == pytest.approx(
        (-back.mean, -back.high, -back.low), abs=1e-10
    )
    assert forth.sd == pytest.approx(back.sd)
    assert forth.low - 1e-9 <= forth.high


def test_zero_for_equal_systems():
    a, _ = scores()
    assert paired_difference(a, a) == Difference(mean=0, low=0, high=0, n_seeds=4, sd=0)


def test_a_constant_difference_has_no_width():
    a, _ = scores()
    difference = paired_difference(a + 0.02, a)
    expected = pytest.approx(2, abs=1e-9)
    assert (difference.mean, difference.low, difference.high) == (expected, expected, expected)


def test_mean_and_deviation_by_hand():
    difference = paired_difference([[0.5, 0.7], [0.2, 0.2]], [[0.4, 0.4], [0.2, 0.0]])
    assert difference.mean == pytest.approx(15)
    assert difference.n_seeds == 2
    assert difference.sd == pytest.approx(np.std([20, 10], ddof=1))


def test_one_seed_resamples_videos_only():
    a, b = scores(seeds=1, videos=400)
    difference = paired_difference(a, b)
    error = 100 * np.std(a - b) / np.sqrt(400)
    assert math.isnan(difference.sd)
    assert difference.high - difference.low == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_one_video_resamples_seeds_only():
    difference = paired_difference([[0.1], [0.2], [0.6]], [[0.0]] * 3)
    assert (difference.low, difference.high) == pytest.approx((10, 60))  # each extreme has chance 1/27


def test_videos_and_seeds_both_widen_the_interval():
    random = np.random.default_rng(2)
    seed_effect, video_effect = 0.1 * random.standard_normal((6, 1)), random.standard_normal((1, 100))
    zeros = np.zeros((6, 100))

    def width(table):
        difference = paired_difference(table, zeros)
        return difference.high - difference.low

    by_seed, by_video = width(seed_effect + zeros), width(video_effect + zeros)
    together = width(seed_effect + video_effect)
    assert together == pytest.approx(math.hypot(by_seed, by_video), rel=0.1)


def test_the_resampling_equals_a_plain_one():
    a, b = scores(seeds=3, videos=30, seed=7)
    random, table = np.random.default_rng(1), 100 * (a - b)
    plain = [
        table[np.ix_(random.integers(3, size=3), random.integers(30, size=30))].mean() for _ in range(10_000)
    ]
    low, high = np.percentile(plain, [2.5, 97.5])
    difference = paired_difference(a, b)
    assert (difference.low, difference.high) == pytest.approx((low, high), abs=0.05 * (high - low))


def test_the_interval_covers_the_truth():
    random, hits, trials, truth = np.random.default_rng(0), 0, 200, 0.03
    for _ in range(trials):
        seed_effect = 0.01 * random.standard_normal((8, 1))
        video_effect = 0.1 * random.standard_normal((1, 80))
        noise = 0.1 * random.standard_normal((8, 80))
        difference = paired_difference(truth + seed_effect + video_effect + noise, np.zeros((8, 80)), 500)
        hits += difference.low <= 100 * truth <= difference.high
    assert 0.90 <= hits / trials <= 0.99


def test_same_seed_same_interval():
    a, b = scores()
    assert paired_difference(a, b, seed=3) == paired_difference(a, b, seed=3)
    assert paired_difference(a, b, seed=3).low != paired_difference(a, b, seed=4).low


@pytest.mark.parametrize("resamples", [1, 499, 500, 501])
def test_any_number_of_resamples(resamples):
    a, b = scores()
    difference = paired_difference(a, b, resamples)
    assert np.isfinite([difference.low, difference.high]).all()


@pytest.mark.parametrize(
    ("a", "b"), [([[1.0, 0.0]], [[1.0]]), ([1.0], [1.0]), (np.zeros((0, 3)), np.zeros((0, 3)))]
)
def test_tables_that_do_not_pair_are_refused(a, b):
    with pytest.raises(LeapError, match=r"share one shape \(seeds, videos\)"):
        paired_difference(a, b)


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(LeapError, match="not finite"):
        paired_difference([[np.nan, 1.0]], [[0.0, 1.0]])


def test_a_row_holds_the_difference_its_interval_and_the_seeds():
    difference = Difference(mean=1.0, low=0.5, high=1.5, n_seeds=3, sd=0.1)
    assert difference.row == {"difference": 1.0, "low": 0.5, "high": 1.5, "n": 3}

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq

from leap.errors import LeapError
from leap.experiments.compare import (
    ALPHA,
    POWER,
    Difference,
    holm,
    mean_squares,
    paired_difference,
    table_difference,
)


def scores(seeds=4, videos=60, seed=0):
    return np.random.default_rng(seed).random((2, seeds, videos))


def effects(seed_sd, video_sd, residual_sd, shape=(6, 100), seed=0):
    """A table of normal effects of seeds, videos and residual."""
    random, (seeds, videos) = np.random.default_rng(seed), shape
    by_seed, by_video = random.standard_normal((seeds, 1)), random.standard_normal((1, videos))
    return seed_sd * by_seed + video_sd * by_video + residual_sd * random.standard_normal(shape)


def width(table):
    difference = table_difference(table)
    return difference.high - difference.low


shapes = (st.integers(1, 5), st.integers(2, 40), st.integers(0, 100))


@settings(max_examples=30, deadline=None)
@given(*shapes)
def test_antisymmetric(seeds, videos, seed):
    a, b = scores(seeds, videos, seed)
    forth, back = paired_difference(a, b), paired_difference(b, a)
    assert (forth.mean, forth.low, forth.high) == pytest.approx((-back.mean, -back.high, -back.low))
    assert forth.p == pytest.approx(back.p)


@settings(max_examples=30, deadline=None)
@given(*shapes)
def test_the_interval_is_centered_and_excludes_0_where_p_is_small(seeds, videos, seed):
    a, b = scores(seeds, videos, seed)
    difference = paired_difference(a + 0.1, b)
    assert difference.mean == pytest.approx((difference.low + difference.high) / 2)
    assert (difference.p < ALPHA) == (difference.low > 0 or difference.high < 0)


def test_p_is_alpha_where_an_end_of_the_interval_is_0():
    table = effects(0.01, 0.1, 0.1)
    moved = table_difference(table - table_difference(table).low / 100)
    assert moved.low == pytest.approx(0, abs=1e-12)
    assert moved.p == pytest.approx(ALPHA)


@settings(max_examples=20, deadline=None)
@given(*shapes, st.floats(0.1, 10), st.floats(-1, 1))
def test_scale_and_shift(seeds, videos, seed, scale, shift):
    table = np.subtract(*scores(seeds, videos, seed))
    before, after = table_difference(table), table_difference(scale * table + shift)
    expected = [scale * end + 100 * shift for end in (before.mean, before.low, before.high)]
    assert [after.mean, after.low, after.high] == pytest.approx(expected, abs=1e-9)
    assert after.degrees == pytest.approx(before.degrees)


def test_the_order_of_seeds_and_videos_does_not_matter():
    table = effects(0.01, 0.1, 0.1)
    turned = table_difference(table[::-1, ::-1])
    assert (turned.low, turned.p) == pytest.approx((table_difference(table).low, table_difference(table).p))


def test_zero_for_equal_systems():
    a, _ = scores()
    difference = paired_difference(a, a)
    assert (difference.mean, difference.low, difference.high, difference.p) == (0, 0, 0, 1)


def test_a_constant_difference_has_no_width():
    a, _ = scores()
    difference = paired_difference(a + 0.02, a)
    expected = pytest.approx(2, abs=1e-9)
    assert (difference.mean, difference.low, difference.high) == (expected, expected, expected)
    assert difference.p == pytest.approx(0)


def test_mean_and_deviation_by_hand():
    difference = paired_difference([[0.5, 0.7], [0.2, 0.2]], [[0.4, 0.4], [0.2, 0.0]])
    assert difference.mean == pytest.approx(15)
    assert difference.n_seeds == 2
    assert difference.sd == pytest.approx(np.std([20, 10], ddof=1))


@pytest.mark.parametrize("shape", [(4, 7), (2, 30)])
def test_mean_squares_are_those_of_projections(shape):
    """Sums of squares of projections on the seeds', the videos' and the remaining contrasts."""
    (seeds, videos), table = shape, effects(1, 2, 3, shape)
    by_seed, by_video = (np.kron(np.eye(seeds), np.ones((videos, 1))), np.tile(np.eye(videos), (seeds, 1)))
    ones, vector = np.ones((table.size, 1)), table.ravel()

    def explained(*columns):
        design = np.hstack([ones, *columns])
        return ((design @ np.linalg.lstsq(design, vector)[0]) ** 2).sum()

    grand, everything = explained(), (vector**2).sum()
    sums = explained(by_seed) - grand, explained(by_video) - grand, everything - explained(by_seed, by_video)
    squares, degrees = mean_squares(table)
    assert squares * degrees == pytest.approx(sums)
    assert degrees.tolist() == [seeds - 1, videos - 1, (seeds - 1) * (videos - 1)]


def test_mean_squares_estimate_the_variances():
    found = [mean_squares(effects(0.5, 2, 3, (5, 40), seed))[0] for seed in range(2_000)]
    assert np.mean(found, axis=0) == pytest.approx([9 + 40 * 0.25, 9 + 5 * 4, 9], rel=0.04)


def test_the_standard_error_is_the_deviation_of_means():
    shape, sds = (5, 40), (0.5, 2, 3)
    found = [table_difference(effects(*sds, shape, seed) / 100) for seed in range(2_000)]
    assert np.std([f.mean for f in found]) == pytest.approx(np.sqrt(0.25 / 5 + 4 / 40 + 9 / 200), rel=0.05)
    assert np.mean([f.error**2 for f in found]) == pytest.approx(np.var([f.mean for f in found]), rel=0.1)


def interval(values):
    return stats.ttest_1samp(values, 0).confidence_interval()


@pytest.mark.parametrize("videos", [1, 25])
def test_equal_videos_leave_a_t_test_over_seeds(videos):
    values = np.array([0.1, 0.2, 0.6])
    difference = table_difference(np.tile(values[:, None], videos))
    assert (difference.low, difference.high) == pytest.approx(tuple(interval(100 * values)))
    assert difference.p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    assert difference.degrees == pytest.approx(2)


@pytest.mark.parametrize("seeds", [1, 3])
def test_equal_seeds_leave_a_t_test_over_videos(seeds):
    values = scores(1, 50)[0, 0]
    difference = table_difference(np.tile(values, (seeds, 1)))
    assert (difference.low, difference.high) == pytest.approx(tuple(interval(100 * values)))
    assert difference.degrees == pytest.approx(49)


def test_variance_below_that_of_the_residual_counts_as_none():
    table = effects(0, 3, 1)
    table -= table.mean(axis=1, keepdims=True)  # seeds vary less than residuals would make them
    assert interval(100 * table.mean(axis=0)) == pytest.approx(
        (table_difference(table).low, table_difference(table).high)
    )


def test_a_single_value_has_no_interval():
    difference = paired_difference([[0.9]], [[0.1]])
    assert (difference.low, difference.high, difference.p) == (-math.inf, math.inf, 1)
    assert math.isnan(difference.sd)


@pytest.mark.parametrize(("fewer", "more"), [((3, 200), (12, 200)), ((6, 50), (6, 800))])
def test_more_seeds_and_more_videos_narrow_the_interval(fewer, more):
    trials = range(50)
    before, after = (
        np.mean([width(effects(1, 10, 10, shape, s)) for s in trials]) for shape in (fewer, more)
    )
    assert after < 0.8 * before


def test_the_detectable_difference_is_detected_with_its_power():
    sds, shape = (0.003, 0.1, 0.1), (10, 100)
    true = np.sqrt(0.003**2 / 10 + 0.01 / 100 + 0.01 / 1000)
    detectable = np.median([table_difference(effects(*sds, shape, seed)).detectable for seed in range(200)])
    assert detectable == pytest.approx(100 * true * (1.96 + 0.84), rel=0.1)
    hits = [table_difference(effects(*sds, shape, s) + detectable / 100).p < ALPHA for s in range(500)]
    assert np.mean(hits) == pytest.approx(POWER, abs=0.06)


@pytest.mark.parametrize(("degrees", "accuracy"), [(2, 0.055), (4, 0.015), (9, 0.002)])
def test_the_detectable_difference_is_near_that_of_the_noncentral_t_distribution(degrees, accuracy):
    difference = Difference(mean=0, error=1, degrees=degrees, n_seeds=3, sd=1)
    critical = stats.t.ppf(1 - ALPHA / 2, degrees)
    exact = brentq(lambda shift: stats.nct.sf(critical, degrees, shift) - POWER, 0, 20)
    assert difference.detectable == pytest.approx(exact, rel=accuracy)


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([0.01, 0.02, 0.03], [0.03, 0.04, 0.04]),
        ([0.04, 0.001, 0.03, 0.5], [0.09, 0.004, 0.09, 0.5]),
        ([0.6, 0.7], [1, 1]),
        ([0.2], [0.2]),
        ([0.02, 0.02], [0.04, 0.04]),
        ([], []),
    ],
)
def test_holm_by_hand(p_values, expected):
    assert holm(p_values) == pytest.approx(expected)


@settings(max_examples=100)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_keeps_the_order_and_lies_between_no_adjustment_and_bonferroni(p_values):
    p, adjusted = np.array(p_values), holm(p_values)
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(len(p) * p, 1)).all()
    step = [k for k in range(1, len(p) + 1) if np.sort(p)[k - 1] > 0.05 / (len(p) - k + 1)]
    rejected = min(step, default=len(p) + 1) - 1  # the step-down procedure, as it is usually stated
    assert np.isclose(adjusted, 0.05, rtol=1e-9).any() or (adjusted <= 0.05).sum() == rejected


@pytest.mark.parametrize(
    ("a", "b"), [([[1.0, 0.0]], [[1.0]]), ([1.0], [1.0]), (np.zeros((0, 3)), np.zeros((0, 3)))]
)
def test_tables_that_do_not_pair_are_refused(a, b):
    with pytest.raises(LeapError, match=r"share one shape \(seeds, videos\)"):
        paired_difference(a, b)


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(LeapError, match="not finite"):
        paired_difference([[np.nan, 1.0]], [[0.0, 1.0]])


def test_a_row_holds_the_difference_its_interval_its_test_and_the_seeds():
    row = Difference(mean=1.0, error=0.5, degrees=2, n_seeds=3, sd=0.1).row
    assert list(row) == ["difference", "low", "high", "p", "detectable", "n"]
    assert row["low"] == pytest.approx(1 - 0.5 * 4.3026527)
    assert row["p"] == pytest.approx(0.1835034)
    assert row["detectable"] == pytest.approx(0.5 * (4.3026527 + 1.0606602))

import numpy as np
import pytest

from leap.errors import LeapError
from leap.metrics.psds import CONFUSION, LOCALIZATION, Scenario, psds
from tests.metrics.oracle import detection_score
from tests.tree import ROOT

GOLDEN = np.load(ROOT / "tests" / "golden" / "psds.npz")
"""Random scores and events, and their scores by version 0.0.4 of the library sed_scores_eval, × 100.

The library is not installed for the tests: it brings a dozen packages for audio that nothing else needs.
"""

SCENARIOS = (
    LOCALIZATION,
    CONFUSION,
    Scenario(dtc=0.5, gtc=0.5, alpha_st=0, max_efpr=1000),
    Scenario(dtc=0.3, gtc=0.6, cttc=0.5, alpha_ct=1, alpha_st=0.5, max_efpr=2000),
)


@pytest.mark.parametrize("case", range(5))
@pytest.mark.parametrize("place", range(4))
def test_score_equals_that_of_the_library(case, place):
    scores, true = GOLDEN[f"scores_{case}"], GOLDEN[f"true_{case}"]
    assert psds(scores, true, SCENARIOS[place]) == pytest.approx(GOLDEN[f"psds_{case}"][place], abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("place", range(4))
def test_score_equals_that_of_plain_loops(seed, place):
    random = np.random.default_rng(seed)
    true = np.repeat(random.random((9, 4, 3)) < 0.4, 3, axis=1)[:, :10]  # events of several segments
    scores = np.round(random.random(true.shape) + 0.6 * true, 1)  # with ties
    slow = detection_score(scores.swapaxes(1, 2).tolist(), true.swapaxes(1, 2).tolist(), SCENARIOS[place])
    assert psds(scores, true, SCENARIOS[place]) == pytest.approx(slow, abs=1e-9)


def test_perfect_scores_have_100_and_constant_ones_nothing():
    true = GOLDEN["true_1"]
    for scenario in SCENARIOS:
        assert psds(true, true, scenario) == pytest.approx(100)
    assert psds(np.zeros(true.shape), true) == 0


def test_only_the_order_of_the_scores_of_a_class_matters():
    scores, true = GOLDEN["scores_0"].astype(float), GOLDEN["true_0"]
    for scenario in SCENARIOS:
        assert psds(scores**3 + np.arange(3), true, scenario) == psds(scores, true, scenario)


def test_longer_segments_make_false_alarms_rarer():
    scores, true = GOLDEN["scores_0"], GOLDEN["true_0"]
    assert psds(scores, true, seconds=10) > psds(scores, true) > psds(scores, true, seconds=0.5)


def test_scores_that_are_not_finite_are_refused():
    scores = GOLDEN["scores_0"].copy()
    scores[0, 0, 0] = np.inf
    with pytest.raises(LeapError, match="not finite"):
        psds(scores, GOLDEN["true_0"])


def test_a_single_class_has_no_cross_triggers():
    scores, true = GOLDEN["scores_0"][..., :1], GOLDEN["true_0"][..., :1]
    plain = Scenario(dtc=CONFUSION.dtc, gtc=CONFUSION.gtc)
    assert psds(scores, true, CONFUSION) == psds(scores, true, plain) > 0


def test_no_videos_have_no_score():
    with pytest.raises(LeapError, match="no videos"):
        psds(np.zeros((0, 10, 3)), np.zeros((0, 10, 3)))

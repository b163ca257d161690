from itertools import pairwise

import pytest

from leap.config import ScheduleConfig, TrainConfig
from leap.training.schedules import rate_factor


def test_cosine_warms_up_linearly_and_ends_near_zero():
    config = TrainConfig(epochs=10, lr=0.5, warmup=10)
    rates = [rate_factor(step, 10, config) for step in range(100)]
    assert rates[:10] == pytest.approx([0.05 * (step + 1) for step in range(10)])
    assert rates[10] == max(rates) == 0.5
    assert rates[55] == pytest.approx(0.25)
    assert all(earlier > later for earlier, later in pairwise(rates[10:]))
    assert 0 < rates[-1] < 1e-3


def test_cosine_without_warm_up_starts_at_the_peak():
    assert rate_factor(0, 10, TrainConfig(lr=0.5, warmup=0)) == 0.5


def test_drops_come_after_every_period_of_epochs():
    """CMPAE: StepLR(6, 0.25)."""
    config = TrainConfig(epochs=20, lr=0.8, schedule=ScheduleConfig("drops", 6, 0.25))
    rates = [rate_factor(step, 3, config) for step in range(60)]
    assert rates[:18] == [0.8] * 18
    assert rates[18:36] == pytest.approx([0.2] * 18)
    assert rates[36:54] == pytest.approx([0.05] * 18)
    assert rates[54:] == pytest.approx([0.0125] * 6)


def test_epochs_rise_from_nothing_and_end_at_a_share():
    """VALOR: lr·e/10 for e < 10, then a cosine from e = 10 to 60 down to lr/100."""
    config = TrainConfig(epochs=60, lr=1e-4, schedule=ScheduleConfig("epochs", 10, 0.01))
    rates = [rate_factor(4 * epoch, 4, config) for epoch in range(60)]
    assert rates[:10] == pytest.approx([1e-5 * epoch for epoch in range(10)])
    assert rates[10] == pytest.approx(1e-4)
    assert rates[35] == pytest.approx((1e-4 + 1e-6) / 2)
    assert rate_factor(4 * 60, 4, config) == pytest.approx(1e-6)
    assert rate_factor(4 * 20, 4, config) == rate_factor(4 * 20 + 3, 4, config)

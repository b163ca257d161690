from itertools import pairwise

import pytest

from leap.config import CosineSchedule, EpochCosineSchedule, StepSchedule, TrainConfig
from leap.training.schedules import rate_factor


def test_cosine_warms_up_linearly_and_ends_near_zero():
    config = TrainConfig(epochs=10, schedule=CosineSchedule(warmup=10))
    factors = [rate_factor(step, 10, config) for step in range(100)]
    assert factors[:10] == pytest.approx([0.1 * (step + 1) for step in range(10)])
    assert factors[10] == max(factors) == 1
    assert factors[55] == pytest.approx(0.5)
    assert all(earlier > later for earlier, later in pairwise(factors[10:]))
    assert 0 < factors[-1] < 1e-3


def test_cosine_without_warm_up_starts_at_the_peak():
    assert rate_factor(0, 10, TrainConfig(schedule=CosineSchedule(warmup=0))) == 1


def test_drops_come_after_every_period_of_epochs():
    """CMPAE: StepLR(6, 0.25)."""
    config = TrainConfig(epochs=20, schedule=StepSchedule(period=6, factor=0.25))
    factors = [rate_factor(step, 3, config) for step in range(60)]
    assert factors[:18] == [1] * 18
    assert factors[18:36] == pytest.approx([1 / 4] * 18)
    assert factors[36:54] == pytest.approx([1 / 16] * 18)
    assert factors[54:] == pytest.approx([1 / 64] * 6)


def test_epochs_rise_from_zero_and_end_at_a_fraction():
    """VALOR: e/10 for e < 10, then a cosine from e = 10 to 60 down to 1/100."""
    config = TrainConfig(epochs=60, schedule=EpochCosineSchedule(warmup=10, final=0.01))
    factors = [rate_factor(4 * epoch, 4, config) for epoch in range(60)]
    assert factors[:10] == pytest.approx([epoch / 10 for epoch in range(10)])
    assert factors[10] == pytest.approx(1)
    assert factors[35] == pytest.approx(1.01 / 2)
    assert rate_factor(4 * 60, 4, config) == pytest.approx(0.01)
    assert rate_factor(4 * 20, 4, config) == rate_factor(4 * 20 + 3, 4, config)

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from leap.pseudo_labels import corrupt, derive, quality


def _labels(seed, n=6, t=10, c=4):
    generator = torch.Generator().manual_seed(seed)
    weak = (torch.rand(n, c, generator=generator) < 0.6).float()
    pseudo = (torch.rand(n, t, c, generator=generator) < 0.5).float() * weak[:, None]
    return pseudo, weak, generator


def test_derive_needs_score_strictly_above_threshold_and_weak_label():
    scores = torch.tensor([[[0.5, 0.9, 0.9], [0.6, 0.1, 0.9]]])
    weak = torch.tensor([[1, 1, 0]], dtype=torch.uint8)
    pseudo = derive(scores, torch.tensor([0.5, 0.2, 0.2]), weak)
    assert pseudo.tolist() == [[[0, 1, 0], [1, 0, 0]]]
    assert pseudo.dtype == torch.uint8


def test_quality_by_hand():
    pseudo, true = torch.tensor([1, 1, 0, 0, 1]), torch.tensor([1, 0, 1, 0, 1])
    assert quality(pseudo, true) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert quality(torch.tensor([1, 1, 1, 1]), torch.tensor([1, 0, 0, 0])) == pytest.approx((0.25, 1, 0.4))


def test_quality_of_nothing():
    empty = torch.zeros(2, 3, 4)
    assert quality(empty, empty) == (1, 1, 1)
    assert quality(empty, empty + 1) == (1, 0, 0)


@given(seed=st.integers(0, 1000), miss=st.floats(0, 1), false_alarm=st.floats(0, 1))
def test_corrupted_labels_stay_within_the_weak_labels(seed, miss, false_alarm):
    pseudo, weak, generator = _labels(seed)
    corrupted = corrupt(pseudo, weak, miss, false_alarm, generator)
    assert set(corrupted.unique().tolist()) <= {0, 1}
    assert (corrupted <= weak[:, None]).all()


def test_extreme_rates():
    pseudo, weak, generator = _labels(0)
    assert torch.equal(corrupt(pseudo, weak, 0, 0, generator), pseudo)
    assert corrupt(pseudo, weak, 1, 0, generator).sum() == 0
    assert torch.equal(corrupt(pseudo, weak, 0, 1, generator), weak[:, None].expand_as(pseudo))


def test_rates_are_met():
    pseudo, weak, generator = _labels(1, n=500)
    corrupted = corrupt(pseudo, weak, 0.3, 0.1, generator)
    ones, zeros = pseudo > 0, (pseudo == 0) & (weak[:, None] > 0)
    assert (corrupted[ones] == 0).float().mean() == pytest.approx(0.3, abs=0.02)
    assert corrupted[zeros].mean() == pytest.approx(0.1, abs=0.02)

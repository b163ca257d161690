import pytest
import torch

from leap.models.layers.dropout import Dropout


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_drops_at_its_rate_and_keeps_the_mean(rate, dtype):
    torch.manual_seed(0)
    x = torch.ones(1000, 333, dtype=dtype)
    y = Dropout(rate)(x)
    assert y.dtype == dtype
    assert (y == 0).double().mean() == pytest.approx(rate, abs=0.004)
    assert y.double().mean() == pytest.approx(1.0, abs=0.01)
    assert len(y.unique()) == 2


def test_neighbours_are_independent():
    """Elements that share a random word, or lie eight apart, are dropped independently."""
    torch.manual_seed(0)
    dropped = (Dropout(0.25)(torch.ones(400_000)) == 0).double()
    for lag in (1, 2, 4, 7, 8, 64):
        together = float((dropped[lag:] * dropped[:-lag]).mean())
        assert together == pytest.approx(float(dropped.mean()) ** 2, abs=0.003)


def test_gradient_passes_where_kept():
    torch.manual_seed(0)
    x = torch.randn(50, 7, requires_grad=True)
    y = Dropout(0.3)(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad * x, y)


def test_same_seed_same_mask():
    x = torch.ones(3, 5)
    masks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        masks.append(Dropout(0.5)(x))
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])


def test_eval_and_rate_zero_change_nothing():
    x = torch.randn(4, 4)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x
    assert Dropout(0.5)(torch.empty(0, 3)).shape == (0, 3)


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan"), 0.001])
def test_impossible_rates_are_refused(rate):
    with pytest.raises(ValueError, match="dropout rate"):
        Dropout(rate)


def test_small_rates_are_rounded_to_multiples_and_never_to_nothing():
    assert [Dropout(rate).rate for rate in (0.0, 1 / 256, 0.005, 0.2, 0.999)] == [
        *(0.0, 1 / 256, 1 / 256),
        *(51 / 256, 255 / 256),
    ]
    for rate in (0.001, 0.0025, 0.0039):  # 1/256 is 0.00390625
        with pytest.raises(ValueError, match=rf"dropout rate {rate} is too small; take 0 or at least 1/256"):
            Dropout(rate)


def test_a_compiler_gets_one_graph():
    """Its random numbers are others; the fraction of dropped elements is the same."""
    torch.manual_seed(0)
    compiled = torch.compile(Dropout(0.25), backend="eager", fullgraph=True)
    y = compiled(torch.ones(100_000))
    assert (y == 0).double().mean() == pytest.approx(0.25, abs=0.01)
    assert y.max() == pytest.approx(4 / 3)

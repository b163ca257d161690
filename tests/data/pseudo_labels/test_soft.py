import pytest
import torch

from leap.data.pseudo_labels import soft_labels, threshold_scores


@pytest.fixture
def logits():
    return 3 * torch.randn(20, 10, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def weak():
    return (torch.rand(20, 4, generator=torch.Generator().manual_seed(1)) < 0.5).float()


def test_values():
    logits, weak = torch.tensor([[[1.0, 3.0, 5.0]]]), torch.tensor([[1.0, 1.0, 0.0]])
    found = soft_labels(logits, torch.tensor([1.0, 1.0, 1.0]), weak)
    torch.testing.assert_close(found, torch.tensor([[[0.5, 1 / (1 + torch.e**-1), 0.0]]]))


def test_labels_above_one_half_are_the_pseudo_labels(logits, weak):
    thresholds = torch.tensor([-1.0, 0.0, 0.5, 2.0])
    soft = soft_labels(logits, thresholds, weak)
    assert torch.equal((soft > 0.5).float(), threshold_scores(logits, thresholds, weak))


def test_a_class_without_threshold_is_present_everywhere(logits, weak):
    soft = soft_labels(logits, torch.tensor([0.0, -torch.inf, 0.0, 0.0]), weak)
    marked = soft[weak[:, 1] == 1][..., 1]
    assert (marked > 0.5).all()
    torch.testing.assert_close(soft[..., 1], soft_labels(logits, logits.amin(dim=(0, 1)) - 1, weak)[..., 1])

import pytest
import torch

from leap.data.pseudo_labels import precision_recall


def test_quality_by_hand():
    pseudo, true = torch.tensor([1, 1, 0, 0, 1]), torch.tensor([1, 0, 1, 0, 1])
    assert precision_recall(pseudo, true) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert precision_recall(torch.tensor([1, 1, 1, 1]), torch.tensor([1, 0, 0, 0])) == pytest.approx(
        (0.25, 1, 0.4)
    )


def test_quality_of_nothing():
    empty = torch.zeros(2, 3, 4)
    assert precision_recall(empty, empty) == (1, 1, 1)
    assert precision_recall(empty, empty + 1) == (1, 0, 0)


def test_probabilities_instead_of_dense_labels_give_expected_counts():
    pseudo, probability = torch.tensor([1, 1, 0]), torch.tensor([0.75, 0.25, 0.5], dtype=torch.float64)
    assert precision_recall(pseudo, probability) == pytest.approx((1 / 2, 1 / 1.5, 2 / 3.5))

from math import isnan

import pytest
import torch

from leap.data.pseudo_labels import called_though_absent, precision_recall


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


def test_pairs_that_never_occur_are_counted_within_the_weak_label():
    weak = torch.tensor([[1, 1, 0], [1, 0, 1]])
    true, pseudo = torch.zeros(2, 4, 3), torch.zeros(2, 4, 3)
    true[0, 2, 0] = 1  # of the four pairs, three never occur
    pseudo[0, 1, 0] = pseudo[0, 3, 1] = 1  # wrong times do not count, the pair occurs; one of three is called
    pseudo[0, :, 2] = 1  # outside the weak label
    assert called_though_absent(pseudo, true, weak) == (3, pytest.approx(1 / 3))


def test_nothing_is_called_though_absent_where_everything_occurs():
    ones = torch.ones(1, 2, 3)
    pairs, called = called_though_absent(ones, ones, torch.ones(1, 3))
    assert pairs == 0
    assert isnan(called)

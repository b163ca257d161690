from math import log

import pytest
import torch

from leap.training.cross_entropy import segment_bce, smooth_labels, video_bce


@pytest.mark.parametrize(
    ("probability", "target", "loss"),
    [(0.0, 1.0, 16.118), (1.0, 0.0, 15.942), (0.25, 1.0, log(4)), (0.25, 0.0, log(4 / 3))],
)
def test_video_bce_is_clamped(probability, target, loss):
    value = video_bce(torch.tensor([[probability]]), torch.tensor([[target]]))
    assert value.item() == pytest.approx(loss, abs=1e-3)


def test_video_bce_of_the_truth_is_zero():
    truth = torch.tensor([[1.0, 0.0]])
    assert video_bce(truth, truth) < 1e-6


def test_segment_bce_is_the_cross_entropy_of_the_sigmoid():
    logits, target = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0)), torch.ones(3, 4, 5)
    torch.testing.assert_close(segment_bce(logits, target), -logits.sigmoid().log().mean())
    torch.testing.assert_close(segment_bce(logits, 0 * target), -(-logits).sigmoid().log().mean())


def test_smoothing_moves_labels_towards_one_half():
    labels = torch.tensor([0.0, 1.0])
    assert smooth_labels(labels).tolist() == pytest.approx([0.05, 0.95])
    assert smooth_labels(labels, 0.5).tolist() == [0.25, 0.75]

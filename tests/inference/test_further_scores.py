import numpy as np
import pytest

from leap.inference.further_scores import FURTHER, requested_scores, scores_by_iou
from leap.metrics import event_scores_by_iou, exclusive_scores, mean_event_scores, parsing_scores

CUBES = [np.random.default_rng(seed).integers(0, 2, (5, 10, 3)) for seed in range(4)]


def test_every_iou_and_their_mean_have_a_row():
    found = scores_by_iou(*CUBES)
    assert list(found) == ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "mean"]
    assert found["0.7"] == event_scores_by_iou(*CUBES)[0.7]
    assert found["mean"] == mean_event_scores(*CUBES)


@pytest.mark.parametrize("also", [[], ["exclusive"], list(FURTHER)])
def test_further_scores_stand_beside_the_ten_under_their_names(also):
    scores = requested_scores(*CUBES, also=also)
    assert list(scores) == [*parsing_scores(*CUBES), *also]
    assert scores.get("exclusive", exclusive_scores(*CUBES)) == exclusive_scores(*CUBES)

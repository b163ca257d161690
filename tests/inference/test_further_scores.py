import json

import numpy as np
import pytest

from leap.inference.further_scores import FURTHER, OF_EVENTS, OF_PROBABILITIES, requested_scores
from leap.inference.scored_predictions import ScoredPredictions
from leap.metrics import (
    average_precision,
    event_scores_by_iou,
    exclusive_scores,
    mean_event_scores,
    parsing_scores,
    per_class_scores,
)
from leap.metrics.calibration import expected_calibration_error, reliability
from leap.metrics.psds import CONFUSION, LOCALIZATION, psds
from leap.metrics.ranking import class_ranking

RANDOM = np.random.default_rng(0)
CUBES = [RANDOM.integers(0, 2, (5, 10, 3)) for _ in range(4)]
for cube in CUBES:
    cube[..., 2] = 0  # a class that never occurs
PROBABILITIES = tuple(RANDOM.random((5, 10, 3)) for _ in range(2))
FOUND = ScoredPredictions("", tuple("abcde"), ("dog", "cat", "car"), *CUBES, PROBABILITIES)


@pytest.mark.parametrize("also", [[], ["exclusive"], list(FURTHER)])
def test_further_measures_stand_beside_the_ten_under_their_names(also):
    scores = requested_scores(FOUND, also)
    assert list(scores) == [*parsing_scores(*CUBES), *also]
    assert scores == json.loads(json.dumps(scores, allow_nan=False))


def test_measures_of_events():
    found = {name: measure(FOUND) for name, measure in OF_EVENTS.items()}
    assert found["exclusive"] == exclusive_scores(*CUBES)
    assert list(found["ious"]) == [*(f"0.{k}" for k in range(1, 10)), "mean"]
    assert found["ious"]["0.7"] == event_scores_by_iou(*CUBES)[0.7]
    assert found["ious"]["mean"] == mean_event_scores(*CUBES)
    by_class = per_class_scores(*CUBES)
    assert found["per_class"]["cat"] == {name: 100 * values[1] for name, values in by_class.items()}
    assert set(found["per_class"]["car"].values()) == {None}


@pytest.mark.parametrize(("modality", "place"), [("audio", 0), ("visual", 1)])
def test_measures_of_probabilities(modality, place):
    probabilities, true = PROBABILITIES[place], CUBES[2 + place]
    found = {name: measure(FOUND)[modality] for name, measure in OF_PROBABILITIES.items()}
    assert found["ranking"]["ap"] == average_precision(probabilities, true)
    assert found["ranking"]["map"] == average_precision(probabilities, true, average="macro")
    expected = class_ranking(probabilities, true)
    assert found["ranking"]["per_class"]["dog"] == {
        "ap": expected.ap[0],
        "auc": expected.auc[0],
        "chance": expected.chance[0],
    }
    assert set(found["ranking"]["per_class"]["car"].values()) == {None}
    assert found["psds"] == {
        "localization": psds(probabilities, true, LOCALIZATION),
        "confusion": psds(probabilities, true, CONFUSION),
    }
    assert found["calibration"]["error"] == expected_calibration_error(probabilities, true)
    curve = reliability(probabilities, true)
    assert found["calibration"]["curve"]["number"] == curve.number.tolist()
    assert found["calibration"]["curve"]["frequency"] == pytest.approx(curve.frequency.tolist())


def test_events_alone_have_no_ranking():
    with pytest.raises(ValueError, match="only the events"):
        requested_scores(ScoredPredictions("", FOUND.videos, FOUND.classes, *CUBES), ["ranking"])

from collections import defaultdict

import numpy as np
import pytest

from leap.data.classes import LLP
from leap.data.llp_sim.build import simulate_labels
from leap.diagnosis import attribute, diagnose, fix
from leap.diagnosis.events import events_of_both
from leap.metrics import SCORES, parsing_scores
from leap.metrics.arrays import masks
from tests.diagnosis.operations import OPERATIONS, operations


def llp_layouts():
    """Dense labels of 256 videos with LLP's layouts."""
    blocks = [simulate_labels("test", block, 0, len(LLP)) for block in range(4)]
    return tuple(np.concatenate([getattr(b, f"true_{m}") for b in blocks]) for m in ("audio", "visual"))


def share_as_expected(audio, visual, predictions, expected):
    """Share of the errors that have the type that the operation should leave."""
    true = events_of_both(*masks(audio=audio, visual=visual))
    of_class = defaultdict(list)
    for event in true:
        of_class[event.video, event.label].append(event)
    errors = attribute(*predictions, audio, visual)
    assert len(errors) >= 50
    right = [e.type in expected(e.event, of_class[e.event.video, e.event.label]) for e in errors]
    return np.mean(right)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_known_operation_is_diagnosed(name):
    audio, visual = llp_layouts()
    predictions, expected = operations(audio, visual)[name]
    assert share_as_expected(audio, visual, predictions, expected) >= 0.95


def test_a_diagnosis_holds_scores_errors_and_gains():
    audio, visual = llp_layouts()
    (pred_audio, pred_visual), _ = operations(audio, visual)["dropped"]
    cubes = pred_audio, pred_visual, audio, visual
    found = diagnose(*cubes, LLP)
    assert found.scores == parsing_scores(*cubes)
    assert found.errors == attribute(*cubes)
    assert found.types == ["missed"]
    assert found.count("missed", predicted=False) == len(found.errors)
    assert found.count("missed", predicted=True) == 0
    for rises in found.gains["missed"]:
        assert rises == pytest.approx({name: 100 - found.scores[name] for name in SCORES}, abs=1e-9)


def test_right_predictions_have_no_errors():
    audio, visual = llp_layouts()
    found = diagnose(audio, visual, audio, visual, LLP)
    assert (found.errors, found.gains, found.types) == ([], {}, [])
    assert fix(audio, visual, found.errors)[0].sum() == audio.sum()

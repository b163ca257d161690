"""Scores of tags become scores of event classes."""

import numpy as np
import pytest

from leap.features.taggers.classes import EventClass
from leap.features.taggers.event_scores import (
    SMOOTHINGS,
    average,
    best_of_seconds,
    chosen_decoding,
    event_scores,
    median,
)

BARK, COLLIE = EventClass("bark", (3, 5), ()), EventClass("collie", (), (2, 4))


def test_a_second_has_the_best_of_its_patches_and_their_neighbours():
    scores = np.zeros((12, 2), np.float32)
    scores[3, 0], scores[6, 1] = 0.7, 0.9
    expected = {
        0: ([0.7, 0, 0], [0, 0.9, 0]),
        1: ([0.7, 0.7, 0], [0, 0.9, 0]),
        2: ([0.7, 0.7, 0], [0, 0.9, 0.9]),
    }
    for margin, columns in expected.items():
        assert best_of_seconds(scores, margin).T.tolist() == [pytest.approx(column) for column in columns]


def test_seconds_are_averaged_with_their_neighbours():
    scores = np.array([[0.0], [1.0], [0.0], [0.0]], np.float32)
    assert average(scores, (1, 2, 1))[:, 0].tolist() == pytest.approx([1 / 3, 1 / 2, 1 / 4, 0])
    assert average(scores, (1, 1, 1))[:, 0].tolist() == pytest.approx([1 / 2, 1 / 3, 1 / 3, 0])


def test_the_median_drops_a_single_second_and_fills_a_single_gap():
    scores = np.array([[0.9, 0.0, 0.8, 0.7, 0.0, 0.0, 0.5, 0.0]], np.float32).T
    assert median(scores)[:, 0].tolist() == pytest.approx([0.9, 0.8, 0.7, 0.7, 0.0, 0.0, 0.0, 0.0])


@pytest.mark.parametrize("name", SMOOTHINGS)
@pytest.mark.parametrize("seconds", [1, 2, 7])
def test_every_smoothing_keeps_shape_type_and_constants(name, seconds):
    smoothed = SMOOTHINGS[name](np.full((seconds, 3), 0.25, np.float32))
    assert smoothed.dtype == np.float32
    np.testing.assert_allclose(smoothed, np.full((seconds, 3), 0.25))


def test_classes_score_the_largest_sound_and_the_sum_of_pictures():
    tags = np.tile(np.arange(6, dtype=np.float32) / 10, (4, 1))
    assert event_scores("audio", tags, [BARK, COLLIE], "none", 0)[0].tolist() == pytest.approx([0.5, 0])
    assert event_scores("visual", tags, [BARK, COLLIE], "none", 0)[0].tolist() == pytest.approx([0, 0.6])


def test_the_chosen_settings_can_be_used():
    for modality in ("audio", "visual"):
        chosen = chosen_decoding(modality)
        assert 0 < chosen.threshold < 1
        assert chosen.smoothing in SMOOTHINGS

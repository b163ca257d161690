from dataclasses import replace

import pytest
import torch

from leap.experiments.unseen_classes import unseen_precision
from leap.inference.predict import Predictions


@pytest.fixture
def videos(make_videos):
    """One video of four segments and three classes; the last class is never visible."""
    audio = torch.tensor([[[1.0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]])
    visual = torch.tensor([[[1.0, 0, 0], [1, 1, 0], [0, 0, 0], [1, 0, 0]]])
    return replace(make_videos(1, t=4, c=3), true_audio=audio, true_visual=visual)


def predictions(audio, visual):
    return Predictions(audio, visual, probability_audio=audio, probability_visual=visual)


def test_average_precision_by_group_of_classes(videos):
    audio = torch.tensor([[[0.1, 0.9, 0.5], [0.4, 0.8, 0.6], [0.3, 0.1, 0.7], [0.2, 0.2, 0.8]]])
    found = unseen_precision(predictions(audio, videos.true_visual), videos, seen=[0])
    assert found["seen_ap_audio"] == 25  # the fourth of four
    assert found["unseen_ap_audio"] == 100 * (1 + 1 / 2) / 2
    assert found["seen_chance_audio"] == 25
    assert found["unseen_chance_audio"] == 100 * (2 / 4 + 1 / 4) / 2
    assert found["unseen_ap_visual"] == found["seen_ap_visual"] == 100


def test_classes_that_do_not_occur_do_not_count(videos):
    found = unseen_precision(predictions(videos.true_audio, videos.true_visual), videos, seen=[0])
    assert found["unseen_chance_visual"] == 25
    alone = unseen_precision(predictions(videos.true_audio, videos.true_visual), videos, seen=[0, 1])
    assert alone.keys() >= {"unseen_ap_audio", "seen_ap_visual"}
    assert not {"unseen_ap_visual", "unseen_chance_visual"} & alone.keys()


def test_constant_scores_are_at_chance(videos):
    constant = torch.full_like(videos.true_audio, 0.3)
    found = unseen_precision(predictions(constant, constant), videos, seen=[1])
    for group in ("seen", "unseen"):
        for modality in ("audio", "visual"):
            assert found[f"{group}_ap_{modality}"] == found[f"{group}_chance_{modality}"]

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from leap.config import RunConfig, UwavLossConfig
from leap.data.pseudo_labels import soft_labels
from leap.training.cross_entropy import segment_bce, video_bce
from leap.training.losses import UwavLoss, uwav
from leap.training.losses.uwav import class_weights, mixup
from tests.training.losses.parsings import make_parsing


@pytest.fixture
def videos(make_videos):
    plain = make_videos()
    scores = [
        torch.randn(plain.pseudo_audio.shape, generator=torch.Generator().manual_seed(i)) for i in (1, 2)
    ]
    audio, visual = (soft_labels(logits, 0.0, plain.weak) for logits in scores)
    return replace(plain, soft_audio=audio, soft_visual=visual)


def test_rare_classes_count_more_where_they_are_present():
    weights = class_weights(torch.tensor([[1.0, 0.0, 0.0]]), frequency=0.4, present_weight=0.5)
    assert weights.tolist() == [pytest.approx([0.5 * 2.6, 0.4, 0.4])]


def test_the_frequency_is_that_of_the_training_videos(videos):
    loss = UwavLoss(UwavLossConfig())
    loss.prepare(RunConfig(), videos, lambda config: None)
    for modality, frequency in loss.frequency.items():
        segments = getattr(videos, f"pseudo_{modality}").flatten(0, 1)  # (N·T, C)
        assert frequency == pytest.approx(segments.sum(dim=1).mean().item())


def test_segments_learn_soft_labels_with_weights(videos):
    loss, parsing = UwavLoss(UwavLossConfig(present_weight=2.0)), make_parsing(videos)
    loss.frequency = {"audio": 0.5, "visual": 0.25}
    losses = loss(parsing, videos)
    assert list(losses) == ["video", "segment_audio", "mixup_audio", "segment_visual", "mixup_visual"]
    assert torch.equal(losses["video"], video_bce(parsing.video, videos.weak))
    for modality, frequency in loss.frequency.items():
        logits, soft = getattr(parsing, f"segment_{modality}"), getattr(videos, f"soft_{modality}")
        each = binary_cross_entropy_with_logits(logits, soft, reduction="none")
        weights = class_weights(videos.weak, frequency, 2.0)[:, None]
        torch.testing.assert_close(losses[f"segment_{modality}"], (each * weights).mean())


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_mixtures_learn_both_segments(monkeypatch, weight):
    logits, soft = torch.randn(6, 3), torch.rand(6, 3)
    other = torch.tensor([1, 2, 3, 4, 5, 0])
    monkeypatch.setattr(uwav.Beta, "sample", lambda self: torch.tensor(weight))
    monkeypatch.setattr(torch, "randperm", lambda n, device: other)
    mixed = weight * logits + (1 - weight) * logits.roll(-1, 0)
    expected = weight * segment_bce(mixed, soft) + (1 - weight) * segment_bce(mixed, soft.roll(-1, 0))
    torch.testing.assert_close(mixup(logits, soft, 1.7), expected)


def test_mixtures_of_encoded_segments_have_mixed_logits():
    """The reason that the loss needs no classifier."""
    classifier, encoded = torch.nn.Linear(8, 3), torch.randn(6, 8)
    mixed = classifier(0.3 * encoded + 0.7 * encoded.flip(0))
    logits = classifier(encoded)
    torch.testing.assert_close(mixed, 0.3 * logits + 0.7 * logits.flip(0))

import pytest
import torch
from torch import nn

from leap.config import Protocol
from leap.data.videos import Videos
from leap.inference.readings import TEACHER_READING, close_gaps, readings
from leap.metrics import SCORES, parsing_scores
from leap.models.output import Parsing

N, T, C = 6, 5, 3


class Fixed(nn.Module):
    """A parser whose features are its segment logits, and whose gate is open for videos of negative mean."""

    def forward(self, audio, visual_2d, visual_3d=None):
        video = (audio.mean(1) < 0).float()
        return Parsing(audio, visual_2d, video, video, video, audio, visual_2d)


@pytest.fixture
def videos():
    generator = torch.Generator().manual_seed(0)
    true_audio, true_visual = (torch.rand(N, T, C, generator=generator).round() for _ in range(2))
    weak = (true_audio + true_visual).amax(1).clamp(max=1)
    logits = [
        4 * true - 3 + 0.1 * torch.randn(N, T, C, generator=generator) for true in (true_audio, true_visual)
    ]
    return Videos(*logits, weak, true_audio, true_visual, true_audio, true_visual)


def test_thresholds_are_tuned_on_val(videos):
    """Logits of true events lie near 1, others near −3; the protocol's threshold is too high for any."""
    found = readings(Fixed(), videos, videos, Protocol(segment=0.9, gate=None))
    assert found["ungated"]["seg_a"] < 100
    assert found["tuned, ungated"]["seg_a"] == found["tuned, ungated"]["seg_v"] == 100


def test_the_gate_is_the_protocols_unless_it_is_opened(videos):
    shut = videos.audio.mean(1) >= 0
    assert shut.any()
    found = readings(Fixed(), videos, videos, Protocol(segment=0.5, gate="video"))
    assert found["ungated"]["seg_a"] == 100
    assert found["tuned"]["seg_a"] < 100
    assert set(found["tuned"]) == set(SCORES)


def test_tags_are_expanded_and_gaps_closed_from_what_was_decided(videos):
    found = readings(Fixed(), videos, videos, Protocol(segment=0.5, gate=None))
    expanded = videos.true_audio.amax(1, keepdim=True).expand(N, T, C)

    visual = videos.true_visual.amax(1, keepdim=True).expand(N, T, C)
    assert found["tags expanded"] == parsing_scores(expanded, visual, *videos.truth())
    closed = [close_gaps(true) for true in videos.truth()]
    assert found["gaps closed"] == parsing_scores(*closed, *videos.truth())
    assert found["true tags"]["seg_a"] == 100


def test_the_teacher_is_gated_by_the_parsers_tags(videos):
    everywhere = torch.ones(N, T, C)
    found = readings(Fixed(), videos, videos, Protocol(), (everywhere, 0 * everywhere))
    tags = (videos.audio.mean(1, keepdim=True) < 0).float().expand(N, T, C)
    assert 0 < tags.mean() < 1
    assert found[TEACHER_READING] == parsing_scores(tags, 0 * tags, *videos.truth())
    assert TEACHER_READING not in readings(Fixed(), videos, videos, Protocol())


def test_gaps_are_closed_within_a_class_of_a_video():
    events = torch.tensor([[[1, 0], [0, 0], [1, 1]], [[0, 0], [0, 1], [0, 0]]])
    expected = torch.tensor([[[1, 0], [1, 0], [1, 1]], [[0, 0], [0, 1], [0, 0]]])
    assert torch.equal(close_gaps(events), expected)

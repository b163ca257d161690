from dataclasses import replace
from math import exp, log

import pytest
import torch

from leap.config import HanLossConfig, JomoldLossConfig
from leap.training.losses import HanLoss, JomoldLoss
from leap.training.losses.jomold import nce
from tests.training.losses.parsings import make_parsing


def test_nce_identifies_a_segments_own_image(make_videos):
    """Orthogonal segments: the right image has e^5 of e^5 + 3 where there are four."""
    segments = torch.eye(4)[None]
    parsing = replace(make_parsing(make_videos(2, 4)), encoded_audio=segments, encoded_visual=segments)
    own, other = (exp(z) / (exp(5) + 3) for z in (5, 0))
    assert nce(parsing).item() == pytest.approx(-log(0.9 * own + 3 * 0.1 / 3 * other), rel=1e-5)
    shuffled = replace(parsing, encoded_visual=torch.eye(4)[None].roll(1, 1))
    assert nce(shuffled) > nce(parsing)


def test_nce_of_one_segment_is_constant(make_videos):
    parsing = make_parsing(make_videos(2, 1))
    assert nce(parsing).item() == pytest.approx(-log(0.9), rel=1e-5)


def test_nce_is_added_to_hans_losses(make_videos):
    videos = make_videos()
    parsing = make_parsing(videos)
    losses = JomoldLoss(JomoldLossConfig())(parsing, videos)
    assert losses == HanLoss(HanLossConfig())(parsing, videos) | {"nce": nce(parsing)}

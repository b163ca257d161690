from dataclasses import replace

import torch

from leap.config import HanLossConfig
from leap.training.cross_entropy import video_bce
from leap.training.losses import HanLoss
from tests.training.losses.parsings import make_parsing

LOSS = HanLoss(HanLossConfig())


def test_weak_labels_are_smoothed_for_the_visual_stream_alone(make_videos):
    videos = make_videos()
    parsing = make_parsing(videos)
    losses = LOSS(parsing, videos)
    assert losses.keys() == {"video_audio", "video_visual", "video"}
    assert torch.equal(losses["video_audio"], video_bce(parsing.video_audio, videos.weak))
    assert torch.equal(losses["video"], video_bce(parsing.video, videos.weak))
    smooth = 0.05 + 0.9 * videos.weak
    torch.testing.assert_close(losses["video_visual"], video_bce(parsing.video_visual, smooth))


def test_pseudo_labels_are_not_read(make_videos):
    videos = make_videos()
    parsing, none = make_parsing(videos), torch.zeros_like(videos.pseudo_audio)
    assert LOSS(parsing, replace(videos, pseudo_audio=none, pseudo_visual=none)) == LOSS(parsing, videos)

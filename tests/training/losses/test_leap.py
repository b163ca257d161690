from dataclasses import replace

import torch

from leap.config import LeapLossConfig
from leap.training.cross_entropy import segment_bce, video_bce
from leap.training.losses import LeapLoss
from tests.training.losses.parsings import make_parsing

LOSS = LeapLoss(LeapLossConfig())


def test_video_targets_are_unions_over_time(make_videos):
    videos = make_videos(t=2)
    parsing = make_parsing(videos)
    losses = LOSS(parsing, videos)
    for modality in ("audio", "visual"):
        union = (getattr(videos, f"pseudo_{modality}").sum(dim=1) > 0).float()
        expected = video_bce(getattr(parsing, f"video_{modality}"), union)
        assert torch.equal(losses[f"video_{modality}"], expected)
    assert torch.equal(losses["video"], video_bce(parsing.video, videos.weak))


def test_segments_learn_their_pseudo_labels(make_videos):
    videos = make_videos()
    parsing = make_parsing(videos)
    losses = LOSS(parsing, videos)
    assert losses.keys() == {"video_audio", "video_visual", "video", "segment_audio", "segment_visual"}
    assert torch.equal(losses["segment_audio"], segment_bce(parsing.segment_audio, videos.pseudo_audio))
    assert torch.equal(losses["segment_visual"], segment_bce(parsing.segment_visual, videos.pseudo_visual))


def test_the_labels_of_l_avss_are_not_read(make_videos):
    videos = make_videos()
    parsing, none = make_parsing(videos), torch.zeros_like(videos.pseudo_audio)
    assert LOSS(parsing, replace(videos, avss_audio=none, avss_visual=none)) == LOSS(parsing, videos)

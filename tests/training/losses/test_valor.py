import torch

from leap.config import ValorLossConfig
from leap.training.cross_entropy import segment_bce, video_bce
from leap.training.losses import ValorLoss
from tests.training.losses.parsings import make_parsing


def test_the_video_learns_its_weak_label_and_segments_their_pseudo_labels(make_videos):
    videos = make_videos()
    parsing = make_parsing(videos)
    losses = ValorLoss(ValorLossConfig())(parsing, videos)
    assert losses.keys() == {"video", "segment_audio", "segment_visual"}
    assert torch.equal(losses["video"], video_bce(parsing.video, videos.weak))
    assert torch.equal(losses["segment_audio"], segment_bce(parsing.segment_audio, videos.pseudo_audio))
    assert torch.equal(losses["segment_visual"], segment_bce(parsing.segment_visual, videos.pseudo_visual))

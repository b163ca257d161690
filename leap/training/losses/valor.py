"""The losses of VALOR (Lai, Chen and Wang, NeurIPS 2023, arXiv 2305.17343).

Release: Franklin905/VALOR, main_avvp.py.
"""

from leap.config import LOSSES, ValorLossConfig
from leap.data.videos import Videos
from leap.models.output import Parsing
from leap.training.cross_entropy import segment_bce, video_bce
from leap.training.losses.base import BasicLoss, Losses


@LOSSES.register(ValorLossConfig)
class ValorLoss(BasicLoss):
    """Video cross-entropy against weak labels and segment cross-entropies against pseudo-labels."""

    shardable = replayable = True

    def __call__(self, parsing: Parsing, videos: Videos, step: int = 0) -> Losses:
        """The losses ``video``, ``segment_audio`` and ``segment_visual``."""
        return {
            "video": video_bce(parsing.video, videos.weak),
            "segment_audio": segment_bce(parsing.segment_audio, videos.pseudo_audio),
            "segment_visual": segment_bce(parsing.segment_visual, videos.pseudo_visual),
        }

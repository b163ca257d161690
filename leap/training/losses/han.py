"""The losses of HAN (Tian, Li and Xu, ECCV 2020, arXiv 2007.10558).

Release: YapengTian/AVVP-ECCV20, main_avvp.py.
"""

from leap.config import LOSSES, HanLossConfig
from leap.data.videos import Videos
from leap.models.output import Parsing
from leap.training.cross_entropy import smooth_labels, video_bce
from leap.training.losses.base import BasicLoss, Losses


@LOSSES.register(HanLossConfig)
class HanLoss(BasicLoss):
    """Video cross-entropies against weak labels, which are smoothed for the visual stream."""

    shardable = replayable = True

    def __call__(self, parsing: Parsing, videos: Videos, step: int = 0) -> Losses:
        """The losses ``video_audio``, ``video_visual`` and ``video``."""
        return {
            "video_audio": video_bce(parsing.video_audio, videos.weak),
            "video_visual": video_bce(parsing.video_visual, smooth_labels(videos.weak)),
            "video": video_bce(parsing.video, videos.weak),
        }

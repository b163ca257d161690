"""L_basic of LEAP (arXiv 2407.08126).

Release: jasongief/LEAP, main_leap.py.
"""

from leap.config import LOSSES, LeapLossConfig
from leap.data.videos import Videos
from leap.models.output import Parsing
from leap.training.cross_entropy import segment_bce, video_bce
from leap.training.losses.base import BasicLoss, Losses


@LOSSES.register(LeapLossConfig)
class LeapLoss(BasicLoss):
    """Video and segment cross-entropies against weak labels and pseudo-labels.

    The video target of a modality is the union of its pseudo-labels over time. The target of the whole video
    is the weak label.
    """

    shardable = replayable = True

    def __call__(self, parsing: Parsing, videos: Videos, step: int = 0) -> Losses:
        """Losses ``video_audio``, ``video_visual``, ``video``, ``segment_audio`` and ``segment_visual``."""
        return {
            "video_audio": video_bce(parsing.video_audio, videos.pseudo_audio.amax(dim=1)),
            "video_visual": video_bce(parsing.video_visual, videos.pseudo_visual.amax(dim=1)),
            "video": video_bce(parsing.video, videos.weak),
            "segment_audio": segment_bce(parsing.segment_audio, videos.pseudo_audio),
            "segment_visual": segment_bce(parsing.segment_visual, videos.pseudo_visual),
        }

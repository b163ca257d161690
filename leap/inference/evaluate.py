"""Score a parser on videos with dense labels."""

from torch import nn

from leap.config import Protocol
from leap.data.videos import Videos
from leap.inference.predict import predict
from leap.metrics import parsing_scores


def evaluate(parser: nn.Module, videos: Videos, protocol: Protocol) -> dict[str, float]:
    """The ten scores × 100 of a parser under a decoding protocol; puts the parser in eval mode.

    Raises:
        LeapError: the videos have no dense labels.
    """
    true_audio, true_visual = videos.truth()
    predictions = predict(parser, videos, protocol)
    return parsing_scores(predictions.audio, predictions.visual, true_audio.cpu(), true_visual.cpu())

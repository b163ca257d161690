"""Score a parser on videos with dense labels."""

from collections.abc import Callable

from torch import nn

from leap.config import Protocol
from leap.data.videos import Videos
from leap.inference.predict import predict
from leap.metrics import parsing_scores


def evaluate(
    parser: nn.Module,
    videos: Videos,
    protocol: Protocol,
    score: Callable[..., dict[str, float]] = parsing_scores,
) -> dict[str, float]:
    """The ten scores × 100 of a parser under a decoding protocol; puts the parser in eval mode.

    Args:
        parser: the parser.
        videos: videos with dense labels.
        protocol: decoding protocol.
        score: function that scores predicted and true labels, with the arguments of `parsing_scores`.

    Raises:
        LeapError: the videos have no dense labels, or there are none.
    """
    true_audio, true_visual = videos.truth()
    predictions = predict(parser, videos, protocol)
    return score(predictions.audio, predictions.visual, true_audio.cpu(), true_visual.cpu())

from dataclasses import replace

import pytest

from leap.config import LeapConfig, ModelConfig, Protocol
from leap.errors import LeapError
from leap.inference.decode import decode
from leap.inference.evaluate import evaluate
from leap.metrics import parsing_scores
from tests.models.product import make, parse


@pytest.mark.parametrize(
    "protocol", [Protocol(), Protocol(segment=0.25, gate="modality", gate_threshold=0.45)]
)
def test_scores_are_those_of_the_decoded_events(protocol, make_videos):
    videos = make_videos(6, t=4, c=3)
    parser = make(ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12), 3)
    expected = parsing_scores(*decode(parse(parser, videos), protocol), videos.true_audio, videos.true_visual)
    assert evaluate(parser, videos, protocol) == expected
    with pytest.raises(LeapError, match="no dense labels"):
        evaluate(parser, replace(videos, true_audio=None), protocol)
    with pytest.raises(LeapError, match="no videos to score"):
        evaluate(parser, videos[:0], protocol)

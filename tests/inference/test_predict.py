import pytest
import torch

from leap.config import LeapConfig, ModelConfig, Protocol
from leap.inference import predict as module
from leap.inference.decode import decode
from leap.inference.predict import parse_videos, predict
from tests.models.product import EACH, make, parts

PROTOCOL = Protocol()


@pytest.fixture
def parser():
    return make(ModelConfig(decoder=LeapConfig(heads=2), width=8, ffn=12), 3)


@pytest.fixture
def videos(make_videos):
    return make_videos(6, t=4, c=3)


def test_predictions_are_the_decoded_parsing_in_order(parser, videos, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 4)
    predictions = predict(parser.train(), videos, PROTOCOL)
    with torch.inference_mode():
        parsing = parser.eval()(*videos.features)
    audio, visual = decode(parsing, PROTOCOL)
    assert torch.equal(predictions.audio, audio)
    assert torch.equal(predictions.visual, visual)
    torch.testing.assert_close(predictions.probability_audio, parsing.segment_audio.sigmoid())
    torch.testing.assert_close(predictions.probability_visual, parsing.segment_visual.sigmoid())
    assert predictions.audio.shape == (6, 4, 3)


def test_videos_are_parsed_in_batches_without_dropout_or_gradients(parser, videos, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 4)
    batches = list(parse_videos(parser.train(), videos))
    assert [len(parsing.video) for parsing in batches] == [4, 2]
    assert not any(parsing.video.requires_grad for parsing in batches)
    again = list(parse_videos(parser.train(), videos))
    assert torch.equal(batches[0].segment_audio, again[0].segment_audio)


@pytest.mark.parametrize("model", EACH, ids=parts)
def test_no_videos_have_empty_predictions(model, make_videos):
    predictions = predict(make(model), make_videos(2)[:0], PROTOCOL)
    assert {tuple(tensor.shape) for tensor in vars(predictions).values()} == {(0, 10, 5)}
    assert predictions.audio.dtype == torch.uint8

import pytest
import torch

from leap.models.decoders.leap import Leap
from leap.models.decoders.mmil import Mmil


@pytest.fixture
def streams():
    torch.manual_seed(0)
    return torch.randn(3, 10, 8), torch.randn(3, 10, 8)


def test_segment_probabilities_are_pooled_by_attention_over_time(streams):
    decoder = Mmil(8, 5).eval()
    parsing = decoder(*streams)
    weights = decoder.time_attention(parsing.encoded_audio).softmax(dim=1)
    expected = (weights * parsing.segment_audio.sigmoid()).sum(dim=1)
    torch.testing.assert_close(parsing.video_audio, expected)
    assert parsing.attention_audio.shape == (3, 1, 1, 5, 10)
    torch.testing.assert_close(parsing.attention_audio[:, 0, 0].transpose(1, 2), weights)


def test_both_modalities_are_pooled_for_the_video(streams):
    decoder = Mmil(8, 5).eval()
    parsing, expected = decoder(*streams), 0
    shares = decoder.modality_attention(torch.stack(streams, dim=2)).softmax(dim=2)  # (B, T, 2, C)
    for place, (stream, logits) in enumerate(
        zip(streams, (parsing.segment_audio, parsing.segment_visual), strict=True)
    ):
        time = decoder.time_attention(stream).softmax(dim=1)
        expected = expected + (time * shares[:, :, place] * logits.sigmoid()).sum(dim=1)
    torch.testing.assert_close(parsing.video, expected)


def test_capacity_control_has_leaps_blocks():
    """Two self-attention blocks per modality are, parameter by parameter, LEAP's two blocks."""

    def block_parameters(decoder):
        return sorted(tuple(p.shape) for n, p in decoder.named_parameters() if "blocks" in n)

    assert block_parameters(Mmil(8, 5, blocks=2, ffn=12)) == block_parameters(
        Leap(8, 9, 12, blocks=2, heads=1)
    )


def test_blocks_refine_what_is_decoded_and_not_what_is_compared(streams):
    decoder = Mmil(8, 5, blocks=1, dropout=0.0).eval()
    parsing = decoder(*streams)
    assert torch.equal(parsing.encoded_audio, streams[0])
    refined = decoder.blocks_audio[0](streams[0], streams[0]).refined
    torch.testing.assert_close(parsing.segment_audio, decoder.event(refined))

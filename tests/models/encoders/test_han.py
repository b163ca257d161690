import pytest
import torch

from leap.models.encoders.han import Han


@pytest.fixture
def streams():
    torch.manual_seed(0)
    return torch.randn(3, 10, 8), torch.randn(3, 10, 8)


def make(**options):
    torch.manual_seed(1)
    return Han(8, 12, dropout=0.0, **options).eval()


@pytest.mark.parametrize("layers", [1, 2])
def test_swapping_modalities_swaps_the_streams(layers, streams):
    encoder, (audio, visual) = make(layers=layers), streams
    forward, backward = encoder(audio, visual), encoder(visual, audio)
    torch.testing.assert_close(forward[0], backward[1])
    torch.testing.assert_close(forward[1], backward[0])


def test_both_streams_read_what_the_other_was_before_the_layer(streams):
    encoder, (audio, visual) = make(), streams
    (layer,) = encoder.layers
    for found, expected in zip(
        encoder(audio, visual), (layer(audio, visual), layer(visual, audio)), strict=True
    ):
        torch.testing.assert_close(found, expected)


def test_the_blend_is_four_fifths_cross_modal(streams):
    encoder = make(cross_weight=0.8)
    crossed, own = encoder.cross_modal(*streams), encoder.unimodal(*streams)
    for blended, with_, without in zip(encoder(*streams), crossed, own, strict=True):
        torch.testing.assert_close(blended, 0.8 * with_ + 0.2 * without)
        assert not torch.allclose(with_, without)


def test_whole_weights_take_one_pass(streams):
    for weight, name in ((1.0, "cross_modal"), (0.0, "unimodal")):
        encoder = make(cross_weight=weight)
        for found, expected in zip(encoder(*streams), getattr(encoder, name)(*streams), strict=True):
            assert torch.equal(found, expected)


def test_without_cross_modal_attention_streams_do_not_meet(streams):
    encoder, (audio, visual) = make(cross_weight=0.0), streams
    encoded, changed = encoder(audio, visual), encoder(audio, visual + 1)
    assert torch.equal(encoded[0], changed[0])
    assert not torch.equal(encoded[1], changed[1])

import torch

from leap.models.encoders.han import Han
from leap.models.encoders.valor import Valor


def make(**options):
    torch.manual_seed(0)
    return Valor(8, 12, heads=2, dropout=0.0, **options).eval()


def test_visual_reads_the_audio_that_the_layer_has_updated():
    encoder, han = make(), Han(8, 12, heads=2, dropout=0.0).eval()
    han.layers[0].load_state_dict(encoder.layers[0].state_dict())
    audio, visual = torch.randn(2, 3, 10, 8)
    ours, theirs = encoder(audio, visual), han(audio, visual)
    torch.testing.assert_close(ours[0], theirs[0])
    torch.testing.assert_close(ours[1], encoder.layers[0](visual, ours[0]))
    assert not torch.allclose(ours[1], theirs[1], atol=1e-3)


def test_layers_start_alike():
    encoder = make(layers=3)
    first, *others = (layer.state_dict() for layer in encoder.layers)
    assert all(torch.equal(first[name], other[name]) for other in others for name in first)


def test_pre_norm_ends_with_a_norm_of_each_modality():
    encoder = make(layers=2, pre_norm=True)
    for stream in encoder(*torch.randn(2, 3, 10, 8) * 5):
        torch.testing.assert_close(stream.mean(-1), torch.zeros(3, 10), atol=1e-5, rtol=0)
        torch.testing.assert_close(stream.var(-1, correction=0), torch.ones(3, 10), atol=1e-3, rtol=0)
    assert {name for name, _ in encoder.named_parameters() if "norm_" in name and "layers" not in name} == {
        f"norm_{modality}.{kind}" for modality in ("audio", "visual") for kind in ("weight", "bias")
    }

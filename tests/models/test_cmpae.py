from dataclasses import replace

import pytest
import torch

from leap.config import CmpaeConfig, HanConfig, JomoldConfig, MmilConfig, ValorConfig
from leap.errors import LeapError
from leap.models.cmpae import CmpaeParser, GlobalBranch, blend
from leap.models.decoders.evidential import Evidential
from leap.models.encoders.han import Han
from tests.models.product import CMPAE, JOMOLD, SIZES, make, parse


@pytest.fixture
def streams():
    torch.manual_seed(0)
    return torch.randn(3, 10, 8), torch.randn(3, 10, 8)


class Features(torch.nn.Module):
    """A front end that gives features as they are."""

    def forward(self, audio, visual_2d, visual_3d):
        return audio, visual_2d


def make_cmpae(cross_weight=0.7):
    parts = Features(), Han(8, 12, dropout=0.0, cross_weight=0.8), Evidential(8, 5), None, "float32"
    return CmpaeParser(*parts, branch=GlobalBranch(8, 5), visual_dropout=0.0, cross_weight=cross_weight)


def test_the_branch_replaces_the_videos_probability_only(streams):
    parser = make_cmpae(cross_weight=1.0).eval()
    before, after = parser.decoder(*parser.encoder(*streams)), parser(*streams)
    video, uncertainty = parser.branch(*streams)
    assert torch.equal(after.video, video)
    assert not torch.allclose(after.video, before.video)
    assert torch.equal(after.video_audio, before.video_audio)
    assert torch.equal(after.uncertainty.video, uncertainty)
    assert torch.equal(after.uncertainty.segment_audio, before.uncertainty.segment_audio)
    assert uncertainty.shape == (3,)


def test_blend_averages_probabilities(streams):
    decoder = Evidential(8, 5).eval()
    first, second = decoder(*streams), decoder(*reversed(streams))
    both = blend(first, second, 0.7)
    expected = 0.7 * first.segment_audio.sigmoid() + 0.3 * second.segment_audio.sigmoid()
    torch.testing.assert_close(both.segment_audio.sigmoid(), expected)
    torch.testing.assert_close(both.video_visual, 0.7 * first.video_visual + 0.3 * second.video_visual)
    torch.testing.assert_close(blend(first, second, 1.0).segment_audio, first.segment_audio)


def test_passes_are_blended_in_eval_mode_only(streams):
    parser = make_cmpae().eval()
    blended, unimodal = parser(*streams), parser.unimodal(*streams)
    parser.cross_weight = 1.0
    crossed = parser(*streams)
    expected = blend(crossed, unimodal, 0.7)
    torch.testing.assert_close(blended.video_audio, expected.video_audio)
    torch.testing.assert_close(blended.segment_visual, expected.segment_visual)
    assert not torch.allclose(crossed.video_audio, unimodal.video_audio)
    parser.cross_weight = 0.7
    parser.train()
    parser.decoder.dropout.eval()
    torch.testing.assert_close(parser(*streams).video_audio, crossed.video_audio)


@pytest.mark.parametrize("config", [JOMOLD, CMPAE], ids=lambda config: config.name)
def test_visual_dropout_reaches_the_decoder_and_not_what_is_compared(config, make_videos):
    parser, videos = make(config), make_videos()
    seen = []
    parser.decoder.register_forward_hook(lambda module, inputs, output: seen.append(inputs))
    parsing = parse(parser.train(), videos)
    audio, visual, _ = seen[0]
    dropped = visual == 0
    assert dropped.float().mean() == pytest.approx(0.5, abs=0.1)
    torch.testing.assert_close(visual[~dropped], 2 * parsing.encoded_visual[~dropped])
    assert torch.equal(audio, parsing.encoded_audio)
    parse(parser.eval(), videos)
    assert not (seen[1][1] == 0).any()


def test_cmpae_needs_an_encoder_that_runs_without_cross_modal_attention():
    with pytest.raises(LeapError, match=r"^model config: CMPAE needs an encoder [^\n]*: han; [^\n]*$"):
        make(CmpaeConfig(encoder=ValorConfig(), **SIZES))


def test_jomold_and_cmpae_take_other_parts():
    parser = make(JomoldConfig(encoder=ValorConfig(heads=2), decoder=MmilConfig(), **SIZES))
    assert not hasattr(parser, "branch")
    parser = make(CmpaeConfig(encoder=HanConfig(), decoder=MmilConfig(), **SIZES))
    assert parser.branch.event.out_features == 5


def test_the_unimodal_pass_has_the_parsers_precision_and_returns_float32(make_videos):
    videos = make_videos()
    exact, rounded = make(CMPAE), make(replace(CMPAE, precision="bfloat16"))
    types = []
    rounded.decoder.register_forward_hook(
        lambda module, inputs, output: types.append(output.encoded_audio.dtype)
    )
    with torch.no_grad():
        expected, found = exact.unimodal(*videos.features), rounded.unimodal(*videos.features)
        rounded(*videos.features)
    assert types == [types[-1]] * 3  # as in the regular pass, which is two in eval mode
    for name, value in vars(found).items():
        if isinstance(value, torch.Tensor):
            assert value.dtype == torch.float32, name
            torch.testing.assert_close(value, getattr(expected, name), atol=0.05, rtol=0.05)
    assert not torch.equal(found.segment_audio, expected.segment_audio)

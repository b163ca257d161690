from math import exp

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from leap.models.cmpae import GlobalBranch, blend
from leap.models.decoders.evidential import Evidential, belief, concentration
from leap.models.encoders.han import Han
from leap.models.parser import Parser

logits = st.floats(-30, 30)


@given(logits, logits)
def test_belief_is_the_share_of_the_evidence(presence, absence):
    present, absent = (exp(max(-10, min(10, z)) / 0.8) + 1 for z in (presence, absence))
    odds, doubt = belief(
        torch.tensor(presence, dtype=torch.double), torch.tensor(absence, dtype=torch.double)
    )
    assert odds.sigmoid().item() == pytest.approx(present / (present + absent))
    assert doubt.item() == pytest.approx(2 / (present + absent))
    assert 0 < doubt.item() <= 1


def test_no_evidence_is_all_doubt():
    odds, doubt = belief(torch.tensor(-100.0), torch.tensor(-100.0))
    assert odds.item() == 0
    assert doubt.item() == pytest.approx(1, abs=1e-4)
    assert concentration(torch.tensor(0.0)).item() == 2


@pytest.fixture
def streams():
    torch.manual_seed(0)
    return torch.randn(3, 10, 8), torch.randn(3, 10, 8)


def test_the_blend_is_four_fifths_cross_modal(streams):
    encoder = Han(8, 12).eval()
    crossed, own = Han.forward(encoder, *streams), encoder.unimodal(*streams)
    for blended, with_, without in zip(encoder(*streams), crossed, own, strict=True):
        torch.testing.assert_close(blended, 0.8 * with_ + 0.2 * without)


def test_without_cross_modal_attention_streams_do_not_meet(streams):
    encoder, (audio, visual) = Han(8, 12).eval(), streams
    encoded, changed = encoder(audio, visual), encoder(audio, visual + 1)
    assert torch.equal(encoded[0], changed[0])
    assert not torch.equal(encoded[1], changed[1])


def test_presence_reads_one_modality_and_absence_both(streams):
    decoder, (audio, visual) = Evidential(8, 5).eval(), streams
    torch.nn.init.zeros_(decoder.absence.weight)
    first, second = decoder(audio, visual), decoder(audio, visual + 1)
    torch.testing.assert_close(first.segment_audio, second.segment_audio)
    torch.nn.init.ones_(decoder.absence.weight)
    assert not torch.allclose(decoder(audio, visual).segment_audio, decoder(audio, visual + 1).segment_audio)


def test_the_branch_replaces_the_videos_probability_only(streams):
    decoder, branch = Evidential(8, 5).eval(), GlobalBranch(8, 5)
    before = decoder(*streams)
    after = branch(before, *streams)
    assert torch.equal(before.video, torch.maximum(before.video_audio, before.video_visual))
    assert not torch.equal(after.video, before.video)
    assert torch.equal(after.video_audio, before.video_audio)
    assert before.uncertainty.video is None
    assert after.uncertainty.video.shape == (3,)


def test_blend_averages_probabilities(streams):
    decoder = Evidential(8, 5).eval()
    first, second = decoder(*streams), decoder(*reversed(streams))
    both = blend(first, second, 0.7)
    expected = 0.7 * first.segment_audio.sigmoid() + 0.3 * second.segment_audio.sigmoid()
    torch.testing.assert_close(both.segment_audio.sigmoid(), expected)
    torch.testing.assert_close(both.video_visual, 0.7 * first.video_visual + 0.3 * second.video_visual)
    torch.testing.assert_close(blend(first, second, 1.0).segment_audio, first.segment_audio)


def test_the_test_blend_is_for_eval_mode_only(streams):
    class Front(torch.nn.Module):
        def forward(self, audio, visual_2d, visual_3d):
            return audio, visual_2d

    parser = Parser(Front(), Han(8, 12, dropout=0.0), Evidential(8, 5), None, cross_share=0.7).eval()
    parser.decoder.dropout.eval()
    blended = parser(*streams)
    crossed = parser._decode(parser.encoder, streams, None)
    torch.testing.assert_close(
        blended.video_audio, blend(crossed, parser.unimodal(*streams), 0.7).video_audio
    )
    parser.train()
    parser.decoder.dropout.eval()
    torch.testing.assert_close(parser(*streams).video_audio, crossed.video_audio)

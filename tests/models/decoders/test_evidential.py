from math import exp

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from leap.models.decoders.evidential import Evidential, belief, concentration

logits = st.floats(-30, 30)


@given(logits, logits)
def test_belief_is_the_share_of_the_evidence(presence, absence):
    present, absent = (exp(max(-10, min(10, z)) / 0.8) + 1 for z in (presence, absence))
    odds, uncertainty = belief(
        torch.tensor(presence, dtype=torch.double), torch.tensor(absence, dtype=torch.double)
    )
    assert odds.sigmoid().item() == pytest.approx(present / (present + absent))
    assert uncertainty.item() == pytest.approx(2 / (present + absent))
    assert 0 < uncertainty.item() <= 1


def test_no_evidence_is_complete_uncertainty():
    odds, uncertainty = belief(torch.tensor(-100.0), torch.tensor(-100.0))
    assert odds.item() == 0
    assert uncertainty.item() == pytest.approx(1, abs=1e-4)
    assert concentration(torch.tensor(0.0)).item() == 2


@pytest.fixture
def streams():
    torch.manual_seed(0)
    return torch.randn(3, 10, 8), torch.randn(3, 10, 8)


def test_presence_reads_one_modality_and_absence_both(streams):
    decoder, (audio, visual) = Evidential(8, 5).eval(), streams
    torch.nn.init.zeros_(decoder.absence.weight)
    first, second = decoder(audio, visual), decoder(audio, visual + 1)
    torch.testing.assert_close(first.segment_audio, second.segment_audio)
    torch.nn.init.ones_(decoder.absence.weight)
    assert not torch.allclose(decoder(audio, visual).segment_audio, decoder(audio, visual + 1).segment_audio)


def test_the_video_has_the_larger_probability_of_its_modalities(streams):
    parsing = Evidential(8, 5).eval()(*streams)
    assert torch.equal(parsing.video, torch.maximum(parsing.video_audio, parsing.video_visual))
    assert parsing.uncertainty.video is None
    assert parsing.uncertainty.segment_audio.shape == parsing.segment_audio.shape

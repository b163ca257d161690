from dataclasses import replace

import pytest
import torch

import leap.training.losses.cmpae as module
from leap.config import CmpaeLossConfig
from leap.errors import LeapError
from leap.models.decoders.evidential import EvidentialParsing, Uncertainty
from leap.training.cross_entropy import video_bce
from leap.training.denoising import DenoisedVideos, NoiseRatios
from leap.training.losses import CmpaeLoss
from leap.training.losses.cmpae import LEAST_UNCERTAINTY, mutual
from tests.models.product import CMPAE, make, parse
from tests.training.losses.parsings import make_parsing


def test_mutual_learning_alternates(make_videos):
    """On even steps the modalities learn from the global branch, which stays; on odd ones it learns."""
    videos, parser = make_videos(), make(CMPAE)
    parser.cross_weight = 1.0  # no blend of two passes, as in training
    for step, learns in ((0, False), (1, True)):
        parsing = parse(parser, videos)
        fixed = replace(parsing.uncertainty, video=parsing.uncertainty.video.detach())
        parser.zero_grad(set_to_none=True)
        mutual(replace(parsing, uncertainty=fixed), videos.weak, step).backward()
        assert (parser.branch.event.weight.grad is not None) == learns


def test_both_directions_are_weighted_by_the_confidence_of_what_is_learned_from():
    """One video, one class that it has: 0.9 and 0.2 of the modalities, 0.5 of the branch."""

    def loss(step, audio, branch):
        pair = torch.tensor([[0.9]]), torch.tensor([[0.2]])
        uncertainty = Uncertainty(
            *pair, torch.tensor([[audio]]), torch.tensor([[0.3]]), torch.tensor([branch])
        )
        empty = torch.zeros(1, 1, 1)
        parsing = EvidentialParsing(
            empty, empty, *pair, torch.tensor([[0.5]]), empty, empty, uncertainty=uncertainty
        )
        return mutual(parsing, torch.ones(1, 1), step).item()

    assert loss(0, 0.4, 0.95) == pytest.approx((1 - 0.95) * (1 - 0.4) * (0.5 - 0.9) ** 2, rel=1e-5)
    assert loss(1, 0.4, 0.95) == pytest.approx(0.95 * (1 - 0.4) * (0.5 - 0.9) ** 2, rel=1e-5)
    assert loss(0, 0.4, 0.3) == pytest.approx((1 - LEAST_UNCERTAINTY) * 0.6 * 0.16, rel=1e-5)
    assert loss(1, 0.1, 0.3) == pytest.approx(LEAST_UNCERTAINTY * 0.9 * 0.16, rel=1e-5)


def test_its_decoder_and_its_branch_are_needed(make_videos):
    videos, parser = make_videos(), make(CMPAE)
    without_branch = parser.decoder(*parser.encoder(*parser.frontend(*videos.features)))
    for parsing in (make_parsing(videos), without_branch):
        with pytest.raises(LeapError, match='need the model "cmpae" with the decoder "evidential"'):
            CmpaeLoss(CmpaeLossConfig())(parsing, videos)


def test_modalities_learn_their_denoised_labels_and_the_branch_all(make_videos):
    videos, loss = make_videos(), CmpaeLoss(CmpaeLossConfig())
    parsing = parse(make(CMPAE), videos)
    audio, visual = torch.zeros_like(videos.weak), torch.ones_like(videos.weak)
    losses = loss(parsing, DenoisedVideos(**vars(videos), weak_audio=audio, weak_visual=visual))
    assert losses.keys() == {"video_audio", "video_visual", "video", "nce", "mutual"}
    assert torch.equal(losses["video_audio"], video_bce(parsing.video_audio, audio))
    assert torch.equal(losses["video_visual"], video_bce(parsing.video_visual, visual))
    assert torch.equal(losses["video"], video_bce(parsing.video, videos.weak))
    plain = loss(parsing, videos)
    assert torch.equal(plain["video_visual"], video_bce(parsing.video_visual, 0.05 + 0.9 * videos.weak))


@pytest.mark.parametrize(("warmup", "factors"), [("step", (0, 0, 1)), ("ramp", (0, 0.5, 1))])
def test_labels_are_denoised_by_the_ratios_in_force(warmup, factors, make_videos, monkeypatch):
    videos, parser = make_videos(), make(CMPAE)
    loss = CmpaeLoss(CmpaeLossConfig(warmup=warmup))
    assert loss.targets(parser, videos, 0.0) is videos  # before the ratios are estimated
    loss.noise_ratios = NoiseRatios(torch.full((5,), 0.8), torch.full((5,), 0.4))
    seen = []
    monkeypatch.setattr(module, "denoise", lambda parser, videos, ratios: seen.append(ratios))
    for progress in (0.0, 0.45, 1.0):
        loss.targets(parser, videos, progress)
    assert [ratios.audio[0].item() for ratios in seen] == pytest.approx([0.8 * f for f in factors])
    assert [ratios.visual[0].item() for ratios in seen] == pytest.approx([0.4 * f for f in factors])

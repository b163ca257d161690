"""HAN + MMIL and LEAP's decoder against the public releases' own outputs, losses and gradients."""

import pytest
import torch

from leap.data.videos import Videos
from leap.losses import avss_release, basic_losses, han_losses
from leap.models.frontend import Frontend
from leap.models.han import Han
from leap.models.leap import Leap
from leap.models.mmil import Mmil
from leap.models.parser import Parser
from tests.golden_files import HAN_MMIL, Golden, leap_names

OUTPUT = {"rtol": 1e-5, "atol": 1e-6}
GRADIENT = {"rtol": 1e-4, "atol": 1e-6}


def golden_videos(golden):
    audio, visual = golden["input/pseudo_audio"], golden["input/pseudo_visual"]
    return Videos(
        audio=golden["input/audio"],
        visual_2d=golden["input/visual_2d"].unflatten(1, (10, 8)).mean(dim=2),
        visual_3d=golden["input/visual_3d"],
        weak=golden["input/weak_label"],
        pseudo_audio=audio,
        pseudo_visual=visual,
        true_audio=torch.zeros_like(audio),
        true_visual=torch.zeros_like(visual),
    )


def assert_gradients(module, expected):
    gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
    assert gradients.keys() == expected.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected[name], **GRADIENT, msg=lambda m, n=name: f"{n}: {m}")


@pytest.fixture
def han():
    golden = Golden("han_mmil")
    parser = Parser(Frontend(20, 48, 28, 16), Han(16, 16, dropout=0.0), Mmil(16, 25), None)
    parser.load_state_dict(golden.state(HAN_MMIL))
    return golden, golden_videos(golden), parser


def parse(parser, videos):
    return parser(videos.audio, videos.visual_2d, videos.visual_3d)


def test_han_mmil_outputs(han):
    golden, videos, parser = han
    parsing = parse(parser, videos)
    segments = torch.stack([parsing.segment_audio, parsing.segment_visual], dim=2).sigmoid()
    torch.testing.assert_close(segments, golden["output/frame_prob"], **OUTPUT)
    torch.testing.assert_close(parsing.video_audio, golden["output/a_prob"], **OUTPUT)
    torch.testing.assert_close(parsing.video_visual, golden["output/v_prob"], **OUTPUT)
    torch.testing.assert_close(parsing.video, golden["output/global_prob"], **OUTPUT)


def test_han_losses_and_gradients(han):
    golden, videos, parser = han
    losses = han_losses(parse(parser, videos), videos)
    for ours, theirs in (("video_audio", "video_a"), ("video_visual", "video_v"), ("video", "video_global")):
        torch.testing.assert_close(losses[ours], golden[f"loss/{theirs}"], **OUTPUT)
    total = sum(losses.values())
    torch.testing.assert_close(total, golden["loss/total"], **OUTPUT)
    total.backward()
    assert_gradients(parser, golden.state(HAN_MMIL, "grad"))


def test_han_trajectory(han):
    golden, videos, parser = han
    optimizer = torch.optim.Adam(parser.parameters(), lr=1e-3)
    totals = []
    for _ in range(10):
        total = sum(han_losses(parse(parser, videos), videos).values())
        totals.append(total.item())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    expected = golden["trajectory/total_loss"].tolist()
    assert totals == pytest.approx(expected, rel=1e-3)


@pytest.fixture(params=[1, 2, 3])
def leap(request):
    golden = Golden(f"leap_mmpyr_n{request.param}")
    decoder = Leap(16, 24, 16, blocks=request.param, heads=4, dropout=0.0, variant="release").eval()
    decoder.load_state_dict(golden.state(leap_names(request.param)))
    parsing = decoder(golden["output/a_feat"], golden["output/v_feat"], golden["input/label_embedding"])
    return golden, decoder, parsing


def test_leap_release_outputs(leap):
    golden, _, parsing = leap
    expected = {
        "a_frame_prob": parsing.segment_audio.sigmoid(),
        "v_frame_prob": parsing.segment_visual.sigmoid(),
        "a_prob": parsing.video_audio,
        "v_prob": parsing.video_visual,
        "global_prob": parsing.video,
        "a_label_feat": parsing.label_audio,
        "v_label_feat": parsing.label_visual,
    }
    for name, value in expected.items():
        torch.testing.assert_close(
            value, golden[f"output/{name}"], **OUTPUT, msg=lambda m, n=name: f"{n}: {m}"
        )


def test_leap_release_losses_and_gradients(leap):
    golden, decoder, parsing = leap
    videos = golden_videos(golden)
    losses = basic_losses(parsing, videos) | {"avss": avss_release(parsing, videos)}
    names = {
        "video_audio": "video_a",
        "video_visual": "video_v",
        "video": "video_global",
        "segment_audio": "segment_a",
        "segment_visual": "segment_v",
        "avss": "avss",
    }
    for ours, theirs in names.items():
        torch.testing.assert_close(losses[ours], golden[f"loss/{theirs}"], **OUTPUT)
    total = sum(losses.values())
    torch.testing.assert_close(total, golden["loss/total"], **OUTPUT)
    total.backward()
    assert_gradients(decoder, golden.state(leap_names(len(decoder.audio.blocks)), "grad"))

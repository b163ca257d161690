"""Encoders and decoders against the public releases' own outputs, losses and gradients."""

from dataclasses import replace

import pytest
import torch

from leap.config import (
    CmpaeLossConfig,
    HanLossConfig,
    LeapLossConfig,
    LossConfig,
    RunConfig,
    UwavConfig,
    UwavLossConfig,
    ValorConfig,
    ValorLossConfig,
)
from leap.data.pseudo_labels import soft_labels
from leap.data.videos import Videos
from leap.models.cmpae import CmpaeParser, EluFrontend, GlobalBranch
from leap.models.decoders.evidential import Evidential
from leap.models.decoders.leap import Leap
from leap.models.decoders.mmil import Mmil
from leap.models.encoders.han import Han
from leap.models.encoders.mm_pyramid import MmPyramid
from leap.models.encoders.valor import Valor
from leap.models.frontend import Frontend
from leap.models.parser import Parser, build_parser
from leap.releases.names import (
    MMIL,
    cmpae_names,
    han_names,
    leap_names,
    mm_pyramid_names,
    uwav_names,
    valor_names,
)
from leap.training.criterion import Criterion
from leap.training.losses import CmpaeLoss, HanLoss, LeapLoss, UwavLoss, ValorLoss, uwav
from leap.training.losses.similarity import avss_release, cosine_similarity
from tests.golden_files import Golden

HAN_LOSS, VALOR_LOSS, LEAP_LOSS = (
    HanLoss(HanLossConfig()),
    ValorLoss(ValorLossConfig()),
    LeapLoss(LeapLossConfig()),
)
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


ENCODERS = {
    "han_mmil": (lambda: Han(16, 16, dropout=0.0), han_names(1) | MMIL),
    "mmpyr_mmil": (
        lambda: MmPyramid(16, 16, heads=4, dropout=0.0, swapped=True),
        mm_pyramid_names(4) | MMIL,
    ),
}


@pytest.fixture(params=ENCODERS)
def mmil(request):
    """HAN and MM-Pyr with MMIL, with the release's weights."""
    golden = Golden(request.param)
    make, names = ENCODERS[request.param]
    parser = Parser(Frontend(20, 48, 28, 16), make(), Mmil(16, 25), None)
    parser.load_state_dict(golden.state(names))
    return golden, golden_videos(golden), parser, names


def parse(parser, videos):
    return parser(videos.audio, videos.visual_2d, videos.visual_3d)


def test_mmil_outputs(mmil):
    golden, videos, parser, _ = mmil
    parsing = parse(parser, videos)
    segments = torch.stack([parsing.segment_audio, parsing.segment_visual], dim=2).sigmoid()
    torch.testing.assert_close(segments, golden["output/frame_prob"], **OUTPUT)
    torch.testing.assert_close(parsing.video_audio, golden["output/a_prob"], **OUTPUT)
    torch.testing.assert_close(parsing.video_visual, golden["output/v_prob"], **OUTPUT)
    torch.testing.assert_close(parsing.video, golden["output/global_prob"], **OUTPUT)


def test_mmil_losses_and_gradients(mmil):
    golden, videos, parser, names = mmil
    losses = HAN_LOSS(parse(parser, videos), videos)
    for ours, theirs in (("video_audio", "video_a"), ("video_visual", "video_v"), ("video", "video_global")):
        torch.testing.assert_close(losses[ours], golden[f"loss/{theirs}"], **OUTPUT)
    total = sum(losses.values())
    torch.testing.assert_close(total, golden["loss/total"], **OUTPUT)
    total.backward()
    assert_gradients(parser, golden.state(names, "grad"))


def trajectory(parser, loss, optimizer, clip=float("inf")):
    """Total losses of ten steps."""
    totals = []
    for _ in range(10):
        total = loss()
        totals.append(total.item())
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(parser.parameters(), clip)
        optimizer.step()
    return totals


def test_mmil_trajectory(mmil):
    golden, videos, parser, _ = mmil
    optimizer = torch.optim.Adam(parser.parameters(), lr=1e-3)
    totals = trajectory(parser, lambda: sum(HAN_LOSS(parse(parser, videos), videos).values()), optimizer)
    assert totals == pytest.approx(golden["trajectory/total_loss"].tolist(), rel=1e-3)


VALORS = {
    "valor_post_norm_l1": ValorConfig(layers=1),
    "valor_post_norm_l4": ValorConfig(layers=4),
    "valor_pre_norm_l2": ValorConfig(layers=2, pre_norm=True),
}


@pytest.fixture(params=VALORS)
def valor(request):
    """VALOR, with the release's weights."""
    golden, config = Golden(request.param), VALORS[request.param]
    encoder = Valor(16, 32, config.layers, heads=4, dropout=0.0, pre_norm=config.pre_norm)
    parser = Parser(Frontend(20, 48, 28, 16), encoder, Mmil(16, 25), None)
    names = valor_names(config) | MMIL
    parser.load_state_dict(golden.state(names))
    return golden, golden_videos(golden), parser, names


def test_valor(valor):
    golden, videos, parser, names = valor
    parsing = parse(parser, videos)
    logits = torch.stack([parsing.segment_audio, parsing.segment_visual], dim=2)
    outputs = {"frame_logits": logits, "frame_prob": logits.sigmoid(), "global_prob": parsing.video}
    outputs |= {"a_prob": parsing.video_audio, "v_prob": parsing.video_visual}
    for name, value in outputs.items():
        torch.testing.assert_close(value, golden[f"output/{name}"], **OUTPUT)
    losses = VALOR_LOSS(parsing, videos)
    theirs = {"video": "video_global", "segment_audio": "segment_a", "segment_visual": "segment_v"}
    for name, value in losses.items():
        torch.testing.assert_close(value, golden[f"loss/{theirs[name]}"], **OUTPUT)
    total = sum(losses.values())
    torch.testing.assert_close(total, golden["loss/total"], **OUTPUT)
    total.backward()
    assert_gradients(parser, golden.state(names, "grad"))


def test_valor_trajectory(valor):
    golden, videos, parser, _ = valor
    optimizer = torch.optim.AdamW(parser.parameters(), lr=1e-3, weight_decay=1e-3, betas=(0.5, 0.999))
    totals = trajectory(
        parser, lambda: sum(VALOR_LOSS(parse(parser, videos), videos).values()), optimizer, clip=1.0
    )
    assert totals == pytest.approx(golden["trajectory/total_loss"].tolist(), rel=1e-3)


def test_uwav(monkeypatch):
    """With the release's mixtures: its weight and its permutation of each modality."""
    golden = Golden("uwav")
    names = uwav_names(3)
    widths = {"audio": 20, "visual_2d": 48, "visual_3d": 512}
    config = UwavConfig(encoder=ValorConfig(layers=3, heads=4), width=16, ffn=32)
    parser = build_parser(config, widths, torch.zeros(25, 1)).eval()
    parser.load_state_dict(golden.state(names), strict=False)
    videos, loss = golden_videos(golden), UwavLoss(UwavLossConfig())
    soft = {
        f"soft_{m}": soft_labels(golden[f"input/logit_{m}"], golden[f"input/threshold_{m}"], videos.weak)
        for m in ("audio", "visual")
    }
    videos = replace(videos, **soft)
    loss.prepare(RunConfig(), videos, lambda config: None)
    drawn = list(zip(golden["mixup/weight"], golden["mixup/permutation"], strict=True))
    monkeypatch.setattr(uwav.Beta, "sample", lambda self: drawn[0][0])
    monkeypatch.setattr(torch, "randperm", lambda n, device: drawn.pop(0)[1])

    parsing = parse(parser, videos)
    probabilities = torch.stack([parsing.segment_audio, parsing.segment_visual], dim=2).sigmoid()
    outputs = {"frame_prob": probabilities, "global_prob": parsing.video}
    outputs |= {"a_prob": parsing.video_audio, "v_prob": parsing.video_visual}
    for name, value in outputs.items():
        torch.testing.assert_close(value, golden[f"output/{name}"], **OUTPUT)
    losses = loss(parsing, videos)
    theirs = {"video": "video", "segment_audio": "a_valor", "segment_visual": "v_valor"}
    theirs |= {"mixup_audio": "a_mixup", "mixup_visual": "v_mixup"}
    for name, value in losses.items():
        torch.testing.assert_close(value, golden[f"loss/loss_{theirs[name]}"], **OUTPUT)
    total = sum(losses.values())
    torch.testing.assert_close(total, golden["loss/total"], **OUTPUT)
    total.backward()
    assert_gradients(parser, golden.state(names, "grad"))


def decoder_names(blocks):
    """Of the decoder by itself."""
    return {ours.removeprefix("decoder."): theirs for ours, theirs in leap_names(blocks).items()}


@pytest.fixture(params=[1, 2, 3])
def leap(request):
    golden = Golden(f"leap_mmpyr_n{request.param}")
    decoder = Leap(16, 24, 16, blocks=request.param, heads=4, dropout=0.0, variant="release").eval()
    decoder.load_state_dict(golden.state(decoder_names(request.param)))
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
    losses = LEAP_LOSS(parsing, videos) | {"avss": avss_release(parsing, videos)}
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
    assert_gradients(decoder, golden.state(decoder_names(len(decoder.audio.blocks)), "grad"))


@pytest.fixture(params=[1, 2, 3])
def whole_leap(request):
    """LEAP on MM-Pyr, with the release's weights."""
    golden, blocks = Golden(f"leap_mmpyr_n{request.param}"), request.param
    encoder = MmPyramid(16, 16, heads=4, dropout=0.0)
    decoder = Leap(16, 24, 16, blocks=blocks, heads=4, dropout=0.0, variant="release")
    parser = Parser(Frontend(20, 48, 28, 16), encoder, decoder, golden["input/label_embedding"])
    names = mm_pyramid_names(4) | leap_names(blocks)
    state = golden.state(names) | {"label_embedding": golden["input/label_embedding"]}
    parser.load_state_dict(state)
    return golden, golden_videos(golden), parser, names


def total_loss(parser, videos):
    parsing = parse(parser, videos)
    return sum(LEAP_LOSS(parsing, videos).values()) + avss_release(parsing, videos)


def test_leap_on_mm_pyramid_from_features_to_gradients(whole_leap):
    golden, videos, parser, names = whole_leap
    parsing = parse(parser, videos)
    outputs = {"a_feat": parsing.encoded_audio, "v_feat": parsing.encoded_visual}
    outputs |= {"a_frame_prob": parsing.segment_audio.sigmoid(), "global_prob": parsing.video}
    for name, value in outputs.items():
        torch.testing.assert_close(value, golden[f"output/{name}"], **OUTPUT)
    total = total_loss(parser, videos)
    torch.testing.assert_close(total, golden["loss/total"], **OUTPUT)
    total.backward()
    assert_gradients(parser, golden.state(names, "grad"))


def test_leap_trajectory(whole_leap):
    golden, videos, parser, _ = whole_leap
    optimizer = torch.optim.Adam(parser.parameters(), lr=1e-3)
    totals = trajectory(parser, lambda: total_loss(parser, videos), optimizer)
    assert totals == pytest.approx(golden["trajectory/total_loss"].tolist(), rel=1e-3)


@pytest.fixture
def cmpae():
    """CMPAE, with the release's weights; its visual features are frames."""
    golden, names = Golden("cmpae"), cmpae_names(1)
    parser = CmpaeParser(
        EluFrontend(20, 48, 28, 16),
        Han(16, 16, dropout=0.0, cross_weight=0.8),
        Evidential(16, 25),
        None,
        "float32",
        branch=GlobalBranch(16, 25),
        visual_dropout=0.0,
        cross_weight=1.0,
    ).eval()
    parser.load_state_dict(golden.state(names))
    return golden, replace(golden_videos(golden), visual_2d=golden["input/visual_2d"]), parser, names


def assert_cmpae_outputs(golden, parsing, kind):
    uncertainty = parsing.uncertainty
    outputs = {
        "global_prob": parsing.video,
        "a_prob": parsing.video_audio,
        "v_prob": parsing.video_visual,
        "frame_prob": torch.stack([parsing.segment_audio, parsing.segment_visual], dim=2).sigmoid(),
        "global_uncertainty": uncertainty.video,
        "a_uncertainty": uncertainty.video_audio,
        "v_uncertainty": uncertainty.video_visual,
        "frame_uncertainty": torch.stack([uncertainty.segment_audio, uncertainty.segment_visual], dim=2),
        "sims": (cosine_similarity(parsing.encoded_audio, parsing.encoded_visual) / 0.2).flatten(0, 1),
    }
    for name, value in outputs.items():
        torch.testing.assert_close(
            value, golden[f"{kind}/{name}"], **OUTPUT, msg=lambda m, n=name: f"{n}: {m}"
        )


def test_cmpae_outputs_with_and_without_cross_modal_attention(cmpae):
    golden, videos, parser, _ = cmpae
    assert_cmpae_outputs(golden, parse(parser, videos), "output")
    features = videos.audio, videos.visual_2d, videos.visual_3d
    assert_cmpae_outputs(golden, parser.unimodal(*features), "output_no_cross_attention")


@pytest.mark.parametrize(("step", "mutual"), [(0, "mutual_even_step"), (1, "mutual_odd_step")])
def test_cmpae_losses(cmpae, step, mutual):
    golden, videos, parser, _ = cmpae
    losses = CmpaeLoss(CmpaeLossConfig())(parse(parser, videos), videos, step)
    theirs = {"video_audio": "video_a", "video_visual": "video_v", "video": "video_global", "nce": "nce"}
    for name, other in (theirs | {"mutual": mutual}).items():
        torch.testing.assert_close(losses[name], golden[f"loss/{other}"], **OUTPUT)


def test_cmpae_total_and_gradients(cmpae):
    golden, videos, parser, names = cmpae
    criterion = Criterion(LossConfig(basic=CmpaeLossConfig()))
    total = criterion.total(criterion(parse(parser, videos), videos, step=0))
    torch.testing.assert_close(total, golden["loss/total_even_step"], **OUTPUT)
    total.backward()
    assert_gradients(parser, golden.state(names, "grad"))

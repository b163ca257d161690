from dataclasses import replace

import pytest
import torch

from leap.config import EvidentialConfig, LeapConfig, MmilConfig, ModelConfig
from leap.experiments import diagnostics
from leap.experiments.diagnostics import diagnose, mean_cosine
from leap.inference.predict import parse_videos
from leap.label_embeddings import random_orthogonal
from leap.models.output import Parsing
from leap.models.parser import build_parser

DECODERS = {config.name: config for config in (LeapConfig(), MmilConfig(), EvidentialConfig())}
WIDTHS = {"audio": 6, "visual_2d": 7}


def make(name="leap", classes=5):
    torch.manual_seed(0)
    model = ModelConfig(decoder=DECODERS[name], width=8, ffn=12)
    return build_parser(model, WIDTHS, random_orthogonal(classes, 9))


def parsing(videos, **tensors):
    """A parsing of which only the given tensors count."""
    n, t, c = videos.true_audio.shape
    zeros = {"segment_audio": torch.zeros(n, t, c), "segment_visual": torch.zeros(n, t, c)}
    video = dict.fromkeys(("video_audio", "video_visual", "video"), torch.zeros(n, c))
    encoded = dict.fromkeys(("encoded_audio", "encoded_visual"), torch.ones(n, t, 2))
    return Parsing(**zeros | video | encoded | tensors)


def test_what_is_found_in_which_decoder(make_videos):
    videos = make_videos(12)
    found = diagnose(make(), videos, videos)
    blocks = {f"separation_{m}_{n}" for m in ("audio", "visual") for n in (1, 2)}
    assert blocks | {"geometry_given", "geometry_projected", "geometry_visual"} <= found.keys()
    assert found["geometry_given"] == pytest.approx(0, abs=1e-4)
    mmil = diagnose(make("mmil"), videos, videos)
    assert {"peak_audio", "chance_audio", "similarity_none"} <= mmil.keys()
    assert not any(name.startswith(("separation", "geometry")) for name in mmil)
    assert not any(name.startswith("peak") for name in diagnose(make("evidential"), videos, videos))


def test_hooks_are_taken_off(make_videos):
    parser, videos = make(), make_videos()
    diagnose(parser, videos, videos)
    assert not any(module._forward_hooks for module in parser.modules())


def test_similarity_by_eiou(make_videos):
    videos = make_videos(1, t=2, c=2)
    videos = replace(
        videos,
        true_audio=torch.tensor([[[1.0, 0.0], [1.0, 1.0]]]),
        true_visual=torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]),
    )  # EIoU: [[1, 0], [1/2, 1/2]]
    audio, visual = torch.tensor([[[1.0, 0.0], [1.0, 1.0]]]), torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    found = diagnostics._similarity([parsing(videos, encoded_audio=audio, encoded_visual=visual)], videos)
    assert found["similarity_none"] == pytest.approx(0)
    assert found["similarity_low"] == pytest.approx(0.5**0.5)
    assert found["similarity_all"] == pytest.approx(1)
    assert found["similarity_correlation"] == pytest.approx(0.9597, abs=1e-4)  # 0.5 / √(0.5429 · 0.5)


def test_peaks_count_where_an_event_could_be_missed(make_videos):
    videos = make_videos(1, t=4, c=3)
    true = torch.tensor([[[1.0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0]]])  # part, always, never
    attention = torch.zeros(1, 1, 1, 3, 4)
    attention[..., 0, 0] = 1.0
    right = parsing(videos, attention_audio=attention, attention_visual=attention.roll(1, -1))
    found = diagnostics._peaks([right], replace(videos, true_audio=true, true_visual=true))
    assert found == {"peak_audio": 100, "chance_audio": 25, "peak_visual": 0, "chance_visual": 25}


def test_calibration_of_a_constant_is_its_distance_from_the_frequency(make_videos):
    videos = make_videos(3)
    share = videos.true_audio.mean()
    logits = torch.full_like(videos.true_audio, 0.3).logit()
    found = diagnostics._calibration([parsing(videos, segment_audio=logits, segment_visual=logits)], videos)
    assert found["calibration_audio"] == pytest.approx(100 * abs(0.3 - float(share)), abs=1e-4)


def test_separation_of_labels_that_show_presence_is_perfect(make_videos):
    videos = make_videos(40, c=2)
    videos = replace(videos, true_audio=videos.true_audio * (torch.rand(40, 1, 2) < 0.5))
    present = videos.true_audio.amax(1)  # (N, C)
    shown = present.unsqueeze(-1) * torch.tensor([0.0, 2.0]) + torch.tensor([5.0, 0.0])  # (N, C, 2)
    noise = torch.randn(40, 2, 2, generator=torch.Generator().manual_seed(0))
    found = diagnostics._separations([shown, noise], videos, [shown, noise], videos)
    assert found["separation_audio_1"] == 100
    assert found["separation_visual_1"] < 90


def test_mean_cosine_by_hand():
    vectors = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    assert mean_cosine(vectors) == pytest.approx((0 + 2 * 0.5**0.5) / 3, abs=1e-6)


@pytest.mark.parametrize(("decoder", "splits"), [("leap", 2), ("mmil", 1)])
def test_val_is_parsed_for_leap_only(decoder, splits, make_videos, monkeypatch):
    parsed = []

    def parse(parser, videos):
        parsed.append(videos)
        return parse_videos(parser, videos)

    monkeypatch.setattr(diagnostics, "parse_videos", parse)
    val, test = make_videos(12), make_videos(12)
    diagnose(make(decoder), val, test)
    assert len(parsed) == splits
    assert parsed[0] is test

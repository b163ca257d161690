from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from leap.config import DecoderConfig, EncoderConfig, ModelConfig
from leap.errors import LeapError
from leap.models.parser import build_parser
from leap.training.cross_entropy import smooth_labels
from leap.training.denoising import NoiseRatios, denoise, estimate_noise_ratios


def parsing(audio, visual):
    return SimpleNamespace(video_audio=torch.tensor(audio), video_visual=torch.tensor(visual))


class Fixed:
    """A parser that always says the same."""

    def __init__(self, audio, visual):
        self.said = parsing(audio, visual)

    def unimodal(self, audio, visual_2d, visual_3d):
        return self.said


def column(*values):
    return [[value] for value in values]


def test_ratios_count_labels_of_low_probability(make_videos):
    """One class; five videos, of which the first four have it; the means run over all five."""
    audio = column(0.9, 0.8, 0.2, 0.6, 0.0)  # mean 0.5: noise below 0.3
    visual = column(0.9, 0.1, 0.1, 0.4, 0.0)  # mean 0.3: noise below 0.568
    weak = torch.tensor(column(1.0, 1.0, 1.0, 1.0, 0.0))
    batches = [parsing(audio[:2], visual[:2]), parsing(audio[2:], visual[2:])]
    ratios = estimate_noise_ratios(batches, weak)
    assert ratios.audio.tolist() == [0.25]
    assert ratios.visual.tolist() == [0.75]


def test_a_class_that_no_video_has_has_no_noise():
    ratios = estimate_noise_ratios([parsing(column(0.5), column(0.5))], torch.zeros(1, 1))
    assert ratios.audio.tolist() == ratios.visual.tolist() == [0.0]


def test_labels_go_where_one_modality_fits_worst_and_the_other_best(make_videos):
    """Five videos, four with the class; ⌊0.5·4⌋ = 2 are suspected visually, ⌊0.3·4⌋ = 1 audibly."""
    videos = replace(make_videos(5, c=1), weak=torch.tensor(column(1.0, 1.0, 1.0, 1.0, 0.0)))
    audio = column(0.9, 0.8, 0.7, 0.1, 0.5)  # the smallest losses: 0, 1, 2, 3
    visual = column(0.1, 0.8, 0.2, 0.95, 0.5)  # the smallest losses: 1 or 3, then 2, then 0
    cleaned = denoise(Fixed(audio, visual), videos, NoiseRatios(torch.tensor([0.3]), torch.tensor([0.5])))
    # visual: worst are 0 and 2, of the sound 0 and 1 are best; audio: 3 is worst, and of the sight best
    assert cleaned.weak_visual.flatten().tolist() == pytest.approx([0.0, 0.95, 0.95, 0.95, 0.05])
    assert cleaned.weak_audio.flatten().tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]
    assert torch.equal(cleaned.weak, videos.weak)


def test_no_ratios_leave_all_labels(make_videos):
    videos = make_videos(8)
    config = ModelConfig(EncoderConfig("cmpae"), DecoderConfig("cmpae", 0), 8, 12)
    parser = build_parser(config, {"audio": 6, "visual_2d": 7}, torch.eye(5))
    none = NoiseRatios(torch.zeros(5), torch.zeros(5))
    cleaned = denoise(parser, videos, none)
    assert torch.equal(cleaned.weak_audio, videos.weak)
    assert torch.equal(cleaned.weak_visual, smooth_labels(videos.weak))
    all_ = NoiseRatios(torch.ones(5), torch.ones(5))
    assert denoise(parser, videos, all_).weak_audio.sum() == 0
    assert not denoise(parser, videos, all_).weak_audio.requires_grad


def test_denoising_needs_a_pass_without_cross_modal_attention(make_videos):
    config = ModelConfig(EncoderConfig("valor"), DecoderConfig("cmpae", 0), 8, 12)
    parser = build_parser(config, {"audio": 6, "visual_2d": 7}, torch.eye(5))
    with pytest.raises(LeapError, match="only HAN can be run without"):
        denoise(parser, make_videos(), NoiseRatios(torch.ones(5), torch.ones(5)))


def test_warm_up_of_the_release_and_as_meant():
    ratios = NoiseRatios(torch.tensor([0.5]), torch.tensor([0.8]))

    def share(progress, warmup):
        return ratios.after(progress, warmup).visual.item() / 0.8

    assert [share(p, "step") for p in (0, 0.5, 0.99, 1, 7.5)] == pytest.approx([0, 0, 0, 1, 1])
    assert [share(p, "ramp") for p in (0, 0.45, 0.9, 3)] == pytest.approx([0, 0.5, 1, 1])

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from leap.config import HanConfig, JomoldConfig, MmilConfig
from leap.presets import preset, scale_width
from leap.training.cross_entropy import smooth_labels
from leap.training.denoising import (
    NOISE_ESTIMATOR,
    NoiseRatios,
    denoise,
    estimate_noise_ratios,
    noise_estimator_config,
)
from tests.models.product import CMPAE, make


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
    parser = make(CMPAE)
    none = NoiseRatios(torch.zeros(5), torch.zeros(5))
    cleaned = denoise(parser, videos, none)
    assert torch.equal(cleaned.weak_audio, videos.weak)
    assert torch.equal(cleaned.weak_visual, smooth_labels(videos.weak))
    all_ = NoiseRatios(torch.ones(5), torch.ones(5))
    assert denoise(parser, videos, all_).weak_audio.sum() == 0
    assert not denoise(parser, videos, all_).weak_audio.requires_grad


def test_warm_up_of_the_release_and_as_intended():
    ratios = NoiseRatios(torch.tensor([0.5]), torch.tensor([0.8]))

    def factor(progress, warmup):
        return ratios.after(progress, warmup).visual.item() / 0.8

    assert [factor(p, "step") for p in (0, 0.5, 0.99, 1, 7.5)] == pytest.approx([0, 0, 0, 1, 1])
    assert [factor(p, "ramp") for p in (0, 0.45, 0.9, 3)] == pytest.approx([0, 0.5, 1, 1])


def test_the_estimator_has_the_runs_precision():
    config = preset("cmpae")
    assert noise_estimator_config(config).model.precision == "float32"
    rounded = replace(config, model=replace(config.model, precision="bfloat16"))
    assert noise_estimator_config(rounded).model.precision == "bfloat16"


def test_the_estimator_has_the_runs_data_seed_and_sizes():
    config = replace(scale_width(preset("cmpae", "av-digits"), 64), seed=3)
    found = noise_estimator_config(config)
    assert (found.dataset, found.seed, found.model.width, found.model.ffn) == ("av-digits", 3, 64, 64)
    assert (found.train.epochs, found.train.lr) == (25, config.train.lr)
    assert found.model == JomoldConfig(
        encoder=HanConfig(cross_weight=0.0), decoder=MmilConfig(), width=64, ffn=64, dropout=0.1
    )
    assert (found.loss, found.protocol) == (NOISE_ESTIMATOR.loss, NOISE_ESTIMATOR.protocol)


@pytest.mark.parametrize(("epochs", "expected"), [(20, 25), (1, 2), (4, 5), (5, 7)])
def test_shorter_runs_have_shorter_estimators(epochs, expected):
    config = preset("cmpae")
    config = replace(config, train=replace(config.train, epochs=epochs, videos=7))
    found = noise_estimator_config(config).train
    assert (found.epochs, found.videos, found.batch) == (expected, 7, 128)

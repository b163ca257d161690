from dataclasses import replace

import pytest
import torch

from leap.config import NoiseConfig, SmoothingConfig
from leap.data.pseudo_labels import precision_recall
from leap.data.pseudo_labels.corrupt import corrupt, corrupt_videos
from leap.data.pseudo_labels.hmm import denoise
from leap.data.pseudo_labels.median import median_filter
from leap.data.pseudo_labels.smooth import LEAST_GAIN, expected_gain, smooth, smooth_by_hmm, smooth_videos
from leap.data.registry import open_dataset


def _runs(n=200, t=10, c=3, stay=0.9, seed=0):
    """Events that persist, (N, T, C), and weak labels, (N, C)."""
    generator = torch.Generator().manual_seed(seed)
    there = (torch.rand(n, 1, c, generator=generator) < 0.5).long()
    turns = torch.rand(n, t, c, generator=generator) > stay
    true = ((there + turns.cumsum(1)) % 2).float()
    return true, true.amax(1), generator


def test_smoothers():
    true, weak, generator = _runs()
    pseudo = corrupt(true, weak, 0.3, 0.1, generator)
    assert smooth(pseudo, weak, "none") is pseudo
    assert torch.equal(smooth(pseudo, weak, "median"), median_filter(pseudo))
    smoothed = smooth(pseudo, weak, "hmm")
    assert smoothed.dtype == pseudo.dtype
    assert torch.equal(smoothed > 0, denoise(pseudo, weak)[0] > 0.5)
    assert (smoothed <= weak[:, None]).all()
    assert precision_recall(smoothed, true).f > precision_recall(pseudo, true).f + 0.05


def test_the_rule_smooths_long_events_and_leaves_short_ones():
    true, weak, generator = _runs(stay=0.95)
    noisy = corrupt(true, weak, 0.4, 0.1, generator)
    assert torch.equal(smooth(noisy, weak, "auto"), smooth(noisy, weak, "hmm"))
    true, weak, generator = _runs(stay=0.8)
    noisy = corrupt(true, weak, 0.1, 0.1, generator)
    assert precision_recall(smooth(noisy, weak, "hmm"), true).f < precision_recall(noisy, true).f
    assert smooth(noisy, weak, "auto") is noisy


def test_the_gain_that_decides_is_that_of_the_denoised_labels():
    for stay, rate in ((0.95, 0.4), (0.8, 0.1)):
        true, weak, generator = _runs(stay=stay)
        pseudo = corrupt(true, weak, rate, 0.1, generator)
        smoothed, gain = smooth_by_hmm(pseudo, weak)
        assert torch.equal(smoothed, smooth(pseudo, weak, "hmm"))
        assert gain == expected_gain(pseudo, smoothed, denoise(pseudo, weak)[0])
        assert torch.equal(smooth(pseudo, weak, "auto"), smoothed if gain > LEAST_GAIN else pseudo)


def test_expected_gain_by_hand():
    present = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=torch.float64)
    half, full = torch.tensor([1, 0, 0, 0]), torch.tensor([1, 1, 0, 0])
    assert expected_gain(half, full, present) == pytest.approx(1)  # F of 2/3 and 1
    assert expected_gain(half, torch.tensor([1, 1, 1, 0]), present) == pytest.approx((4 / 5 - 2 / 3) * 3)
    assert expected_gain(full, full, present) == 0
    assert expected_gain(torch.zeros(4), torch.zeros(4), torch.zeros(4)) == 0


def test_both_losses_learn_from_smoothed_labels(make_videos):
    videos = make_videos(30)
    smoothing = SmoothingConfig(audio="median", visual="hmm")
    found = smooth_videos(videos, smoothing)
    audio = smooth(videos.pseudo_audio, videos.weak, "median")
    visual = smooth(videos.pseudo_visual, videos.weak, "hmm")
    assert torch.equal(found.pseudo_audio, audio)
    assert torch.equal(found.pseudo_visual, visual)
    assert found.avss_targets() == (found.pseudo_audio, found.pseudo_visual)
    noisy = corrupt_videos(videos, NoiseConfig(misses=0.5, of="basic"), seed=0)
    found = smooth_videos(noisy, smoothing)
    assert torch.equal(found.pseudo_audio, smooth(noisy.pseudo_audio, videos.weak, "median"))
    assert torch.equal(found.avss_audio, audio)
    assert torch.equal(found.avss_visual, visual)
    assert replace(
        found, pseudo_audio=None, pseudo_visual=None, avss_audio=None, avss_visual=None
    ) == replace(videos, pseudo_audio=None, pseudo_visual=None)


def test_no_smoothing_changes_nothing(make_videos):
    videos = make_videos(5)
    assert smooth_videos(videos, SmoothingConfig()) == videos


@pytest.mark.parametrize("dataset", ["av-digits", "av-everyday"])
def test_the_rule_spares_clean_audio_and_repairs_missed_labels(dataset):
    with open_dataset(dataset) as store:
        videos = store.videos("train")
    noisy = corrupt_videos(videos, NoiseConfig(misses=0.4), seed=0)
    false = corrupt_videos(videos, NoiseConfig(false_alarms=0.4), seed=0)
    for clean in (videos, false):
        assert smooth(clean.pseudo_audio, videos.weak, "auto") is clean.pseudo_audio
    pairs = [(noisy.pseudo_audio, videos.true_audio), (noisy.pseudo_visual, videos.true_visual)]
    for pseudo, true in [*pairs, (false.pseudo_visual, videos.true_visual)]:
        gain = (
            precision_recall(smooth(pseudo, videos.weak, "auto"), true).f - precision_recall(pseudo, true).f
        )
        assert gain > 0.02

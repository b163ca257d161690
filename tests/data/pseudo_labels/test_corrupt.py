from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from leap.config import NoiseConfig, RunConfig, to_dict
from leap.data.pseudo_labels.corrupt import corrupt, corrupt_videos


def _labels(seed, n=6, t=10, c=4):
    generator = torch.Generator().manual_seed(seed)
    weak = (torch.rand(n, c, generator=generator) < 0.6).float()
    pseudo = (torch.rand(n, t, c, generator=generator) < 0.5).float() * weak[:, None]
    return pseudo, weak, generator


@given(seed=st.integers(0, 1000), miss=st.floats(0, 1), false_alarm=st.floats(0, 1))
def test_corrupted_labels_stay_within_the_weak_labels(seed, miss, false_alarm):
    pseudo, weak, generator = _labels(seed)
    corrupted = corrupt(pseudo, weak, miss, false_alarm, generator)
    assert set(corrupted.unique().tolist()) <= {0, 1}
    assert (corrupted <= weak[:, None]).all()


def test_extreme_rates():
    pseudo, weak, generator = _labels(0)
    assert torch.equal(corrupt(pseudo, weak, 0, 0, generator), pseudo)
    assert corrupt(pseudo, weak, 1, 0, generator).sum() == 0
    assert torch.equal(corrupt(pseudo, weak, 0, 1, generator), weak[:, None].expand_as(pseudo))


def test_rates_are_met():
    pseudo, weak, generator = _labels(1, n=500)
    corrupted = corrupt(pseudo, weak, 0.3, 0.1, generator)
    ones, zeros = pseudo > 0, (pseudo == 0) & (weak[:, None] > 0)
    assert (corrupted[ones] == 0).float().mean() == pytest.approx(0.3, abs=0.02)
    assert corrupted[zeros].mean() == pytest.approx(0.1, abs=0.02)


def test_errors_reach_those_who_are_meant_to_learn_from_them(make_videos):
    clean = make_videos(8)
    clean = replace(clean, pseudo_audio=clean.weak[:, None].expand_as(clean.true_audio).clone())
    noise = NoiseConfig(misses=0.5)
    everywhere = corrupt_videos(clean, noise, seed=3)
    assert not torch.equal(everywhere.pseudo_audio, clean.pseudo_audio)
    assert everywhere.avss_targets() == (everywhere.pseudo_audio, everywhere.pseudo_visual)
    basic = corrupt_videos(clean, replace(noise, of="basic"), seed=3)
    assert torch.equal(basic.pseudo_audio, everywhere.pseudo_audio)
    assert basic.avss_targets() == (clean.pseudo_audio, clean.pseudo_visual)
    similar = corrupt_videos(clean, replace(noise, of="avss"), seed=3)
    assert torch.equal(similar.avss_targets()[1], everywhere.pseudo_visual)
    assert (similar.pseudo_audio, similar.pseudo_visual) == (clean.pseudo_audio, clean.pseudo_visual)


def test_no_errors_change_nothing_and_a_seed_repeats_itself(make_videos):
    videos, noise = make_videos(8), NoiseConfig(false_alarms=0.5)
    assert corrupt_videos(videos, NoiseConfig(), 0) is videos
    first, again, other = (corrupt_videos(videos, noise, seed).pseudo_visual for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert (first >= videos.pseudo_visual).all()


def test_bursts_flip_whole_runs(make_videos):
    clean = make_videos(50)
    bursty = corrupt_videos(clean, NoiseConfig(misses=0.5, bursts=True), seed=0)
    assert 0 < bursty.pseudo_audio.sum() < clean.pseudo_audio.sum()
    ends = clean.pseudo_audio[:, 1:] * clean.pseudo_audio[:, :-1]  # both segments are of one run
    assert torch.equal(bursty.pseudo_audio[:, 1:] * ends, bursty.pseudo_audio[:, :-1] * ends)


def test_config_of_independent_errors_is_that_of_earlier_versions():
    assert to_dict(RunConfig(noise=NoiseConfig(misses=0.5)))["noise"] == {
        "misses": 0.5,
        "false_alarms": 0.0,
        "of": "all",
    }
    assert to_dict(RunConfig(noise=NoiseConfig(misses=0.5, bursts=True)))["noise"]["bursts"] is True

import numpy as np
import pytest
import torch
from scipy.signal import resample_poly
from torch import nn

import leap
from leap.data.av_everyday import learned as learned_module
from leap.data.av_everyday.build import embed, outputs
from leap.data.av_everyday.learned import Networks, load_learned
from leap.data.av_everyday.rendering import Rendering
from leap.data.registry import dataset_path
from leap.errors import LeapError
from leap.features import av_everyday_features as module
from leap.features.av_everyday_features import av_everyday_features, doubled
from leap.features.everyday_networks import embed_frames, embed_seconds
from leap.features.media import open_clip
from tests.features.media.clips import write_clip

SECONDS = 3


class Projection(nn.Module):
    """A random projection that stands for a network with weights."""

    def __init__(self, inputs, width):
        super().__init__()
        self.weight = torch.randn(inputs, width, generator=torch.Generator().manual_seed(0)) / inputs**0.5

    def forward(self, batch):
        return batch.flatten(1) @ self.weight


NETWORKS = {"yamnet": Projection(96 * 64, 1024), "efficientnet-lite0": Projection(3 * 128 * 128, 1280)}


@pytest.fixture
def projections(monkeypatch):
    monkeypatch.setattr(module, "load_network_once", lambda name, folder: NETWORKS[name])
    monkeypatch.setattr(module, "check_fetched", lambda group, folder: None)


@pytest.fixture
def rendering():
    """Noise at the data set's level, and random pictures."""
    rng = np.random.default_rng(0)
    waveform = rng.normal(size=(SECONDS, 8000))
    waveform *= 0.1 / np.sqrt(np.mean(waveform**2))
    frames = rng.integers(256, size=(SECONDS, 128, 128, 3), dtype=np.uint8)
    return Rendering(waveform.astype(np.float32), frames, None, None)


def clip_of(rendering, path, gain=1.0):
    pictures = [frame for frame in rendering.frames for _ in range(2)]
    samples = gain * rendering.waveform.ravel()
    return open_clip(write_clip(path, pictures, rate=2, samples=samples, sound_rate=8000))


@pytest.mark.parametrize("gain", [1.0, 0.3])
def test_a_clip_of_a_rendering_has_the_features_that_the_build_gives_it(
    gain, rendering, projections, tmp_path
):
    stored = load_learned(dataset_path("av-everyday").with_name("learned.safetensors"))[0]
    networks = Networks(
        audio=lambda seconds: embed_seconds(NETWORKS["yamnet"], seconds),
        visual=lambda frames: embed_frames(NETWORKS["efficientnet-lite0"], frames),
        teacher=lambda frames: torch.zeros(SECONDS, len(stored.teacher["visual"][0].running_mean)),
    )
    expected = outputs(embed(rendering, networks), stored)
    features = av_everyday_features(clip_of(rendering, tmp_path / "a.mkv", gain), tmp_path)
    for name in ("audio", "visual_2d"):
        wanted = expected[name].numpy()
        assert features[name].shape == wanted.shape == (SECONDS, learned_module.WIDTH)
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(features[name], wanted, atol=0.01 * scale)
        assert np.abs(wanted[0] - wanted[1]).max() > 0.05 * scale


def test_seconds_are_resampled_as_one_signal():
    sound = np.random.default_rng(0).normal(size=(4, 8000)).astype(np.float32)
    whole = resample_poly(sound.ravel(), 2, 1).reshape(4, 16_000)
    np.testing.assert_allclose(list(doubled(sound)), whole, atol=1e-6)


def test_silence_and_missing_streams_have_finite_features(projections, tmp_path):
    silent = open_clip(write_clip(tmp_path / "a.mkv", samples=np.zeros(16_000)))
    features = av_everyday_features(silent, tmp_path)
    assert np.isfinite(features["audio"]).all()
    assert not features["visual_2d"].any()


def test_missing_taggers_are_named_with_the_command_and_the_size(rendering, tmp_path):
    clip = clip_of(rendering, tmp_path / "a.mkv")
    with pytest.raises(LeapError, match=r"`leap weights fetch everyday --weights .*` gets them \(49 MB\)$"):
        leap.load("av-everyday/leap", weights=tmp_path / "none").parse(clip)

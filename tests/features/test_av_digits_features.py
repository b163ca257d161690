import numpy as np
import pytest
import torch

import leap
from leap.data.av_digits.build import NETWORKS, student_features
from leap.data.av_digits.networks import load_networks
from leap.data.av_digits.rendering import Rendering
from leap.data.registry import dataset_path
from leap.features.av_digits_features import av_digits_features
from leap.features.media import open_clip
from tests.features.media.clips import write_clip

SECONDS = 3


@pytest.fixture
def rendering():
    """Bars that move, and noise, as AV-Digits' arrays."""
    rng = np.random.default_rng(0)
    frames = np.zeros((SECONDS, 32, 32), np.float32)
    for second in range(SECONDS):
        frames[second, :, 8 * second : 8 * second + 4] = 1
    return Rendering(rng.normal(0, 0.1, (SECONDS, 8000)).astype(np.float32), frames)


def clip_of(rendering, path):
    """A clip whose every frame of a second is the rendering's, with its sound at 8 kHz."""
    pictures = [
        np.repeat((frame * 255).astype(np.uint8)[..., None], 3, axis=2)
        for frame in rendering.frames
        for _ in range(4)
    ]
    return open_clip(write_clip(path, pictures, rate=4, samples=rendering.waveform.ravel(), sound_rate=8000))


def test_a_clip_of_a_rendering_has_its_features(rendering, tmp_path):
    networks, scales, _ = load_networks(dataset_path("av-digits").with_name(NETWORKS))
    expected = student_features(rendering, networks)
    features = av_digits_features(clip_of(rendering, tmp_path / "a.mkv"), tmp_path)
    for modality, name in (("audio", "audio"), ("visual", "visual_2d")):
        wanted = (expected[modality] / scales[modality]).numpy()
        assert features[name].shape == wanted.shape == (SECONDS, 128)
        np.testing.assert_allclose(features[name], wanted, atol=0.02)
        assert np.abs(wanted[0] - wanted[1]).max() > 0.1


def test_the_shipped_parser_reads_a_clip_without_any_weights(rendering, tmp_path):
    clip = clip_of(rendering, tmp_path / "a.mkv")
    parsed = leap.load("av-digits/leap", weights=tmp_path / "none").parse(clip)
    assert parsed.video.classes[:2] == ("zero", "one")
    assert parsed.video.probabilities["audio"].shape == (SECONDS, 10)


def test_without_pictures_visual_features_are_zero(rendering, tmp_path):
    path = write_clip(tmp_path / "a.mkv", samples=rendering.waveform.ravel(), sound_rate=8000)
    features = av_digits_features(open_clip(path), tmp_path)
    assert not features["visual_2d"].any()
    assert torch.from_numpy(features["audio"]).any(1).all()

import numpy as np
import pytest
import torch

from leap.features.extractors import EXTRACTORS
from leap.features.image_preprocessing import efficientnet_lite_preprocessing
from leap.features.log_mel import log_mel
from leap.features.media import frames, open_clip
from leap.features.networks.efficientnet_lite import EfficientNetLite
from leap.features.networks.yamnet import YAMNet
from leap.features.tagger_features import efficientnet_lite_features, yamnet_features, yamnet_patches
from tests.features.media.clips import numbered, tone, write_clip


@pytest.mark.parametrize("seconds", [1, 2, 5])
def test_patches_are_centred_in_quarters_of_seconds(seconds):
    samples = np.random.default_rng(0).uniform(-1, 1, 16_000 * seconds)
    found = list(yamnet_patches(samples.reshape(seconds, 16_000)))
    assert len(found) == 4 * seconds
    silence = np.zeros(16_000)
    padded = np.concatenate([silence, samples, silence])
    for number, patch in enumerate(found):
        begin = 16_000 + round((number / 4 + 1 / 8 - 0.48) * 16_000)
        expected = log_mel(padded[begin : begin + 95 * 160 + 400], offset=0.001)
        np.testing.assert_allclose(patch, expected, atol=1e-5)


def test_sound_is_embedded_patch_by_patch_and_averaged_over_seconds(tmp_path, monkeypatch):
    clip = open_clip(write_clip(tmp_path / "a.mkv", samples=tone(3)))
    torch.manual_seed(0)
    network = YAMNet().eval()
    found = yamnet_features(network, clip)
    assert found.shape == (12, 1024)
    extractor = EXTRACTORS["yamnet"]
    assert extractor.source.rows_of(3) == 12
    np.testing.assert_allclose(
        extractor.source.pool(found, 3), found.reshape(3, 4, 1024).mean(axis=1), atol=1e-6
    )


@pytest.mark.parametrize("variant", [0, 1])
def test_the_frame_in_the_middle_of_every_second_is_embedded(tmp_path, variant):
    clip = open_clip(write_clip(tmp_path / "a.mkv", numbered(24)))
    torch.manual_seed(0)
    network = EfficientNetLite(variant).eval()
    found = efficientnet_lite_features(network, clip)
    assert found.shape == (3, 1280)
    shown = list(frames(clip))[4::8]
    expected = torch.stack([efficientnet_lite_preprocessing((224, 240)[variant])(frame) for frame in shown])
    with torch.inference_mode():
        np.testing.assert_allclose(found, network(expected), atol=1e-5)


def test_pictures_are_normalized_as_in_the_release():
    frame = np.full((30, 40, 3), (255, 127, 0), np.uint8)
    found = efficientnet_lite_preprocessing(8)(frame)
    assert found.shape == (3, 8, 8)
    np.testing.assert_allclose(found[:, 0, 0], [1, 0, -127 / 128], atol=1e-6)

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.fft import rfft
from scipy.signal import get_window
from transformers import ClapConfig, ClapModel

from leap.data.llp.features import clap_pooling, pool_clap
from leap.features.clap_features import _feature_extractor, clap_embeddings, clap_feature_maps
from leap.features.media import audio_seconds, open_clip
from tests.features.media.clips import tone, write_clip
from tests.features.random_networks import tiny_clap


@pytest.fixture(scope="module")
def network():
    return tiny_clap()


@pytest.fixture
def clip(tmp_path):
    """Twelve seconds, every one of another pitch."""
    samples = np.concatenate([tone(1, 200 * (second + 1), 48_000) for second in range(12)])
    return open_clip(write_clip(tmp_path / "a.mkv", samples=samples, sound_rate=48_000))


def test_clap_of_transformers_is_the_published_network():
    config = ClapConfig(audio_config={"enable_fusion": True, "enable_patch_fusion": True})
    with torch.device("meta"):
        network = ClapModel(config)
    assert sum(p.numel() for p in network.parameters()) == 153_507_530
    fused = [name for name, _ in network.named_parameters() if "fusion_model" in name or "mel_conv2d" in name]
    assert fused


def test_a_map_of_every_ten_seconds(network, clip):
    found = clap_feature_maps(network, clip)
    assert found.shape == (2 * 64, 32)
    assert found.dtype == np.float32
    heard = np.concatenate(list(audio_seconds(clip, 48_000)))
    for rows, window in ((found[:64], heard[:480_000]), (found[64:], heard[480_000:])):
        mel = _feature_extractor()([window], sampling_rate=48_000, return_tensors="pt")["input_features"]
        with torch.inference_mode():
            output = network.audio_model(mel.float(), is_longer=torch.tensor([[False]]))
        assert_allclose(rows, output.last_hidden_state[0].reshape(32, 64).T, atol=1e-6)
        assert_allclose(
            rows.mean(0), output.pooler_output[0], atol=1e-5
        )  # the pooling is a mean over the map


def test_maps_are_pooled_to_seconds(network, clip):
    found = clap_feature_maps(network, clip)
    pooled = pool_clap(found, 12)
    assert pooled.shape == (12, 32)
    assert_allclose(pooled[:10], clap_pooling() @ found[:64], atol=1e-6)
    assert_allclose(pooled[10:], (clap_pooling() @ found[64:])[:2], atol=1e-6)


def test_embeddings_are_of_single_seconds(network, clip, tmp_path):
    found = clap_embeddings(network, clip)
    assert found.shape == (12, 6)
    assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    alone = open_clip(write_clip(tmp_path / "b.mkv", samples=tone(1, 1000, 48_000), sound_rate=48_000))
    assert_allclose(clap_embeddings(network, alone)[0], found[4], atol=1e-4)
    assert_array_equal(clap_embeddings(network, clip), found)  # nothing is drawn at random


def test_the_front_end_against_scipy():
    """64 HTK mel bands from 50 to 14,000 Hz of windows of 1,024 samples every 480, in decibels."""
    samples = np.random.default_rng(0).normal(size=480_000) * 0.1
    found = _feature_extractor()([samples], sampling_rate=48_000, return_tensors="np")["input_features"]
    assert found.shape == (1, 4, 1001, 64)
    assert (found[0] == found[0, :1]).all()  # the same four times, as nothing is longer than ten seconds
    mel = np.linspace(*(2595 * np.log10(1 + hertz / 700) for hertz in (50, 14_000)), 66)
    edges = 700 * (10 ** (mel / 2595) - 1)
    bins = np.linspace(0, 24_000, 513)[:, None]
    rising, falling = (bins - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - bins) / np.diff(edges)[1:]
    filters = np.maximum(0, np.minimum(rising, falling))  # (513, 64)
    padded = np.pad(samples, 512, mode="reflect")
    for frame in (0, 5, 500, 1000):
        window = padded[480 * frame : 480 * frame + 1024] * get_window("hann", 1024)
        expected = 10 * np.log10(np.maximum(1e-10, np.abs(rfft(window)) ** 2 @ filters))
        assert_allclose(found[0, 0, frame], expected, atol=1e-3)

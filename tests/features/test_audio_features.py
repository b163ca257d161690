import numpy as np
import pytest
import torch

from leap.features.audio_features import audioset_features, vggish_features
from leap.features.media import open_clip
from leap.features.networks.vggish import PostProcessing
from tests.features.media.clips import tone, write_clip


@pytest.fixture
def clip(tmp_path):
    """Three seconds."""
    return open_clip(write_clip(tmp_path / "a.mkv", samples=tone(3)))


def test_audio_features_are_those_of_each_seconds_patch(clip):
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(96 * 64, 5))
    found = vggish_features(network, clip)
    assert found.shape == (3, 5)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], found[2], atol=1e-3)  # a tone of 440 Hz is alike in every second


def test_post_processed_audio_features_are_whole_numbers(clip):
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(96 * 64, 128))
    found = audioset_features(network, PostProcessing(), clip)
    assert found.shape == (3, 128)
    np.testing.assert_array_equal(found, np.round(found))
    expected = np.round((np.clip(vggish_features(network, clip), -2, 2) + 2) * 255 / 4)
    np.testing.assert_allclose(found, expected, atol=1)  # halves may be rounded either way

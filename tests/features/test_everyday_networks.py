import numpy as np
import pytest
import torch

from leap.errors import LeapError
from leap.features.everyday_networks import embed_frames, embed_seconds, everyday_networks
from leap.features.log_mel import log_mel_patch


class Flat(torch.nn.Module):
    def forward(self, inputs):
        return inputs.flatten(1)


def test_the_first_patch_of_each_second_is_embedded():
    seconds = np.random.default_rng(0).normal(size=(3, 16_000)) * 0.1
    embeddings = embed_seconds(Flat(), seconds)
    assert embeddings.shape == (3, 96 * 64)
    expected = log_mel_patch(seconds[1], offset=0.001).ravel()
    np.testing.assert_allclose(embeddings[1], expected, rtol=1e-5)


def test_frames_keep_their_size_and_have_the_values_that_the_network_takes():
    frames = np.random.default_rng(0).integers(256, size=(2, 6, 5, 3), dtype=np.uint8)
    embeddings = embed_frames(Flat(), frames).reshape(2, 3, 6, 5)
    np.testing.assert_allclose(
        embeddings, (frames.transpose(0, 3, 1, 2).astype(float) - 127) / 128, atol=1e-6
    )


def test_embeddings_can_be_trained_on():
    """What a network gives in inference mode could not be saved for a backward pass."""
    weight = torch.zeros(30, requires_grad=True)
    (embed_frames(Flat(), np.zeros((1, 2, 5, 3), np.uint8)) @ weight).sum().backward()
    assert weight.grad is not None


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(LeapError, match=r"no weights of yamnet .*`leap weights fetch yamnet"):
        everyday_networks(tmp_path)

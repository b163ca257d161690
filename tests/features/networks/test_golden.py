"""The taggers with their published weights against the outputs of the published networks."""

import numpy as np
import pytest
import torch
from torch.nn.functional import pad

from leap.features.log_mel import HOP, PATCH_FRAMES, WINDOW, log_mel
from leap.features.networks.efficientnet_lite import SIDES
from leap.features.networks.loading import load_network
from leap.features.networks.yamnet import LOG_OFFSET
from tests.fetched import fetched_weights
from tests.golden_files import Golden

CLOSE = {"rtol": 0, "atol": 1e-4}


def test_spectrograms_are_those_of_tensorflow():
    """TensorFlow pads the end, for a last patch to cover it."""
    golden = Golden("yamnet")
    found = log_mel(golden["input"].numpy(), LOG_OFFSET)
    assert len(found) == 1 + (len(golden["input"]) - WINDOW) // HOP
    np.testing.assert_allclose(found, golden["output/spectrogram"][: len(found)], **CLOSE)


@pytest.mark.slow
def test_yamnet_is_the_published_network():
    golden = Golden("yamnet")
    network = load_network("yamnet", fetched_weights("yamnet"))
    patches = golden["output/spectrogram"].unfold(0, PATCH_FRAMES, PATCH_FRAMES // 2).transpose(1, 2)
    with torch.inference_mode():
        torch.testing.assert_close(network.scores(network(patches)), golden["output/scores"], **CLOSE)


@pytest.mark.slow
@pytest.mark.parametrize("variant", [0, 1])
def test_efficientnet_lite_is_the_published_network(variant):
    picture, golden = Golden("efficientnet_lite0")["input"], Golden(f"efficientnet_lite{variant}")
    border = (SIDES[variant] - SIDES[0]) // 2
    name = f"efficientnet-lite{variant}"
    network = load_network(name, fetched_weights(name))
    with torch.inference_mode():
        found = network(pad(picture, (border,) * 4, mode="reflect"))
        torch.testing.assert_close(found, golden["output/embedding"], **CLOSE)
        torch.testing.assert_close(network.classifier(found), golden["output/logits"], **CLOSE)

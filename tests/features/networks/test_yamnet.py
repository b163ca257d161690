"""The published network: parameters, shapes, and every layer against its definition."""

import numpy as np
import pytest
import torch

from leap.features.networks.yamnet import YAMNet
from tests.features.networks.by_numpy import convolved, normalized, randomized

STRIDES = {2, 4, 6, 12}
"""Numbers of the separable convolutions that halve a map, counted from 1."""


@pytest.fixture(scope="module")
def yamnet():
    torch.manual_seed(0)
    return randomized(YAMNet(), torch.randn(4, 40, 33))


def test_yamnet_is_the_published_network(yamnet):
    shapes = {name: tuple(value.shape) for name, value in yamnet[0].state_dict().items()}
    scales = sum(shape[0] for name, shape in shapes.items() if name.endswith(".1.weight") and len(shape) == 1)
    # the published network has no scales in batch normalization: ours are ones
    assert sum(parameter.numel() for parameter in yamnet[0].parameters()) - scales == 3_729_481
    assert shapes["stem.0.weight"] == (32, 1, 3, 3)
    assert shapes["layers.0.0.0.weight"] == (32, 1, 3, 3)
    assert shapes["layers.12.1.0.weight"] == (1024, 1024, 1, 1)
    assert shapes["classifier.weight"] == (521, 1024)


def test_every_layer_is_that_of_its_definition(yamnet):
    network, state = yamnet
    patch = torch.randn(1, 20, 17).double()  # any size will do, and odd ones show the padding

    def layer(maps, name, stride=1, depthwise=False):
        found = convolved(maps, state[f"{name}.0.weight"], stride, depthwise)
        return np.maximum(normalized(found, state, f"{name}.1", 1e-4), 0)

    maps = layer(patch.numpy(), "stem", stride=2)
    for number in range(1, 14):
        maps = layer(maps, f"layers.{number - 1}.0", 2 if number in STRIDES else 1, depthwise=True)
        maps = layer(maps, f"layers.{number - 1}.1")
    embedding = maps.mean(axis=(1, 2))
    logits = state["classifier.weight"] @ embedding + state["classifier.bias"]
    with torch.inference_mode():
        found = network(patch)
        np.testing.assert_allclose(found[0], embedding, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(network.scores(found)[0], 1 / (1 + np.exp(-logits)), atol=1e-9)


def test_patches_are_embedded_one_by_one(yamnet):
    patches = torch.randn(3, 96, 64).double()
    with torch.inference_mode():
        found = yamnet[0](patches)
        assert found.shape == (3, 1024)
        assert yamnet[0].scores(found).shape == (3, 521)
        torch.testing.assert_close(yamnet[0](patches[1:2]), found[1:2])

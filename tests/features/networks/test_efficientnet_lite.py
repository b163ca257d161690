"""The published networks: parameters, shapes, and every layer against its definition."""

import numpy as np
import pytest
import torch

from leap.features.networks.efficientnet_lite import EfficientNetLite
from tests.features.networks.by_numpy import convolved, normalized, randomized

PARAMETERS = {0: 4_652_008, 1: 5_416_680}
BLOCKS = {0: 16, 1: 21}

HALVED = {0: {1, 3, 5, 11}, 1: {1, 4, 7, 15}}
"""Numbers of the blocks that halve a map, counted from 0."""

WIDENED = {0: {0, 1, 3, 5, 8, 11, 15}, 1: {0, 1, 4, 7, 11, 15, 20}}
"""Numbers of the blocks that change the channels: the first of each stage."""


@pytest.fixture(scope="module", params=[0, 1])
def lite(request):
    torch.manual_seed(0)
    return request.param, *randomized(EfficientNetLite(request.param), torch.rand(4, 3, 70, 75))


def test_the_networks_are_the_published_ones(lite):
    variant, network, state = lite
    assert sum(parameter.numel() for parameter in network.parameters()) == PARAMETERS[variant]
    assert len(network.blocks) == BLOCKS[variant]
    shapes = {name: value.shape for name, value in state.items()}
    assert shapes["stem.0.weight"] == (32, 3, 3, 3)
    assert shapes["blocks.0.layers.1.0.weight"] == (16, 32, 1, 1)
    assert shapes["blocks.1.layers.0.0.weight"] == (96, 16, 1, 1)
    assert shapes[f"blocks.{BLOCKS[variant] - 2}.layers.1.0.weight"] == (1152, 1, 5, 5)
    assert shapes[f"blocks.{BLOCKS[variant] - 1}.layers.2.0.weight"] == (320, 1152, 1, 1)
    assert shapes["head.0.weight"] == (1280, 320, 1, 1)
    assert shapes["classifier.weight"] == (1000, 1280)


def test_every_layer_is_that_of_its_definition(lite):
    variant, network, state = lite
    picture = torch.rand(1, 3, 37, 42).double() * 2 - 1  # odd sizes show the padding

    def layer(maps, name, stride=1, depthwise=False):
        found = convolved(maps, state[f"{name}.0.weight"], stride, depthwise)
        return normalized(found, state, f"{name}.1", 1e-3)

    def clipped(maps, name, *arguments):
        return np.clip(layer(maps, name, *arguments), 0, 6)

    maps = clipped(picture[0].numpy(), "stem", 2)
    for number in range(BLOCKS[variant]):
        block, stride = f"blocks.{number}.layers", 2 if number in HALVED[variant] else 1
        wide = maps if number == 0 else clipped(maps, f"{block}.0")
        deep = clipped(wide, f"{block}.{0 if number == 0 else 1}", stride, True)
        projected = layer(deep, f"{block}.{1 if number == 0 else 2}")
        maps = projected if number in WIDENED[variant] else projected + maps
    embedding = clipped(maps, "head").mean(axis=(1, 2))
    powers = np.exp(state["classifier.weight"] @ embedding + state["classifier.bias"])
    with torch.inference_mode():
        found = network(picture)
        np.testing.assert_allclose(found[0], embedding, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(network.scores(found)[0], powers / powers.sum(), atol=1e-9)


def test_pictures_are_embedded_one_by_one(lite):
    _, network, _ = lite
    pictures = torch.rand(2, 3, 64, 64).double()
    with torch.inference_mode():
        found = network(pictures)
        assert found.shape == (2, 1280)
        torch.testing.assert_close(network(pictures[1:]), found[1:])
        torch.testing.assert_close(network.scores(found).sum(dim=1), torch.ones(2).double())

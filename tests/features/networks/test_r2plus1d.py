"""The published network: number of parameters, shapes, and parameter names of its public weights."""

import pytest
import torch

from leap.features.networks.r2plus1d import R2Plus1D


@pytest.fixture(scope="module")
def r2plus1d():
    torch.manual_seed(0)
    return R2Plus1D().eval()


def test_r2plus1d_is_the_published_network(r2plus1d):
    assert sum(parameter.numel() for parameter in r2plus1d.parameters()) == 31_505_325
    shapes = {name: tuple(value.shape) for name, value in r2plus1d.state_dict().items()}
    assert shapes["stem.0.weight"] == (45, 3, 1, 7, 7)
    assert shapes["stem.3.weight"] == (64, 45, 3, 1, 1)
    assert shapes["layer1.0.conv1.0.0.weight"] == (144, 64, 1, 3, 3)
    assert shapes["layer2.0.conv1.0.0.weight"] == (230, 64, 1, 3, 3)
    assert shapes["layer2.0.downsample.0.weight"] == (128, 64, 1, 1, 1)
    assert shapes["layer4.1.conv2.0.3.weight"] == (512, 1152, 3, 1, 1)
    assert shapes["layer4.1.conv2.1.running_mean"] == (512,)
    assert shapes["fc.weight"] == (400, 512)
    assert not [name for name in shapes if name.startswith("layer1.0.downsample")]


def test_r2plus1d_halves_space_and_time_and_averages(r2plus1d):
    clips = torch.randn(2, 3, 8, 112, 112)
    with torch.inference_mode():
        maps = r2plus1d.layer1(r2plus1d.stem(clips))
        assert maps.shape == (2, 64, 8, 56, 56)
        for index in (2, 3, 4):
            maps = getattr(r2plus1d, f"layer{index}")(maps)
        assert maps.shape == (2, 512, 1, 7, 7)
        torch.testing.assert_close(r2plus1d(clips), maps.mean(dim=(2, 3, 4)))

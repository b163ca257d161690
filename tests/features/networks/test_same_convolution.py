import numpy as np
import pytest
import torch

from leap.features.networks.same_convolution import SameConv2d
from tests.features.networks.by_numpy import convolved


def test_an_odd_zero_is_added_at_the_end():
    """TensorFlow documents that 13 inputs, kernel 6 and stride 5 take one zero before and two after."""
    layer = SameConv2d(1, 1, 6, 5)
    torch.nn.init.ones_(layer.weight)
    row = torch.zeros(1, 1, 1, 13)
    row[..., 4], row[..., 5], row[..., 9], row[..., 12] = 1.0, 10.0, 100.0, 1000.0
    assert layer(row).flatten().tolist() == [1.0, 111.0, 1100.0]  # columns −1…4, 4…9 and 9…14


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(7, 8), (4, 5), (1, 2)])
def test_a_convolution_is_that_of_its_definition(kernel, stride, size):
    torch.manual_seed(0)
    maps = torch.randn(2, 6, *size)
    for groups, outside in ((1, 4), (6, 6)):
        layer = SameConv2d(6, outside, kernel, stride, groups)
        expected = [
            convolved(one.double().numpy(), layer.weight.detach().double().numpy(), stride, groups > 1)
            for one in maps
        ]
        np.testing.assert_allclose(layer(maps).detach(), np.stack(expected), atol=1e-5)

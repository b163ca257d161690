import pytest
import torch
from torch import nn

from leap.models.layers.convolution import convolve_segments


@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (3, 1), (3, 2), (3, 8), (5, 2)])
@pytest.mark.parametrize("segments", [1, 10])
def test_equals_pytorchs_in_values_and_gradients(segments, kernel, dilation):
    torch.manual_seed(0)
    padding = dilation * (kernel // 2)
    layer = nn.Conv1d(4, 6, kernel, padding=padding, dilation=dilation).double()
    stream = torch.randn(3, segments, 4, dtype=torch.float64, requires_grad=True)
    ours, theirs = convolve_segments(layer, stream), layer(stream.transpose(1, 2)).transpose(1, 2)
    assert ours.shape == (3, segments, 6)
    torch.testing.assert_close(ours, theirs)
    leaves, upstream = (stream, *layer.parameters()), torch.randn_like(ours)
    gradients = (torch.autograd.grad(y, leaves, upstream) for y in (ours, theirs))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    "options",
    [
        {"padding": 0},
        {"padding": 2},
        {"padding": 1, "dilation": 2},
        {"padding": 1, "stride": 2},
        {"padding": 1, "groups": 2},
        {"padding": 1, "padding_mode": "circular"},
        {"padding": 1, "kernel_size": 2},
        {"padding": "valid"},
    ],
    ids=str,
)
def test_a_layer_that_it_does_not_equal_is_refused(options):
    layer = nn.Conv1d(4, 6, **{"kernel_size": 3} | options)
    with pytest.raises(ValueError, match="does not keep the length by zero padding, or has several groups"):
        convolve_segments(layer, torch.randn(3, 10, 4))

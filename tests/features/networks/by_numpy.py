"""Layers of the taggers in NumPy, by their definitions: one output at a time, no padding function."""

import numpy as np
import torch
from torch import nn


def convolved(maps, kernels, stride, depthwise=False):
    """TensorFlow's ``"SAME"`` convolution of one map (channels, height, width)."""
    size = kernels.shape[-1]
    height, width = maps.shape[1:]
    rows, columns = -(-height // stride), -(-width // stride)
    top = max((rows - 1) * stride + size - height, 0) // 2
    left = max((columns - 1) * stride + size - width, 0) // 2
    found = np.zeros((len(kernels), rows, columns))
    for row, column in np.ndindex(rows, columns):
        for y, x in np.ndindex(size, size):
            at, by = row * stride + y - top, column * stride + x - left
            if 0 <= at < height and 0 <= by < width:
                pixel = maps[:, at, by]
                found[:, row, column] += (
                    kernels[:, 0, y, x] * pixel if depthwise else kernels[:, :, y, x] @ pixel
                )
    return found


def normalized(maps, state, name, epsilon):
    """Batch normalization by the stored means and variances, then scale and shift."""
    mean, variance, scale, shift = (
        state[f"{name}.{key}"][:, None, None] for key in ("running_mean", "running_var", "weight", "bias")
    )
    return (maps - mean) / np.sqrt(variance + epsilon) * scale + shift


def randomized(network, inputs):
    """The network in eval mode and double precision, normalized to the statistics of inputs; its state."""
    network.double().train()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.2)
    with torch.no_grad():
        network(inputs.double())
    return network.eval(), {name: value.numpy() for name, value in network.state_dict().items()}

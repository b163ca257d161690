"""Small CNNs trained on isolated digits: students extract features, teachers make pseudo-labels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from leap.data.av_digits.rendering import Material, render
from leap.data.av_digits.sources import DIGITS, RATE
from leap.errors import LeapError
from leap.io.atomic import atomic_path
from leap.io.progress import with_progress
from leap.io.reason import explain
from leap.io.tensor_file import open_tensors
from leap.metrics.arrays import MODALITIES

WINDOW, HOP, BANDS = 256, 160, 40
"""Spectrogram: samples per window, samples between windows, mel bands."""

EXAMPLES, EPOCHS, BATCH, LEARNING_RATE = 4000, 8, 64, 3e-3
EMPTY_SHARE = 0.1


@dataclass(frozen=True)
class Shape:
    """Size of a `DigitNetwork`: channels of the three convolutions, kernel size, and feature width."""

    channels: tuple[int, int, int]
    kernel: int
    width: int


SHAPES = {"student": Shape((16, 32, 64), 3, 128), "teacher": Shape((12, 24, 48), 5, 96)}


class DigitNetwork(nn.Module):
    """Three convolutions with max pooling, the maximum over the last axis, and one hidden layer.

    Args:
        shape: size of the network.
        height: height of the input images: mel bands or pixels.
        classes: number of classes.
    """

    def __init__(self, shape: Shape, height: int, classes: int = DIGITS) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            *(
                layer
                for sizes in pairwise((1, *shape.channels))
                for layer in _convolution(*sizes, shape.kernel)
            )
        )
        self.hidden = nn.Linear(shape.channels[-1] * (height // 8), shape.width, bias=False)
        self.norm = nn.BatchNorm1d(shape.width)  # without it, half of the features are always zero
        self.output = nn.Linear(shape.width, classes)

    def features(self, images: Tensor) -> Tensor:
        """Non-negative features, (B, width), of images, (B, 1, height, any width)."""
        maps = self.convolutions(images)  # (B, channels, height / 8, width / 8)
        return torch.relu(self.norm(self.hidden(maps.amax(-1).flatten(1))))

    def forward(self, images: Tensor) -> Tensor:
        """Logits of the presence of each digit, (B, 10), in images, (B, 1, height, any width)."""
        return self.output(self.features(images))


Networks = dict[str, dict[str, DigitNetwork]]
"""Role (``student`` or ``teacher``) → modality (``audio`` or ``visual``) → network."""


def untrained() -> Networks:
    """Make networks of `SHAPES` with newly initialized weights."""
    heights = {"audio": BANDS, "visual": 32}
    return {role: {m: DigitNetwork(shape, heights[m]) for m in MODALITIES} for role, shape in SHAPES.items()}


def inputs(modality: str, signal: NDArray[np.float32]) -> Tensor:
    """Turn waveforms, (T, 8000), or frames, (T, 32, 32), into input images, (T, 1, height, width)."""
    tensor = torch.from_numpy(signal)
    return (log_mel(tensor) if modality == "audio" else tensor)[:, None]  # (T, 1, height, width)


def log_mel(waveform: Tensor) -> Tensor:
    """Log-mel spectrograms of waveforms, (T, samples), as (T, 40, windows), roughly of unit scale."""
    window = torch.hann_window(WINDOW)
    spectrum = torch.stft(waveform, WINDOW, HOP, window=window, center=True, return_complex=True)
    power = spectrum.abs().square()  # (T, WINDOW / 2 + 1, windows)
    return (torch.log(_mel_filters() @ power + 1e-3) + 1) / 3


def pretrain(network: DigitNetwork, modality: str, role: str, material: Material, seed: int) -> None:
    """Train a network on isolated digits: single segments with one digit or, in a tenth of cases, none.

    Args:
        network: the network, trained in place and left in evaluation mode.
        modality: ``"audio"`` or ``"visual"``.
        role: role whose material is rendered.
        material: the role's material.
        seed: seed of rendering and batches.
    """
    labels, images = isolated(modality, role, material, seed)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=1e-2)
    steps = EPOCHS * (len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    network.train()
    for batch in with_progress(_batches(len(labels), generator), f"train {role} {modality}", steps):
        loss = nn.functional.binary_cross_entropy_with_logits(network(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()


def isolated(modality: str, role: str, material: Material, seed: int) -> tuple[Tensor, Tensor]:
    """Render single segments with at most one digit.

    Returns:
        Labels, (EXAMPLES, 10), and input images, (EXAMPLES, 1, height, width).
    """
    rng = np.random.default_rng([seed, MODALITIES.index(modality)])
    labels = np.eye(DIGITS, dtype=np.uint8)[rng.integers(DIGITS, size=EXAMPLES)]
    labels[rng.random(EXAMPLES) < EMPTY_SHARE] = 0
    nothing = np.zeros((1, DIGITS), np.uint8)
    images = []
    for index, label in enumerate(with_progress(labels, f"render for {role} {modality}", unit="video")):
        heard, seen = (label[None], nothing) if modality == "audio" else (nothing, label[None])
        rendering = render(role, index, heard, seen, material, seed)
        images.append(inputs(modality, rendering.waveform if modality == "audio" else rendering.frames))
    return torch.from_numpy(labels).float(), torch.cat(images)


def save_networks(path: Path, networks: Networks, scales: dict[str, Tensor], config: dict[str, Any]) -> None:
    """Write the networks and the feature scales of each modality, with ``config`` as JSON metadata."""
    tensors = {f"scale.{modality}": scale for modality, scale in scales.items()}
    for role, modality, network in _each(networks):
        tensors |= {f"{role}.{modality}.{name}": value for name, value in network.state_dict().items()}
    config = {"shapes": {role: asdict(shape) for role, shape in SHAPES.items()}} | config
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, {"config": json.dumps(config)})  # one key: several have no fixed order


def load_networks(path: Path) -> tuple[Networks, dict[str, Tensor], dict[str, Any]]:
    """Read a file written by `save_networks`.

    Returns:
        Networks in evaluation mode; modality → feature scales, (width,); configuration.

    Raises:
        LeapError: the file cannot be read, or holds other networks.
    """
    try:
        with open_tensors(path) as file:
            config = json.loads(file.metadata()["config"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, not a mapping
        networks = untrained()
        for role, modality, network in _each(networks):
            prefix = f"{role}.{modality}."
            network.load_state_dict(
                {
                    name.removeprefix(prefix): value
                    for name, value in tensors.items()
                    if name.startswith(prefix)
                }
            )
            network.eval()
        return networks, {modality: tensors[f"scale.{modality}"] for modality in MODALITIES}, config
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        remedy = "build the data set again with `leap data build av-digits`"
        raise LeapError(f"{path}: {explain(error, 'not the networks of AV-Digits', remedy)}") from error


def _each(networks: Networks) -> Iterator[tuple[str, str, DigitNetwork]]:
    for role, pair in networks.items():
        for modality, network in pair.items():
            yield role, modality, network


def _convolution(inputs: int, outputs: int, kernel: int) -> list[nn.Module]:
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return [layer, nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]


def _batches(size: int, generator: torch.Generator) -> Iterator[Tensor]:
    for _ in range(EPOCHS):
        order = torch.randperm(size, generator=generator)
        yield from order[: size // BATCH * BATCH].split(BATCH)


@cache
def _mel_filters() -> Tensor:
    """Triangular filters, (40, WINDOW / 2 + 1), equally spaced in mel from 0 Hz to half the sampling rate."""
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)  # Hz
    frequencies = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    rise = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    return torch.from_numpy(np.maximum(0, np.minimum(rise, fall))).float()

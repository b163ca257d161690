"""What is learned from the teacher's material: the reduction of embeddings, and the pseudo-label networks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from leap.data.av_digits.networks import BANDS, DigitNetwork, Shape, log_mel
from leap.data.av_everyday.picture import Frames
from leap.data.av_everyday.reading import Samples
from leap.data.av_everyday.sources import SOURCES
from leap.errors import LeapError
from leap.io.atomic import atomic_path
from leap.io.progress import with_progress
from leap.io.reason import os_reason
from leap.io.tensor_file import open_tensors

WIDTH = 128
"""Width of the reduced embeddings."""

SMALLEST = 1e-6
"""Components whose variance is this much smaller than the largest are not enlarged to unit variance."""

SHAPE = Shape((16, 32, 64), 3, 96)
"""Size of the network that makes the audio pseudo-labels."""

EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 15, 64, 3e-3, 1e-2
DROPOUT = 0.5


class Networks(NamedTuple):
    """The pretrained networks, which are not part of this package.

    Attributes:
        audio: function from the seconds of a waveform at 16 kHz, (T, 16000), to embeddings, (T, A).
        visual: function from frames, (T, height, width, 3) uint8, to embeddings, (T, V).
        teacher: another network's function from frames to embeddings, (T, W), for visual pseudo-labels.
    """

    audio: Callable[[Samples], Tensor]
    visual: Callable[[Frames], Tensor]
    teacher: Callable[[Frames], Tensor]


class Reduction(nn.Module):
    """Linear map of embeddings to their principal components.

    Args:
        width: width of the embeddings.
    """

    mean: Tensor
    axes: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("axes", torch.zeros(width, WIDTH))

    def fit(self, embeddings: Tensor) -> None:
        """Find the principal components of embeddings, (n, width), each scaled to unit variance."""
        centered = embeddings.double() - embeddings.double().mean(0)
        variances, axes = torch.linalg.eigh(centered.T @ centered / len(centered))  # ascending
        axes = axes.flip(1)[:, :WIDTH]
        axes *= axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()  # eigh leaves the sign open
        self.mean.copy_(embeddings.double().mean(0))
        variances = variances.clamp(min=SMALLEST * variances[-1])
        self.axes.copy_(axes / variances.flip(0)[:WIDTH].sqrt())

    def forward(self, embeddings: Tensor) -> Tensor:
        """Reduce embeddings, (n, width) → (n, 128)."""
        return (embeddings - self.mean) @ self.axes


class AudioTeacher(DigitNetwork):
    """A network like those of AV-Digits, with these classes and a waveform as its input."""

    def __init__(self) -> None:
        super().__init__(SHAPE, BANDS, len(SOURCES))

    def forward(self, waveform: Tensor) -> Tensor:
        """Logits of the classes in seconds of sound at 8 kHz, (n, 8000) → (n, C)."""
        return super().forward(log_mel(waveform)[:, None])


class VisualTeacher(nn.Sequential):
    """A linear classifier of standardized embeddings.

    Args:
        width: width of the embeddings.
    """

    def __init__(self, width: int) -> None:
        norm = nn.BatchNorm1d(width, affine=False)
        super().__init__(norm, nn.Dropout(DROPOUT), nn.Linear(width, len(SOURCES)))


class Learned(nn.Module):
    """The reductions of both modalities, and the networks that make their pseudo-labels.

    Args:
        audio: width of the audio embeddings.
        visual: width of the visual embeddings.
        teacher: width of the embeddings that the visual pseudo-labels are made from.

    Attributes:
        reduction: modality → reduction.
        teacher: modality → pseudo-label network.
    """

    def __init__(self, audio: int, visual: int, teacher: int) -> None:
        super().__init__()
        self.reduction: Any = nn.ModuleDict({"audio": Reduction(audio), "visual": Reduction(visual)})
        self.teacher = nn.ModuleDict({"audio": AudioTeacher(), "visual": VisualTeacher(teacher)})


def fit(network: nn.Module, inputs: Tensor, labels: Tensor, seed: int) -> None:
    """Train a network to tell which classes are present, and leave it in evaluation mode.

    Args:
        network: network from inputs to logits, (n, C).
        inputs: inputs, (n, …).
        labels: presence of the classes, (n, C), zeros and ones.
        seed: seed of batches and dropout.
    """
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * (len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    network.train()
    for batch in with_progress(_batches(len(inputs), seed), "train pseudo-label network", steps):
        loss = nn.functional.binary_cross_entropy_with_logits(network(inputs[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()


def _batches(size: int, seed: int) -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    for _ in range(EPOCHS):
        yield from torch.randperm(size, generator=generator)[: size // BATCH * BATCH].split(BATCH)


def save_learned(path: Path, learned: Learned, config: dict[str, Any]) -> None:
    """Write what was learned, with ``config`` as JSON metadata."""
    with atomic_path(path) as temporary:  # one key: several have no fixed order
        save_file(learned.state_dict(), temporary, {"config": json.dumps(config)})


def load_learned(path: Path) -> tuple[Learned, dict[str, Any]]:
    """Read a file written by `save_learned`.

    Returns:
        What was learned, in evaluation mode, and the configuration.

    Raises:
        LeapError: the file cannot be read, or holds something else.
    """
    try:
        with open_tensors(path) as file:
            config = json.loads(file.metadata()["config"])
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, not a mapping
        names = ("reduction.audio.mean", "reduction.visual.mean", "teacher.visual.0.running_mean")
        learned = Learned(*(len(state[name]) for name in names))
        learned.load_state_dict(state)
        return learned.eval(), config
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        why = os_reason(error) or "not what AV-Everyday learned from its teacher's material"
        raise LeapError(f"{path}: {why}; build the data set again") from error

"""Checkpoints from which an interrupted training continues, stored without pickle."""

import json
import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from leap.errors import LeapError
from leap.io.atomic import atomic_path, atomic_write
from leap.io.reason import os_reason, reason
from leap.io.tensor_file import TENSOR_ERRORS, open_tensors
from leap.training.optimizer import load_state_by_name, state_by_name

SECONDS = 10
"""Minimum time between two checkpoints of a training on a GPU, in seconds."""


@dataclass
class Progress:
    """Progress of a training, kept in its checkpoint.

    Attributes:
        history: losses and validation scores of each epoch.
        best_epoch: best epoch so far, counted from 1; 0 before the first.
        best_score: validation score of the best epoch, as ``TrainConfig.selection`` defines it.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_score: float = -1.0


class TrainingState(AbstractContextManager["TrainingState"]):
    """Parser, best weights and optimizer state, in memory and in ``checkpoint.safetensors``.

    The optimizer state is stored by parameter name, so a training may move between CPU and GPU. On a GPU,
    training continues while a checkpoint is written. Because an epoch may take less time than writing, at
    most one checkpoint is written in ten seconds. Leaving the context waits until everything is written.

    Args:
        parser: the parser being trained.
        optimizer: the parser's optimizer.
        folder: folder of the checkpoint and of ``log.jsonl``.
        identity: key of the training; a checkpoint with another identity is refused.

    Attributes:
        best: state dict of the best epoch so far; empty before the first.
    """

    def __init__(
        self, parser: nn.Module, optimizer: torch.optim.Optimizer, folder: Path, identity: str
    ) -> None:
        self.parser, self.optimizer, self.identity = parser, optimizer, identity
        self.path, self.log = training_files(folder)
        self.best: dict[str, Tensor] = {}
        self.on_gpu = next(parser.parameters()).is_cuda
        self._saved = -math.inf
        self._writer = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._writer.shutdown()
        try:
            self._wait()
        except Exception as failure:
            if error is None:
                raise
            error.add_note(f"{self.path}: not written either ({reason(failure)})")

    def keep_best(self) -> None:
        """Copy the parser's weights as the best so far."""
        self.best = {name: tensor.clone() for name, tensor in self.parser.state_dict().items()}

    def restore_best(self) -> None:
        """Load the best weights into the parser."""
        self.parser.load_state_dict(self.best)

    def save(self, progress: Progress, last: bool = False) -> None:
        """Write the checkpoint, and the log with one JSON line per epoch.

        On a GPU it does nothing if the last checkpoint is less than ten seconds old.

        Args:
            progress: progress so far.
            last: whether the training ends here; the checkpoint is then written in any case.

        Raises:
            OSError: this checkpoint or the previous one cannot be written.
        """
        if self.on_gpu and not last and time.monotonic() - self._saved < SECONDS:
            return
        self._wait()
        self._saved = time.monotonic()
        tensors = _prefixed("last", self.parser.state_dict()) | _prefixed("best", self.best)
        tensors |= _prefixed("optimizer", state_by_name(self.optimizer, self.parser))
        metadata, log = {"progress": json.dumps(vars(progress)), "identity": self.identity}, _log(progress)
        if self.on_gpu:
            self._writing = self._writer.submit(self._write, tensors, metadata, log, _side_stream())
        else:
            self._write(tensors, metadata, log)

    def _write(
        self,
        tensors: dict[str, Tensor],
        metadata: dict[str, str],
        log: str,
        stream: torch.cuda.Stream | None = None,
    ) -> None:
        with atomic_path(self.path) as temporary, torch.cuda.stream(stream):
            save_file(tensors, temporary, metadata)
        atomic_write(self.log, log)

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def load(self) -> Progress:
        """Load the checkpoint, if one exists, and return its progress; without one, return empty progress.

        Raises:
            LeapError: the checkpoint is damaged or belongs to another training.
        """
        if not self.path.exists():
            return Progress()
        try:
            progress = self._read()
        except TENSOR_ERRORS as error:
            if refused := os_reason(error):
                raise LeapError(f"{self.path}: cannot be read ({refused})") from None
            what = f"not a checkpoint of this training ({reason(error)})"
            raise LeapError(f"{self.path}: {what}; move it away to train anew") from None
        if not self.log.exists() or self.log.read_text(encoding="utf-8") != _log(progress):
            atomic_write(self.log, _log(progress))  # killed between checkpoint and log
        return progress

    def _read(self) -> Progress:
        with open_tensors(self.path) as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        if metadata["identity"] != self.identity:
            raise ValueError("it is of another config or other data")
        self.parser.load_state_dict(_unprefixed("last", tensors))
        self.best = _unprefixed("best", tensors)
        load_state_by_name(self.optimizer, self.parser, _unprefixed("optimizer", tensors))
        return Progress(**json.loads(metadata["progress"]))


def training_files(folder: Path) -> tuple[Path, Path]:
    """Paths of the checkpoint and of the log in the folder of a training."""
    return folder / "checkpoint.safetensors", folder / "log.jsonl"


def _log(progress: Progress) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in progress.history)


def _side_stream() -> torch.cuda.Stream:
    """A stream whose work starts after all work queued on the current stream so far."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    return stream


def _prefixed(prefix: str, tensors: dict[str, Any]) -> dict[str, Tensor]:
    """Prefixed copies, because training continues; contiguous and unshared, as safetensors requires."""
    layout = torch.contiguous_format
    return {f"{prefix}.{name}": tensor.clone(memory_format=layout) for name, tensor in tensors.items()}


def _unprefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}

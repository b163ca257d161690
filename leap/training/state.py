"""The state of a training on disk, so that an interrupted one goes on; no pickle."""

import json
import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from leap.errors import LeapError
from leap.io.atomic import atomic_path

SECONDS = 10
"""Between checkpoints of a training on a GPU."""


@dataclass
class Progress:
    """How far a training is: what a checkpoint holds besides tensors.

    Attributes:
        history: one entry an epoch: losses, val scores.
        best_epoch: epoch with the best val score so far, counted from 1; ties go to the later epoch.
        best_score: its val segment-level Type@AV.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_score: float = -1.0


class TrainingState(AbstractContextManager["TrainingState"]):
    """Parser, best parser and optimiser state, in memory and in ``checkpoint.safetensors``.

    A context: at its end all is written. A GPU goes on with its training while a checkpoint is written; as an
    epoch may take less time there than a checkpoint, one is written every ten seconds only.

    Args:
        parser: the parser being trained.
        optimizer: its optimiser.
        folder: where the checkpoint and ``log.jsonl`` go.
        identity: what is being trained; a checkpoint of something else is refused.
    """

    def __init__(
        self, parser: nn.Module, optimizer: torch.optim.Optimizer, folder: Path, identity: str
    ) -> None:
        self.parser, self.optimizer, self.identity = parser, optimizer, identity
        self.path = folder / "checkpoint.safetensors"
        self.log = folder / "log.jsonl"
        self.best: dict[str, Tensor] = {}
        self.aside = next(parser.parameters()).is_cuda
        self._saved = -math.inf
        self._writer = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def __exit__(self, *_: object) -> None:
        self._writer.shutdown()
        self._wait()

    def keep_best(self) -> None:
        """Remember the parser's weights as the best so far."""
        self.best = {name: tensor.clone() for name, tensor in self.parser.state_dict().items()}

    def restore_best(self) -> None:
        """Give the parser the best weights."""
        self.parser.load_state_dict(self.best)

    def save(self, progress: Progress, last: bool = False) -> None:
        """Write the checkpoint, and the log with one JSON line an epoch.

        Args:
            progress: what has been reached.
            last: it is the end, and to be written in any case.

        Raises:
            OSError: this or the checkpoint before cannot be written.
        """
        if self.aside and not last and time.monotonic() - self._saved < SECONDS:
            return
        self._wait()
        self._saved = time.monotonic()
        tensors = _prefixed("last", self.parser.state_dict()) | _prefixed("best", self.best)
        for index, values in self.optimizer.state_dict()["state"].items():
            tensors |= _prefixed(f"optimizer.{index}", values)
        metadata = {"progress": json.dumps(vars(progress)), "identity": self.identity}
        log = "".join(json.dumps(entry) + "\n" for entry in progress.history)
        if self.aside:
            self._writing = self._writer.submit(self._write, tensors, metadata, log, _another_stream())
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
        with atomic_path(self.log) as temporary:
            temporary.write_text(log)

    def _wait(self) -> None:
        if self._writing is not None:
            self._writing.result()

    def load(self) -> Progress:
        """Read the checkpoint, if there is one; returns how far it is.

        Raises:
            LeapError: if it is damaged or belongs to another training.
        """
        if not self.path.exists():
            return Progress()
        try:
            return self._read()
        except (SafetensorError, RuntimeError, ValueError, TypeError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise LeapError(f"{self.path}: not a checkpoint of this training ({reason}); remove it") from None

    def _read(self) -> Progress:
        with safe_open(self.path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        if metadata["identity"] != self.identity:
            raise ValueError("it is of another config or other data")
        self.parser.load_state_dict(_unprefixed("last", tensors))
        self.best = _unprefixed("best", tensors)
        self._load_optimizer(tensors)
        return Progress(**json.loads(metadata["progress"]))

    def _load_optimizer(self, tensors: dict[str, Tensor]) -> None:
        values = self.optimizer.state_dict()
        states: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _unprefixed("optimizer", tensors).items():
            index, key = name.split(".", 1)
            states.setdefault(int(index), {})[key] = tensor
        parameters = dict(enumerate(self.optimizer.param_groups[0]["params"]))
        for place, state in states.items():
            if place not in parameters or state["exp_avg"].shape != parameters[place].shape:
                raise ValueError("it was made on a device of another kind")
        self.optimizer.load_state_dict(values | {"state": states})


def _another_stream() -> torch.cuda.Stream:
    """One that goes on from where the GPU is now, whatever else it is given to do."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    return stream


def _prefixed(prefix: str, tensors: dict[str, Any]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor.clone() for name, tensor in tensors.items()}


def _unprefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}

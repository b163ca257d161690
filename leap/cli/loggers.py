"""Loggers of ``leap train``."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from leap.errors import require

if TYPE_CHECKING:
    from leap.config import RunConfig
    from leap.data.store import FeatureStore
    from leap.training.observers import Observer


class Logger(StrEnum):
    """Loggers by name."""

    JSONL = "jsonl"
    TENSORBOARD = "tensorboard"


def opened(
    logger: Logger, config: RunConfig, store: FeatureStore, folder: Path
) -> AbstractContextManager[Observer]:
    """The observer of a training for a logger; leaving the context closes its files.

    Args:
        logger: the logger; ``log.jsonl`` needs no observer.
        config: the run.
        store: its data set.
        folder: folder of the training.

    Raises:
        LeapError: the logger needs a package that is not installed.
    """
    from leap.training.observers import NOBODY

    if logger is Logger.JSONL:
        return nullcontext(NOBODY)
    require("tensorboard", "watch")
    from leap.visualization.tensorboard import TensorBoard

    return TensorBoard(config, store, folder)

"""A training as TensorBoard shows it: curves by epoch, and a validation video as parsed after every epoch."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from leap.config import RunConfig
from leap.data.store import FeatureStore
from leap.training.observers import Epoch, Observer
from leap.visualization.watched_video import WatchedVideo

FOLDER = "tensorboard"
"""Subfolder of a training's folder for the event files."""


class TensorBoard(Observer, AbstractContextManager["TensorBoard"]):
    """Writes the event files of a training; leaving the context closes them.

    A step is an epoch, counted from 1. What a killed training wrote after its last checkpoint is replaced
    when it continues. If it began without event files, its losses and scores so far are written first.

    Args:
        config: the run.
        store: its data set.
        folder: folder of the training; the files lie in ``tensorboard`` below it.

    Raises:
        LeapError: as of `leap.visualization.watched_video.WatchedVideo`.
    """

    def __init__(self, config: RunConfig, store: FeatureStore, folder: Path) -> None:
        self.watched, self.folder = WatchedVideo(config, store), folder / FOLDER
        self.writer: SummaryWriter | None = None

    def __exit__(self, *error: object) -> None:
        if self.writer:
            self.writer.close()

    def start(self, history: Sequence[Mapping[str, float]]) -> None:
        """Open a new event file, which replaces all steps after ``history``.

        Raises:
            OSError: the file cannot be written.
        """
        missing = [] if any(self.folder.glob("events.*")) else history
        self.writer = SummaryWriter(self.folder, purge_step=len(history) + 1 - len(missing))
        for number, entry in enumerate(missing, 1):
            _write_entry(self.writer, number, entry)

    def after_epoch(self, epoch: Epoch) -> None:
        """Write losses, scores, learning rate, gradient norm and the parsed video.

        Raises:
            OSError: the file cannot be written.
        """
        assert self.writer, "start comes first"
        _write_entry(self.writer, epoch.number, epoch.entry)
        self.writer.add_scalar("optimizer/learning_rate", epoch.learning_rate, epoch.number)
        self.writer.add_scalar("optimizer/gradient_norm", epoch.gradient_norm, epoch.number)
        video = f"validation video/{self.watched.name}"
        self.writer.add_figure(video, self.watched.figure(epoch.parser), epoch.number)
        self.writer.flush()


def _write_entry(writer: SummaryWriter, number: int, entry: Mapping[str, float]) -> None:
    """Write the losses and validation scores of an epoch."""
    for name, value in entry.items():
        loss = name.removeprefix("loss_")
        writer.add_scalar(f"loss/{loss}" if loss != name else f"validation/{name}", value, number)

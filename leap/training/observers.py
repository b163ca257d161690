"""Observers of a training, which are told of every epoch and cannot change anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Epoch:
    """What an observer is told of a finished epoch.

    Attributes:
        number: the epoch, counted from 1.
        entry: its line of ``log.jsonl``: every loss as ``loss_<name>``, and the ten validation scores.
        learning_rate: learning rate of its last step.
        gradient_norm: norm of the gradient before clipping, averaged over its steps.
        parser: the parser with the weights of this epoch; an observer reads it only.
    """

    number: int
    entry: Mapping[str, float]
    learning_rate: float
    gradient_norm: float
    parser: nn.Module


class Observer:
    """Base class of observers; it ignores what it is told. Of several processes, rank 0 tells its own."""

    def start(self, history: Sequence[Mapping[str, float]]) -> None:
        """Training starts, or continues after epochs whose lines of ``log.jsonl`` are ``history``.

        After a kill, this may be fewer epochs than the observer was told of.
        """

    def after_epoch(self, epoch: Epoch) -> None:
        """An epoch is finished, and its checkpoint is not yet written."""


NOBODY = Observer()
"""The observer of a training that nobody watches."""

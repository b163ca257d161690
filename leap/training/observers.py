"""Observers of a training, which receive every epoch and must not change anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Epoch:
    """What an observer receives of a finished epoch.

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
    """Base class of observers, which ignores all epochs; of several processes, only rank 0 calls its own."""

    def start(self, history: Sequence[Mapping[str, float]]) -> None:
        """Training starts, or continues after epochs whose lines of ``log.jsonl`` are ``history``.

        After a kill, this may be fewer epochs than the observer received.
        """

    def after_epoch(self, epoch: Epoch) -> None:
        """An epoch is finished, and its checkpoint is not yet written."""


NOBODY = Observer()
"""The observer of a training that nobody watches."""

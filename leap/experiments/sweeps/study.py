"""The study of a sweep: its trials in one file, which several processes may share.

Whoever claims, finishes or reports a trial holds the sweep's lock. Whoever works on a trial holds the lock of
its first run, which ends with the process, so a trial whose lock is free was interrupted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import BaseFileLock, FileLock, Timeout

from leap.errors import LeapError, require
from leap.experiments.sweeps.axes import Axis
from leap.io.reason import reason

STUDY = "study.db"
"""File of the trials, an SQLite data base of Optuna."""


@dataclass(frozen=True)
class Claim:
    """A trial that this process works on.

    Attributes:
        number: its number, from 0.
        settings: values of the fields, by dotted path.
        lock: lock of its first run; not yet held if another trial has the same values.
    """

    number: int
    settings: dict[str, Any]
    lock: BaseFileLock


@dataclass(frozen=True)
class Finished:
    """A finished trial.

    Attributes:
        number: its number, from 0.
        settings: values of the fields, by dotted path.
        score: its validation score; None if a training diverged.
    """

    number: int
    settings: dict[str, Any]
    score: float | None


class SweepStudy:
    """The trials of a sweep, proposed by the tree-structured Parzen estimator (TPE).

    The proposal of a trial depends on the seed, the number of the trial and the trials finished before it:
    one process makes the same trials whether it is interrupted or not.

    Args:
        folder: folder of the sweep.
        axes: the fields to vary.
        identity: plain values that must be those of the sweep in the folder, if there is one.
        seed: seed of the proposals.

    Raises:
        LeapError: optuna is not installed, the folder holds another sweep, or its study is damaged.
    """

    def __init__(self, folder: Path, axes: Sequence[Axis], identity: Mapping[str, Any], seed: int) -> None:
        self.optuna = require("optuna", "sweep")
        self.folder, self.axes, self.seed = folder, axes, seed
        self.lock = FileLock(folder / "sweep.lock")
        with self.locked():
            self.study = self._open()
            known = self.study.user_attrs.get("identity")
            if known is None:
                self.study.set_user_attr("identity", identity)
        differing = [name for name, value in identity.items() if known and known.get(name) != value]
        if differing:
            what = f"holds a sweep of other {' and '.join(differing)}"
            raise LeapError(f"{folder}: {what}; repeat its command, or choose another --out")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the sweep's lock; errors of the data base are one line.

        Raises:
            LeapError: the study is damaged or cannot be written.
        """
        errors = require("sqlalchemy.exc", "sweep").SQLAlchemyError, self.optuna.exceptions.OptunaError
        try:
            with self.lock:
                yield
        except errors as error:
            what = f"{reason(_cause(error))}; move it away to begin anew"
            raise LeapError(f"{self.folder / STUDY}: {what}") from None

    def _open(self) -> Any:
        """Optuna's study; the file is opened here, for its path could not stand in a URL as it is."""
        self.optuna.logging.set_verbosity(self.optuna.logging.ERROR)
        options = {"creator": lambda: sqlite3.connect(self.folder / STUDY, timeout=60)}
        storage = self.optuna.storages.RDBStorage("sqlite:///study", engine_kwargs=options)
        create = self.optuna.create_study
        return create(storage=storage, study_name="sweep", direction="maximize", load_if_exists=True)

    def claim(self, total: int, key: Callable[[dict[str, Any]], str]) -> Claim | None:
        """Claim an interrupted trial or, if there is none, propose a new one.

        Args:
            total: number of trials of the sweep.
            key: key of the first run of a trial, from the values of its fields.

        Returns:
            The trial; None if all trials are finished or in other processes.
        """
        states = self.optuna.trial.TrialState
        with self.locked():
            for trial in self.study.get_trials(states=(states.RUNNING,)):
                if len(trial.params) < len(self.axes):  # killed while it was proposed
                    self.study.tell(trial.number, state=states.FAIL)
                elif claim := self._take(trial, key, wait=False):
                    return claim
            counted = self.study.get_trials(states=(states.COMPLETE, states.PRUNED, states.RUNNING))
            return self._take(self._propose(), key, wait=True) if len(counted) < total else None

    def _propose(self) -> Any:
        number = len(self.study.get_trials(deepcopy=False))
        seed = int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0])
        self.study.sampler = self.optuna.samplers.TPESampler(seed=seed)
        return self.study.ask({axis.field: axis.distribution() for axis in self.axes})

    def _take(self, trial: Any, key: Callable[[dict[str, Any]], str], wait: bool) -> Claim | None:
        """A claim on a trial; None if another process works on it, unless one may wait for that process."""
        values = self._values(trial)
        path = self.folder / "locks" / f"{key(values)}.lock"
        path.parent.mkdir(exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            if not wait:
                return None
        return Claim(trial.number, values, lock)

    def finish(self, number: int, score: float | None) -> None:
        """Keep the result of a trial.

        Args:
            number: number of the trial.
            score: its validation score; None if a training diverged, which proposals then avoid.
        """
        state = self.optuna.trial.TrialState.PRUNED if score is None else None
        with self.locked():
            self.study.tell(number, score, state, skip_if_finished=True)

    def finished(self) -> list[Finished]:
        """All finished trials, in their order."""
        states = self.optuna.trial.TrialState
        trials = self.study.get_trials(states=(states.COMPLETE, states.PRUNED))
        return [Finished(trial.number, self._values(trial), trial.value) for trial in trials]

    def _values(self, trial: Any) -> dict[str, Any]:
        return {axis.field: axis.value(trial.params[axis.field]) for axis in self.axes}


def _cause(error: Exception) -> Exception:
    """The first error of a chain: SQLite's, without the words of the libraries above it."""
    return _cause(error.__cause__) if isinstance(error.__cause__, Exception) else error

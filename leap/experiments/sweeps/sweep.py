"""A sweep: trial after trial until there are as many as asked for."""

import sys
from pathlib import Path
from typing import Any

from leap.config import RunConfig
from leap.data.store import FeatureStore
from leap.experiments.runs import make_run
from leap.experiments.search import val_score
from leap.experiments.sweeps.plan import Plan
from leap.experiments.sweeps.report import best_config, write_report
from leap.experiments.sweeps.study import Claim, SweepStudy
from leap.io.progress import progress_bar
from leap.training.run import REVISION, run_key
from leap.training.trainer import DivergenceError


def sweep(plan: Plan, store: FeatureStore, folder: Path, trials: int, device: str = "cpu") -> RunConfig:
    """Make the trials of a sweep that are missing, and write its report after each.

    Several processes may call it with the same arguments at the same time. A run that has a record in the
    folder is not made again, and an interrupted one continues from its checkpoint.

    Args:
        plan: the plan, which `leap.experiments.sweeps.plan.check_plan` has accepted.
        store: the data set.
        folder: folder of the study, the runs and the report.
        trials: number of trials in all.
        device: device to train on.

    Returns:
        The best config so far.

    Raises:
        LeapError: the folder holds another sweep, a run cannot be made, or no trial has a score.
    """
    identity = plan.identity() | {"data": store.checksum, "revision": REVISION}
    study = SweepStudy(folder, plan.axes, identity, plan.base.seed)

    def key(values: dict[str, Any]) -> str:
        """Key of a trial's first run."""
        return run_key(plan.runs(values)[0], store.checksum)

    with progress_bar("trials", trials, "trial") as bar:
        bar.update(len(study.finished()))
        while claim := study.claim(trials, key):
            _work(claim, plan, store, study, device)
            bar.update()
    with study.locked():
        found = study.finished()
        write_report(plan, found, folder)
    if len(found) < trials:
        print(f"leap: {trials - len(found)} trials are still in other processes", file=sys.stderr)
    return best_config(plan, found)


def _work(claim: Claim, plan: Plan, store: FeatureStore, study: SweepStudy, device: str) -> None:
    """Make the runs of a trial, and keep and report its score."""
    try:
        claim.lock.acquire()  # waits for a process that makes the same runs
        score = _score(plan.runs(claim.settings), store, study.folder, device)
        with study.locked():
            study.finish(claim.number, score)
            write_report(plan, study.finished(), study.folder)
    finally:
        claim.lock.release(force=True)


def _score(runs: list[RunConfig], store: FeatureStore, folder: Path, device: str) -> float | None:
    """Mean validation score of the runs' kept epochs; None if one diverges."""
    try:
        return val_score([make_run(run, store, folder, device) for run in runs])
    except DivergenceError:
        return None

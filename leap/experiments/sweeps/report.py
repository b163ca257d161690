"""What a sweep writes: a table and a figure of its trials, and the best config."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from leap.config import RunConfig, to_dict
from leap.errors import LeapError
from leap.experiments.sweeps.axes import Choices
from leap.experiments.sweeps.plan import Plan
from leap.experiments.sweeps.study import Finished
from leap.io.atomic import atomic_write
from leap.metrics.titles import spelled_out

TABLE, FIGURE, BEST = "trials.csv", "trials.png", "best.json"


def report_files(folder: Path) -> list[Path]:
    """Paths of the files that `write_report` writes."""
    return [folder / TABLE, folder / FIGURE, folder / BEST]


def write_report(plan: Plan, trials: Sequence[Finished], folder: Path) -> None:
    """Write the table of the trials and, once one has a score, the figure and the best config.

    Raises:
        OSError: a file cannot be written.
    """
    table = trial_table(plan, trials)
    atomic_write(folder / TABLE, table.to_csv(index=False, float_format="%.6g"))
    if table["score"].notna().any():
        _write_figure(plan, table, folder / FIGURE)
        atomic_write(folder / BEST, json.dumps(to_dict(best_config(plan, trials)), indent=2) + "\n")


def trial_table(plan: Plan, trials: Sequence[Finished]) -> pd.DataFrame:
    """Trials from the best score to the worst; of trials with the same values, the first.

    Returns:
        Columns ``trial``, the fields, ``score`` (NaN where a training diverged) and ``seeds``, separated by
        spaces.
    """
    seeds = " ".join(str(plan.base.seed + offset) for offset in range(plan.seeds))
    fields = [axis.field for axis in plan.axes]
    rows = [
        {"trial": trial.number, **{field: _shown(trial.settings[field]) for field in fields}}
        | {"score": trial.score, "seeds": seeds}
        for trial in trials
    ]
    table = pd.DataFrame(rows, columns=["trial", *fields, "score", "seeds"]).drop_duplicates(fields)
    return table.astype({"score": float}).sort_values("score", ascending=False, kind="stable")


def best_config(plan: Plan, trials: Sequence[Finished]) -> RunConfig:
    """The config of the best trial, the first of several; its split and seed are those of the plan's config.

    Raises:
        LeapError: no trial has a score.
    """
    scored = [trial for trial in trials if trial.score is not None]
    if not scored:
        what = "every training diverged; give smaller train.lr" if trials else "all are in other processes"
        raise LeapError(f"no trial of the sweep has a score: {what}")
    return plan.config(max(scored, key=lambda trial: trial.score or 0).settings)


def _write_figure(plan: Plan, table: pd.DataFrame, path: Path) -> None:
    from leap.visualization.figures import PNG_METADATA, save_figure, styled
    from leap.visualization.sweeps import sweep_figure

    scales = {
        axis.field: "category" if isinstance(axis, Choices) else "log" if axis.log else "linear"
        for axis in plan.axes
    }
    selection = plan.base.train.selection
    score = "mean of the ten scores" if selection == "mean" else spelled_out(selection)
    with styled():
        save_figure(sweep_figure(table, scales, f"validation {score}"), path, PNG_METADATA)


def _shown(value: Any) -> Any:
    """A value in the table: texts and numbers as they are, else JSON."""
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return value if plain else json.dumps(value)

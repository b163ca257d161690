"""Choose the settings of every cell on val: the same design for all, extended where an end of it wins."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from leap.data.store import FeatureStore
from leap.experiments.cells import CELLS, Cell, Settings, chosen, design, search_configs
from leap.experiments.grid import result_name
from leap.experiments.records import Record, write_records
from leap.experiments.runs import check_writable, make_runs
from leap.io.atomic import atomic_write

Trial = tuple[Settings, list[Record]]
"""Settings, and their runs, one per seed."""


def val_score(trial: Trial) -> float:
    """Mean of the primary measure on val over seeds, × 100."""
    return sum(record.primary for record in trial[1]) / len(trial[1])


def next_rate(trials: Sequence[Trial]) -> float | None:
    """The learning rate beyond the end of those tried, if the best trial is at that end; else None.

    Rates go on by factors of two.
    """
    best, rates = max(trials, key=val_score)[0]["lr"], [settings["lr"] for settings, _ in trials]
    if best == max(rates):
        return 2 * best
    return best / 2 if best == min(rates) else None


def search_cell(cell: Cell, store: FeatureStore, results: Path) -> list[Trial]:
    """Try the settings of a cell on val; runs that have a record are not made again."""

    def trial(settings: Settings) -> Trial:
        """Settings with their runs."""
        return settings, make_runs(search_configs(cell, store.dataset, settings), store, results)

    trials = [trial(settings) for settings in design(cell, store.dataset)]
    while (rate := next_rate(trials)) is not None:
        trials.append(trial(max(trials, key=val_score)[0] | {"lr": rate}))
    return trials


def choose(encoder: str, store: FeatureStore, results: Path, path: Path) -> None:
    """Choose the settings of all cells on an encoder by the primary measure on val.

    Args:
        encoder: key of `leap.experiments.cells.ENCODERS`.
        store: the data set.
        results: folder of results, for the runs and, in ``records``, for their records.
        path: JSON file to write, in the form of the package's ``chosen_settings.json``: the package's
            settings with those chosen here.

    Raises:
        LeapError: a file cannot be written; nothing is trained then.
    """
    for folder in (path.parent, results / "records"):
        check_writable(folder)
    trials = {name: search_cell(c, store, results) for name, c in CELLS.items() if c.encoder == encoder}
    best = {name: max(tried, key=val_score)[0] for name, tried in trials.items()}
    dataset = store.dataset
    write_records(_compact(trials), results / "records" / search_records(encoder, dataset))
    table = chosen() | {dataset: chosen().get(dataset, {}) | best}
    atomic_write(path, json.dumps(table, indent=2) + "\n")


def search_records(encoder: str, dataset: str) -> str:
    """File name of the records of the search of the cells on an encoder.

    >>> search_records("MM-Pyr", "av-everyday")
    'choose_mm_pyr_av_everyday.jsonl.gz'
    """
    return f"{result_name('choose_' + encoder.lower().replace('-', '_'), dataset)}.jsonl.gz"


def _compact(trials: dict[str, list[Trial]]) -> list[Record]:
    """The records of all trials, without what the search does not need."""
    records = [record for tried in trials.values() for _, seeds in tried for record in seeds]
    return [replace(record, history=[], diagnostics={}, readings={}) for record in records]

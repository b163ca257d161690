"""Search for hyper-parameters on val, with the same budget for every system."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from leap.data.store import FeatureStore
from leap.experiments.grid import result_name
from leap.experiments.records import Record, pick, read_records, write_records
from leap.experiments.runs import check_writable, make_runs
from leap.experiments.systems import LEARNING_RATES, SYSTEMS, candidates, search_configs, selected
from leap.io.atomic import atomic_write

ENDS = (LEARNING_RATES[0], LEARNING_RATES[-1])
"""Learning rates beyond which a better one may lie."""

NAMES = {"lr": "learning rate"}
"""Setting → its name in tables, where it differs."""


def search_records(dataset: str) -> str:
    """File name of the records of the search on a data set."""
    return f"{result_name('search', dataset)}.jsonl.gz"


def read_search(results: Path, dataset: str) -> list[Record]:
    """The records of the search on a data set.

    Raises:
        LeapError: the file is missing or damaged.
    """
    return read_records(results / "records" / search_records(dataset))


def val_score(records: list[Record]) -> float:
    """Mean over seeds of the kept epoch's val score, which is segment-level Type@AV."""
    return sum(record.selection["score"] for record in records) / len(records)


def search(system: str, store: FeatureStore, results: Path) -> list[tuple[dict[str, Any], list[Record]]]:
    """Every candidate setting of a system with its records; missing runs are made."""
    runs = [make_runs(configs, store, results) for configs in search_configs(system, store.dataset)]
    return list(zip(candidates(system), runs, strict=True))


def select(store: FeatureStore, results: Path, path: Path) -> None:
    """Search all systems; write the settings with the best val score and all records of the search.

    Args:
        store: the data set.
        results: folder of results, for the runs and, in ``records``, for the records of the search.
        path: JSON file to write, in the form of the package's ``selected.json``: settings by data set and
            system. The settings of other data sets are those of the package.

    Raises:
        LeapError: a file cannot be written; nothing is trained then.
    """
    for folder in (path.parent, results / "records"):
        check_writable(folder)
    trials = {system: search(system, store, results) for system in SYSTEMS}
    best = {system: max(trial, key=lambda pair: val_score(pair[1]))[0] for system, trial in trials.items()}
    table = selected() | {store.dataset: best}
    records = [record for trial in trials.values() for _, seeds in trial for record in seeds]
    write_records(records, results / "records" / search_records(store.dataset))
    atomic_write(path, json.dumps(table, indent=2) + "\n")


def search_table(records: list[Record], systems: Iterable[str], dataset: str, checksum: str) -> pd.DataFrame:
    """The chosen setting of every system, and the val scores of its best and worst candidate.

    Args:
        records: records of the search; chosen settings stay valid when the revision is raised, so they may
            be of an earlier revision.
        systems: names of the systems.
        dataset: the data set of the search.
        checksum: its checksum.

    Raises:
        LeapError: a record is missing.
    """
    rows, revision = {}, records[0].revision
    for system in systems:
        trials = [pick(records, configs, checksum, revision) for configs in search_configs(system, dataset)]
        scores = [val_score(trial) for trial in trials]
        settings = selected()[dataset][system]
        rows[system] = {
            "chosen": ", ".join(f"{NAMES.get(name, name)} {value:g}" for name, value in settings.items()),
            "best val score": max(scores),
            "worst val score": min(scores),
            "rate at an end of the grid": "yes" if settings["lr"] in ENDS else "no",
        }
    return pd.DataFrame.from_dict(rows, orient="index")

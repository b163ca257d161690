"""Choosing hyper-parameters on val, with the same budget for every system."""

import json
from pathlib import Path
from typing import Any

from leap.data.store import FeatureStore
from leap.files import atomic_write
from leap.study.grid import SYSTEMS, candidates, search_configs
from leap.study.records import Record
from leap.study.runs import make_runs


def val_score(records: list[Record]) -> float:
    """Mean over seeds of the best epoch's segment-level Type@AV on val."""
    return sum(record.selection["seg_type"] for record in records) / len(records)


def search(system: str, store: FeatureStore, results: Path) -> list[tuple[dict[str, Any], list[Record]]]:
    """Every candidate of a system with its records."""
    runs = [make_runs(configs, store, results) for configs in search_configs(system, store.dataset)]
    return list(zip(candidates(system), runs, strict=True))


def select(store: FeatureStore, results: Path, path: Path) -> list[Record]:
    """Search all systems, write the settings with the best val score to ``path``, return all records."""
    table = json.loads(path.read_text(encoding="utf-8"))
    trials = {system: search(system, store, results) for system in SYSTEMS}
    table[store.dataset] = {
        system: max(trial, key=lambda pair: val_score(pair[1]))[0] for system, trial in trials.items()
    }
    atomic_write(path, json.dumps(table, indent=2) + "\n")
    return [record for trial in trials.values() for _, records in trial for record in records]

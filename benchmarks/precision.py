"""Effect of bfloat16 on scores: ``python -m benchmarks.precision`` trains the same seeds in both precisions.

The runs are on AV-Digits with the settings of the chapters. ``precision.csv`` holds means over seeds and
paired differences with their 95 % intervals.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import torch
import typer
from numpy.typing import ArrayLike

from benchmarks.measure import write_table
from leap.config import Precision, RunConfig
from leap.data.registry import open_dataset
from leap.experiments.chapters import encoders
from leap.experiments.compare import paired_difference
from leap.experiments.records import Record
from leap.experiments.runs import make_run

SYSTEMS = {"HAN, LEAP": "LEAP", "MM-Pyr, LEAP": "MM-Pyr, LEAP"}
SEEDS, WORKERS = 5, 2
SCORES = {"segment Type@AV": "seg_type", "event Type@AV": "evt_type"}


def run(config: RunConfig) -> Record:
    """Make one run in a temporary folder."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, open_dataset("av-digits") as store:
        return make_run(config, store, Path(folder))


def at(precision: Precision, configs: list[RunConfig]) -> list[RunConfig]:
    """The same runs in the given precision."""
    return [replace(config, model=replace(config.model, precision=precision)) for config in configs]


def compared(exact: Sequence[ArrayLike], rounded: Sequence[ArrayLike]) -> dict[str, float]:
    """Means × 100 of the scores, (seeds, videos), in both precisions, and their paired difference."""
    found = paired_difference(np.asarray(rounded), np.asarray(exact))
    return {
        "float32": 100 * float(np.mean(exact)),
        "bfloat16": 100 * float(np.mean(rounded)),
        **found.interval,
        "sd over seeds": found.sd,
    }


def main() -> None:
    """Train and write the table."""
    grid, rows = encoders.grid("full", "av-digits"), {}
    with Pool(WORKERS) as pool:
        for title, system in SYSTEMS.items():
            configs = grid[system][:SEEDS]
            made = pool.map(run, at("float32", configs) + at("bfloat16", configs), chunksize=1)
            for score, key in SCORES.items():
                exact, rounded = ([r.scores(key) for r in part] for part in (made[:SEEDS], made[SEEDS:]))
                rows[f"{title}, {score}"] = compared(exact, rounded)
    write_table(rows, "precision", "score")


if __name__ == "__main__":
    typer.run(main)

"""Runs of the study per hour, before and after an optimization: ``python -m benchmarks.throughput table``.

Every config of the grid on AV-Digits is timed over a few training steps and one evaluation, from which the
time of its runs is extrapolated. Two processes with one thread each measure concurrently, like a study's two
workers. Measurements with the code of an earlier commit and with the current code alternate.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import torch
import typer

from benchmarks.measure import write_table
from leap.config import RunConfig
from leap.data.registry import open_dataset
from leap.data.videos import Videos
from leap.experiments.chapters import CHAPTERS
from leap.inference.evaluate import evaluate
from leap.models.parser import Parser
from leap.training.criterion import Criterion
from leap.training.optimizer import make_optimizer
from leap.training.run import initial_parser
from leap.training.trainer import Trainer

BEFORE = "9798a00"
"""The commit before training steps were optimized."""
ITS_BENCHMARKS = "56672c5"
"""The last commit whose benchmarks run with the code of `BEFORE`."""
STEPS, WORKERS, TURNS = 8, 2, 3
ROOT = Path(__file__).parents[1]

app = typer.Typer(pretty_exceptions_enable=False)


def seconds_of(parser: Parser, config: RunConfig, train: Videos, val: Videos) -> float:
    """Seconds of a run without denoising, extrapolated from a few steps and one evaluation."""
    arguments = (parser, Criterion(config.loss), make_optimizer(parser, config.train))
    few = train[: STEPS * config.train.batch]
    Trainer(*arguments, few[: 2 * config.train.batch], config.train, seed=0).train_one_epoch(0)
    trainer = Trainer(*arguments, few, config.train, seed=0)
    started = time.perf_counter()
    trainer.train_one_epoch(0)
    step = (time.perf_counter() - started) / STEPS
    started = time.perf_counter()
    evaluate(parser, val, config.protocol)
    evaluation = time.perf_counter() - started
    steps = -(-min(len(train), config.train.videos or len(train)) // config.train.batch)
    return config.train.epochs * (steps * step + evaluation)


@app.command()
def grid() -> None:
    """Print the number of the grid's runs and their total seconds as JSON."""
    torch.set_num_threads(1)
    runs = {
        run
        for chapter in CHAPTERS
        if chapter.home == "av-digits"
        for run in chapter.configs("full", "av-digits")
    }
    systems, total = Counter(replace(run, seed=0) for run in runs), 0.0
    with open_dataset("av-digits") as store:
        for config, seeds in systems.items():
            train, val = store.videos("train", config.model.inputs), store.videos("val", config.model.inputs)
            total += seeds * seconds_of(initial_parser(config, store), config, train, val)
    print(json.dumps({"runs": len(runs), "seconds": total}))


def runs_per_hour(tree: Path) -> dict[str, float]:
    """Runs per hour of all workers together, with the code of a working tree."""
    command = [sys.executable, "-m", "benchmarks.throughput", "grid"]
    environment = os.environ | {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    workers = [
        subprocess.Popen(command, cwd=tree, env=environment, stdout=subprocess.PIPE) for _ in range(WORKERS)
    ]
    found = [json.loads(worker.communicate()[0]) for worker in workers]
    hours = statistics.mean(row["seconds"] for row in found) / 3600 / WORKERS
    return {"runs": found[0]["runs"], "hours": hours, "runs per hour": found[0]["runs"] / hours}


@app.command()
def table() -> None:
    """Measure both working trees alternately and write the table of medians."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "before"
        subprocess.run(["git", "worktree", "add", "--detach", tree, BEFORE], cwd=ROOT, check=True)
        try:
            subprocess.run(["git", "checkout", ITS_BENCHMARKS, "--", "benchmarks"], cwd=tree, check=True)
            turns = {"before": [], "after": []}
            for _ in range(TURNS):
                for name, place in (("before", tree), ("after", ROOT)):
                    turns[name].append(runs_per_hour(place))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)
    rows = {
        name: {key: statistics.median(turn[key] for turn in found) for key in found[0]}
        for name, found in turns.items()
    }
    rows["after"]["×"] = rows["after"]["runs per hour"] / rows["before"]["runs per hour"]
    write_table(rows, "throughput", "code")


if __name__ == "__main__":
    app()

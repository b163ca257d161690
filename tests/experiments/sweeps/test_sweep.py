import json
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace

import pandas as pd
import pytest

from leap.config import read_config, to_dict
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments import runs as run_module
from leap.experiments.runs import make_run
from leap.experiments.sweeps import report
from leap.experiments.sweeps import sweep as module
from leap.experiments.sweeps.axes import parse_axis
from leap.experiments.sweeps.plan import Plan, check_plan
from leap.experiments.sweeps.report import TABLE
from leap.experiments.sweeps.sweep import sweep
from leap.training.trainer import DivergenceError, Trainer

LR, WIDTH = "train.lr=log:1e-3..1e-1", "model.ffn=4,8,12"


@pytest.fixture
def config(tiny_config):
    """One epoch."""
    return replace(tiny_config, train=replace(tiny_config.train, epochs=1))


@pytest.fixture
def plan(config):
    """Plan of a sweep: ``plan(*settings, seeds=1)``."""

    def make(*settings, seeds=1):
        return Plan(config, to_dict(config), tuple(map(parse_axis, settings)), seeds)

    return make


@pytest.fixture
def quick(monkeypatch):
    """Draw no figure."""
    monkeypatch.setattr(report, "_write_figure", lambda *_: None)


def table(folder):
    return pd.read_csv(folder / TABLE)


def test_the_best_of_the_trials_is_the_best_config(plan, tiny_store, config, tmp_path):
    best = sweep(plan(LR, WIDTH, seeds=2), tiny_store, tmp_path, 5)
    found = table(tmp_path)
    assert list(found.columns) == ["trial", "train.lr", "model.ffn", "score", "seeds"]
    assert found["score"].is_monotonic_decreasing
    assert sorted(found["trial"]) == [0, 1, 2, 3, 4]
    assert set(found["seeds"]) == {"0 1"}
    first = found.iloc[0]
    assert best.train.lr == pytest.approx(first["train.lr"], rel=1e-5)
    assert (best.model.ffn, best.split, best.seed) == (first["model.ffn"], "test", 0)
    records = [make_run(replace(best, split="val", seed=seed), tiny_store, tmp_path) for seed in (0, 1)]
    assert first["score"] == pytest.approx(sum(r.selection["score"] for r in records) / 2, rel=1e-5)
    assert read_config(tmp_path / "best.json") == best
    assert (tmp_path / "trials.png").read_bytes().startswith(b"\x89PNG")


def test_test_is_never_read(plan, tiny_path, tmp_path, monkeypatch, quick):
    read, group = [], FeatureStore._group
    monkeypatch.setattr(FeatureStore, "_group", lambda self, split: read.append(split) or group(self, split))
    with FeatureStore(tiny_path) as store:
        check_plan(plan(WIDTH), store)
        assert sweep(plan(WIDTH), store, tmp_path / "out", 2).split == "test"
    assert set(read) == {"train", "val"}


def test_a_repeated_call_continues_to_the_total(plan, tiny_store, tmp_path, monkeypatch, quick):
    """With the trials that an uninterrupted sweep has."""
    whole = plan(LR, WIDTH)
    sweep(whole, tiny_store, tmp_path / "whole", 4)
    sweep(whole, tiny_store, tmp_path / "parts", 2)
    assert len(table(tmp_path / "parts")) == 2
    best = sweep(whole, tiny_store, tmp_path / "parts", 4)
    assert (tmp_path / "parts" / TABLE).read_text() == (tmp_path / "whole" / TABLE).read_text()
    monkeypatch.setattr(module, "make_run", None)  # nothing is left to make
    assert sweep(whole, tiny_store, tmp_path / "parts", 3) == best


def test_an_interrupted_trial_is_resumed(plan, config, tiny_store, tmp_path, monkeypatch, quick):
    longer = replace(config, train=replace(config.train, epochs=3))
    whole = Plan(longer, to_dict(longer), (parse_axis(LR),))
    sweep(whole, tiny_store, tmp_path / "whole", 2)
    epochs, train_one_epoch = [], Trainer.train_one_epoch

    def interrupted(self, epoch):
        epochs.append(epoch)
        if len(epochs) == 5:  # the second epoch of the second trial
            raise KeyboardInterrupt
        return train_one_epoch(self, epoch)

    monkeypatch.setattr(Trainer, "train_one_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep(whole, tiny_store, tmp_path / "parts", 2)
    assert len(table(tmp_path / "parts")) == 1
    sweep(whole, tiny_store, tmp_path / "parts", 2)
    assert epochs == [0, 1, 2, 0, 1, 1, 2]
    assert (tmp_path / "parts" / TABLE).read_text() == (tmp_path / "whole" / TABLE).read_text()


def test_the_same_settings_are_trained_once(plan, tiny_store, tmp_path, monkeypatch, quick):
    made, train = [], run_module.train
    monkeypatch.setattr(run_module, "train", lambda *given: made.append(given[0]) or train(*given))
    sweep(plan("model.ffn=4,8"), tiny_store, tmp_path, 12)
    assert {config.model.ffn for config in made} == {4, 8}
    assert len(made) == 2
    assert len(table(tmp_path)) == 2


def test_a_trial_that_diverges_has_no_score(plan, tiny_store, tmp_path, monkeypatch, quick):
    def diverging(config, *arguments):
        if config.model.ffn == 4:
            raise DivergenceError("a loss is not a finite number")
        return make_run(config, *arguments)

    monkeypatch.setattr(module, "make_run", diverging)
    best = sweep(plan("model.ffn=4,8"), tiny_store, tmp_path, 6)
    assert best.model.ffn == 8
    assert list(table(tmp_path)["model.ffn"]) == [8, 4]
    assert list(table(tmp_path)["score"].isna()) == [False, True]
    with pytest.raises(LeapError, match="every training diverged"):
        sweep(plan("model.ffn=4"), tiny_store, tmp_path / "none", 1)


def test_another_sweep_in_the_folder_is_refused(plan, tiny_store, tmp_path, quick):
    sweep(plan(WIDTH), tiny_store, tmp_path, 1)
    with pytest.raises(LeapError, match=r"holds a sweep of other fields; repeat its command, or choose"):
        sweep(plan(LR), tiny_store, tmp_path, 1)
    with pytest.raises(LeapError, match=r"holds a sweep of other seeds;"):
        sweep(plan(WIDTH, seeds=2), tiny_store, tmp_path, 1)


def test_a_damaged_study_is_one_line(plan, tiny_store, tmp_path):
    (tmp_path / "study.db").write_bytes(bytes(range(256)) * 8)
    with pytest.raises(LeapError, match=r"^[^\n]*study\.db: file is not a database; move it away"):
        sweep(plan(WIDTH), tiny_store, tmp_path, 1)


@pytest.fixture
def command(config, tiny_path, tmp_path):
    """Start ``leap sweep`` as a process."""
    longer = replace(config, train=replace(config.train, epochs=4))
    (tmp_path / "run.json").write_text(json.dumps(to_dict(longer)))
    line = ["sweep", tmp_path / "run.json", "--data", tiny_path, "--set", LR, "--set", "model.ffn=4,8"]
    line += ["--trials", 6, "--out", tmp_path / "out"]

    def start():
        command = [sys.executable, "-m", "leap", *map(str, line)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def test_two_processes_share_a_sweep(command, tmp_path):
    processes = [command(), command()]
    outputs = [process.communicate(timeout=600) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    found = table(tmp_path / "out")
    assert sorted(found["trial"]) == [0, 1, 2, 3, 4, 5]
    assert found["train.lr"].nunique() == 6
    assert len(list((tmp_path / "out" / "runs").glob("*/record.json"))) == 6
    best = read_config(tmp_path / "out" / "best.json")
    assert best.train.lr == pytest.approx(found["train.lr"][0], rel=1e-5)
    assert to_dict(best) in [json.loads(out) for out, _ in outputs]


def test_the_trial_of_a_killed_process_is_made_by_the_next(command, tmp_path):
    killed = command()
    while not list((tmp_path / "out").glob("runs/*/checkpoint.safetensors")):
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with sqlite3.connect(tmp_path / "out" / "study.db") as base:
        before = base.execute("select count(*) from trials").fetchone()[0]
    assert before < 6
    out, err = command().communicate(timeout=600)
    assert err == ""
    found = table(tmp_path / "out")
    assert sorted(found["trial"]) == [0, 1, 2, 3, 4, 5]
    assert to_dict(read_config(tmp_path / "out" / "best.json")) == json.loads(out)

"""A run made twice, by processes of its own, is the same bit for bit with as many threads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CONFIG = {
    "dataset": "tiny",
    "model": {"width": 128, "ffn": 256},
    "loss": {"avss": {"weight": 1.0}},
    "train": {"epochs": 2, "batch": 24, "schedule": {"name": "cosine", "warmup": 2}},
}
"""Wide enough for two threads to share a matrix product."""

ELSEWHERE = {"code", "device", "seconds"}
"""Parts of a record that are not numbers of the run."""


def make(folder, threads, data):
    """The folder of a run that another process makes."""
    folder.mkdir()
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG))
    command = [sys.executable, "-m", "leap", "run", config, "--data", data, "--results", folder]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return Path(printed.strip()).parent


def record(folder):
    return json.loads((folder / "record.json").read_text())


def numbers(folder):
    return {name: value for name, value in record(folder).items() if name not in ELSEWHERE}


@pytest.fixture(scope="module")
def made(tiny_path, tmp_path_factory):
    """Folders of two runs with one thread and of two with two."""
    root = tmp_path_factory.mktemp("runs")
    return {n: [make(root / f"{n}-{copy}", n, tiny_path) for copy in "ab"] for n in (1, 2)}


@pytest.mark.parametrize("threads", [1, 2])
def test_as_many_threads_make_the_same_bits(threads, made):
    first, second = made[threads]
    assert first != second
    assert numbers(first) == numbers(second)
    for name in ("model.safetensors", "predictions.npz", "log.jsonl"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_other_threads_round_differently_and_the_record_names_them(made):
    """They may also round alike, on other processors; what is promised is that losses are close."""
    one, two = (record(made[n][0]) for n in (1, 2))
    assert (one["device"]["threads"], two["device"]["threads"]) == (1, 2)
    assert one["key"] == two["key"]
    losses = [{k: v for k, v in r["history"][-1].items() if k.startswith("loss")} for r in (one, two)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)

"""The page about watching a training and choosing its settings: its commands do what it says."""

import json
import re
import subprocess
import sys

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from leap.config import read_config
from leap.experiments.sweeps.axes import parse_axis
from tests.tree import ROOT

TEXT = (ROOT / "book" / "training.md").read_text(encoding="utf-8")
CONFIG = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)[1]
WATCH, SWEEP = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which the page's commands were executed."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "config.json").write_text(CONFIG, encoding="utf-8")
    env = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for commands in (WATCH, SWEEP):
        subprocess.run(["bash", "-euc", commands], cwd=folder, env=env, capture_output=True, check=True)
    return folder


def test_the_curves_are_those_of_the_table(folder):
    tags = EventAccumulator(str(folder / "model" / "tensorboard")).Reload().Tags()
    patterns = [name.replace("…", ".+") for name in re.findall(r"\| `([^`=]+/[^`]+)` \|", TEXT)]
    found = [*tags["scalars"], *tags["images"]]
    assert [tag for tag in found if not any(re.fullmatch(p, tag) for p in patterns)] == []
    assert [p for p in patterns if not any(re.fullmatch(p, tag) for tag in found)] == []
    assert (folder / "model" / "log.jsonl").read_text().count("\n") == json.loads(CONFIG)["train"]["epochs"]


def test_the_sweep_leaves_what_the_page_lists(folder):
    files = {path.name for path in (folder / "sweep").iterdir()}
    listed = re.findall(r"\| `([a-z]+(?:\.\w+|/))` \|", TEXT)
    assert len(listed) == 5
    assert {name.rstrip("/") for name in listed} <= files
    table = pd.read_csv(folder / "sweep" / "trials.csv")
    assert len(table) == 4
    best = read_config(folder / "sweep" / "best.json")
    assert best.train.lr == pytest.approx(table["train.lr"][0], rel=1e-5)
    assert len(set(table["score"])) > 1
    assert (best.train.epochs, best.split) == (3, "test")
    assert (folder / "best" / "model.safetensors").exists()


def test_the_values_of_the_table_are_parsed():
    examples = [text.strip("'") for text in re.findall(r"^\| `(\w+\.\S+=\S+)` \|", TEXT, re.MULTILINE)]
    assert [type(parse_axis(text)).__name__ for text in examples] == ["Choices", "Range", "Range", "Range"]
    (parts,) = re.findall(r"`'(.+?)'`", TEXT)
    assert [part["name"] for part in parse_axis(parts).values_to_check()] == ["mmil", "leap"]

"""What the files at the root promise about one another."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from leap.data.store import open_dataset
from leap.study.chapters import NOTEBOOKS
from leap.study.grid import CLAIM_SEEDS, COMPARED, MAIN, seeds
from leap.study.readme import update
from leap.study.records import pick, read_records
from leap.study.search import search_records, val_score
from leap.study.systems import SEARCH_SEEDS, SYSTEMS, candidates, search_configs, selected
from leap.study.tables import difference_table, score_table

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"


@pytest.fixture(scope="module")
def dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["dependencies"] + project["optional-dependencies"]["test"]


def name_of(requirement):
    return re.split(r"[<>=!~;\[ ]", requirement)[0].lower().replace("_", "-")


def test_conda_environment_lists_the_dependencies(dependencies):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert [entry for entry in pip if not entry.startswith("--")] == dependencies
    assert "--constraint constraints.txt" in pip


def test_every_dependency_is_pinned(dependencies):
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
    pinned = {name_of(name): version for name, version in pins.items()}
    assert {name_of(requirement) for requirement in dependencies} <= pinned.keys()
    assert pinned["torch"] == "2.13.0"
    assert pinned["jupyter-book"].startswith("1.")


@pytest.fixture(scope="module")
def records():
    return read_records(RESULTS / "records" / "02_leap_vs_mmil.jsonl.gz")


@pytest.fixture(scope="module")
def runs(records):
    grid = NOTEBOOKS["02_leap_vs_mmil"]("full", "av-digits")
    return {system: pick(records, grid[system], records[0].data["checksum"]) for system in COMPARED}


def test_committed_records_hold_the_stated_seeds(runs, records):
    assert sum(map(len, runs.values())) == len(records)
    for system, found in runs.items():
        assert len(found) == seeds(system) >= 5
        assert [record.seed for record in found] == list(range(len(found)))
        assert {record.config["split"] for record in found} == {"test"}
        assert {record.code["dirty"] for record in found} == {False}
    assert {seeds(system) for system in MAIN} == {CLAIM_SEEDS} == {10}


def test_committed_records_are_of_the_shipped_data(records):
    with open_dataset("av-digits") as store:
        assert {record.data["checksum"] for record in records} == {store.checksum}


def test_search_has_equal_budgets_and_its_own_seeds_and_the_best_was_selected(records):
    searched = read_records(RESULTS / "records" / search_records("av-digits"))
    for system in SYSTEMS:
        configs = search_configs(system, "av-digits")
        trials = [pick(searched, runs, records[0].data["checksum"]) for runs in configs]
        assert len(trials) == 6
        for found in trials:
            assert [record.seed for record in found] == list(SEARCH_SEEDS)
            assert {record.config["split"] for record in found} == {"val"}
        best = max(zip(candidates(system), trials, strict=True), key=lambda pair: val_score(pair[1]))
        assert selected()["av-digits"][system] == best[0]
    assert min(SEARCH_SEEDS) >= CLAIM_SEEDS


def test_committed_tables_are_those_of_the_records(runs):
    for name, table in (("02_scores", score_table(runs)), ("02_differences", difference_table(runs))):
        text = table.to_csv(float_format="%.4f")
        assert (RESULTS / "tables" / f"{name}.csv").read_text() == text


def test_records_stay_small():
    for path in (RESULTS / "records").glob("*.gz"):
        assert path.stat().st_size <= 2 * 2**20


def test_readme_shows_the_committed_table():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert update(text, RESULTS) == text

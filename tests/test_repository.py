"""What the files at the root promise about one another."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from leap.study.grid import NOTEBOOKS, OTHER_SEEDS, SEARCH_SEEDS, SEEDS, SYSTEMS, search_configs
from leap.study.readme import update
from leap.study.records import read_records, run_key
from leap.study.search import SEARCH_RECORDS

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


def test_committed_records_hold_the_stated_seeds():
    records = {
        record.key: record for record in read_records(RESULTS / "records" / "02_leap_vs_mmil.jsonl.gz")
    }
    grid = NOTEBOOKS["02_leap_vs_mmil"]("full", "av-digits")
    assert set(grid) == set(SYSTEMS)
    for system, configs in grid.items():
        checksum = next(iter(records.values())).data["checksum"]
        found = [records[run_key(config, checksum)] for config in configs]
        assert len(found) == SEEDS.get(system, OTHER_SEEDS) >= 5
        assert [record.seed for record in found] == list(range(len(found)))
        assert {record.config["split"] for record in found} == {"test"}
    assert SEEDS["LEAP"] == SEEDS["MMIL"] == 10


def test_search_has_equal_budgets_and_its_own_seeds():
    records = {record.key: record for record in read_records(RESULTS / "records" / SEARCH_RECORDS)}
    checksum = next(iter(records.values())).data["checksum"]
    for system in SYSTEMS:
        configs = search_configs(system, "av-digits")
        assert len(configs) == 6
        for seeds in configs:
            found = [records[run_key(config, checksum)] for config in seeds]
            assert [record.seed for record in found] == list(SEARCH_SEEDS)
            assert {record.config["split"] for record in found} == {"val"}
    assert min(SEARCH_SEEDS) >= max(SEEDS.values())


def test_records_stay_small():
    for path in (RESULTS / "records").glob("*.gz"):
        assert path.stat().st_size <= 2 * 2**20


def test_readme_shows_the_committed_table():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert update(text, RESULTS) == text

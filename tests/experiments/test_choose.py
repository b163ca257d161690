import json
from dataclasses import replace

import pytest

from leap.experiments import choose as module
from leap.experiments.cells import CELLS, DESIGN, SEARCH_SEEDS
from leap.experiments.choose import choose, next_rate, search_cell
from leap.experiments.records import PRIMARY_PARTS, read_records
from leap.training.run import run_key

CELL = CELLS["HAN, LEAP (separate), L_basic"]


def trials(scores):
    class Made:
        def __init__(self, score):
            self.primary = score

    return [({"lr": lr}, [Made(score)]) for lr, score in scores.items()]


@pytest.fixture
def made(tiny_records, monkeypatch):
    """Runs that are made up: the best rate is 16e-3, the best dropout 0.1."""

    def make_runs(configs, store, results):
        found = []
        for config in configs:
            score = 60 - 1e3 * abs(config.train.lr - 16e-3) - 10 * config.model.dropout
            found.append(
                replace(
                    tiny_records[0],
                    key=run_key(config, store.checksum),
                    seed=config.seed,
                    metrics=dict.fromkeys(PRIMARY_PARTS, score),
                )
            )
        return found

    monkeypatch.setattr(module, "make_runs", make_runs)


def test_a_rate_at_an_end_is_followed_beyond_it():
    assert next_rate(trials({1e-3: 1.0, 2e-3: 2.0, 4e-3: 3.0})) == 8e-3
    assert next_rate(trials({1e-3: 3.0, 2e-3: 2.0, 4e-3: 1.0})) == 5e-4
    assert next_rate(trials({1e-3: 1.0, 2e-3: 3.0, 4e-3: 2.0})) is None


def test_every_cell_has_the_design_and_winning_ends_are_extended(made, tiny_store, tmp_path):
    tried = [settings for settings, _ in search_cell(CELL, tiny_store, tmp_path)]
    assert tried[: len(DESIGN)] == list(DESIGN)
    assert [settings["lr"] for settings in tried[len(DESIGN) :]] == [16e-3, 32e-3]
    assert {settings["dropout"] for settings in tried[len(DESIGN) :]} == {0.1}


def test_the_best_setting_of_every_cell_is_written_with_its_records(made, tiny_store, tmp_path):
    choose("HAN", tiny_store, tmp_path, tmp_path / "chosen.json")
    table = json.loads((tmp_path / "chosen.json").read_text())
    cells = [name for name, cell in CELLS.items() if cell.encoder == "HAN"]
    assert list(table["tiny"]) == cells
    assert all(settings["lr"] == 16e-3 for settings in table["tiny"].values())
    (path,) = (tmp_path / "records").iterdir()
    records = read_records(path)
    assert path.name == "choose_han_tiny.jsonl.gz"
    assert len(records) == len(cells) * (len(DESIGN) + 2) * len(SEARCH_SEEDS)
    assert all(record.history == [] for record in records)

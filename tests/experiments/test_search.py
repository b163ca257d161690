import json
from dataclasses import replace

import pandas as pd
import pytest

from leap.errors import LeapError
from leap.experiments import search as search_module
from leap.experiments.records import read_records
from leap.experiments.search import search_table, select, val_score
from leap.experiments.systems import LEARNING_RATES, SYSTEMS, has_blocks, search_configs
from leap.training.run import run_key

MIDDLE = LEARNING_RATES[1]
WORST = max(abs(rate - MIDDLE) for rate in LEARNING_RATES)


def score(config):
    """Best at the middle learning rate with one head and little dropout; seeds differ by 2."""
    model = config.model
    heads = getattr(model.decoder, "heads", 1)
    return 60 - 1e4 * abs(config.train.lr - MIDDLE) - heads - model.dropout + 2 * (config.seed % 2)


@pytest.fixture
def searched(tiny_records, tiny_store, tmp_path, monkeypatch):
    """Results folder and settings file of a search whose runs are made up."""

    def make_runs(configs, store, results):
        assert (store, results) == (tiny_store, tmp_path)
        return [
            replace(
                tiny_records[0],
                key=run_key(config, store.checksum),
                seed=config.seed,
                selection={"epoch": 1, "score": score(config)},
                metrics={},
            )
            for config in configs
        ]

    monkeypatch.setattr(search_module, "make_runs", make_runs)
    monkeypatch.setattr(search_module, "selected", lambda: {"llp": {"MMIL": {"lr": 1}}, "tiny": "old"})
    path = tmp_path / "new" / "selected.json"
    select(tiny_store, tmp_path, path)
    return tmp_path, path


def test_val_score_is_the_mean_of_the_best_epochs(tiny_records):
    records = [replace(tiny_records[0], selection={"epoch": 1, "score": s}) for s in (10.0, 40.0)]
    assert val_score(records) == 25.0


def test_the_best_setting_on_val_is_chosen(searched):
    table = json.loads(searched[1].read_text())
    assert table["llp"] == {"MMIL": {"lr": 1}}
    assert list(table["tiny"]) == list(SYSTEMS)
    for name, system in SYSTEMS.items():
        assert table["tiny"][name] == {"lr": MIDDLE} | (
            {"heads": 1} if has_blocks(system.decoder) else {"dropout": 0.1}
        )


def test_a_search_whose_result_cannot_be_written_is_refused_before_it_begins(
    tiny_store, tmp_path, monkeypatch
):
    monkeypatch.setattr(search_module, "make_runs", None)
    (tmp_path / "file").touch()
    with pytest.raises(LeapError, match="file: cannot be written"):
        select(tiny_store, tmp_path, tmp_path / "file" / "selected.json")


def test_the_command_leaves_the_package_as_it_was(leap, tiny_path, tmp_path, monkeypatch):
    """By default it writes beside the records; a maintainer copies the file into the package."""
    written = []
    monkeypatch.setattr(search_module, "select", lambda store, results, path: written.append(path))
    arguments = ("study", "search", "--data", tiny_path, "--results", tmp_path)
    assert leap(*arguments)[1] == f"{tmp_path / 'selected.json'}\n"
    leap(*arguments, "--out", tmp_path / "mine.json")
    assert written == [tmp_path / "selected.json", tmp_path / "mine.json"]


def test_all_records_of_the_search_are_kept(searched):
    records = read_records(searched[0] / "records" / "search_tiny.jsonl.gz")
    assert len({record.key for record in records}) == len(records) == len(SYSTEMS) * 6 * 2


def test_table_of_the_search(searched, tiny_store, monkeypatch):
    monkeypatch.setattr(search_module, "selected", lambda: json.loads(searched[1].read_text()))
    records = read_records(searched[0] / "records" / "search_tiny.jsonl.gz")
    table = search_table(records, SYSTEMS, "tiny", tiny_store.checksum)
    assert list(table.index) == list(SYSTEMS)
    assert table.loc["LEAP", "chosen"] == f"learning rate {MIDDLE:g}, heads 1"
    assert (table["rate at an end of the grid"] == "no").all()
    # at the middle rate with 1 head, and at the largest with 4; dropout 0.2, mean of the two seeds
    assert table.loc["LEAP", "best val score"] == pytest.approx(60 - 1 - 0.2 + 1)
    assert table.loc["LEAP", "worst val score"] == pytest.approx(60 - 1e4 * WORST - 4 - 0.2 + 1)
    with pytest.raises(LeapError, match="lack run"):
        search_table(records[1:], SYSTEMS, "tiny", tiny_store.checksum)


def test_settings_stay_chosen_when_the_revision_is_raised(searched, tiny_store, monkeypatch):
    monkeypatch.setattr(search_module, "selected", lambda: json.loads(searched[1].read_text()))
    records = read_records(searched[0] / "records" / "search_tiny.jsonl.gz")
    configs = [c for system in SYSTEMS for trial in search_configs(system, "tiny") for c in trial]
    earlier = [
        replace(record, key=run_key(config, tiny_store.checksum, 0), revision=0)
        for record, config in zip(records, configs, strict=True)
    ]
    tables = [search_table(some, SYSTEMS, "tiny", tiny_store.checksum) for some in (records, earlier)]
    pd.testing.assert_frame_equal(*tables)

"""The runs of a book in batches."""

import json
import shutil
from pathlib import Path

import pytest

from leap.config import from_dict, to_dict
from leap.data.registry import open_dataset
from leap.data.store import FeatureStore
from leap.errors import LeapError
from leap.experiments import workflow
from leap.experiments.chapter import Chapter, Simulation
from leap.experiments.chapters import CHAPTERS, find_chapter, leap_vs_mmil, overlap
from leap.experiments.records import read_records, write_records
from leap.experiments.runs import RECORD, RUNS, run_folder
from leap.experiments.workflow import RUNS_PER_BATCH, SEARCH, SMOKE_RUNS, Batch, plan_book
from tests.tree import ROOT


@pytest.fixture
def plan(tmp_path):
    """Plan a book on AV-Digits at a profile."""
    return lambda profile: plan_book(profile, "av-digits", "", tmp_path)


def runs_of(found, notebook):
    return [run.config for key in found.batches_for(notebook) for run in found.batches[key].runs]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Change to a checkout whose records lack those of some runs, by file; returns its folder of results."""

    def make(removed):
        results = tmp_path / "checkout" / "results"
        shutil.copytree(ROOT / "results" / "records", results / "records")
        (results.parent / "Snakefile").touch()
        for name, runs in removed.items():
            path = results / "records" / f"{name}.jsonl.gz"
            write_records([r for r in read_records(path) if r.run_config() not in runs], path)
        monkeypatch.chdir(results.parent)
        return results

    return make


@pytest.mark.parametrize(("profile", "size"), [("smoke", SMOKE_RUNS), ("full", RUNS_PER_BATCH)])
def test_every_run_is_in_one_batch_and_every_notebook_has_its_runs(
    profile, size, plan, tmp_path, monkeypatch
):
    (tmp_path / "Snakefile").touch()  # a checkout without records
    monkeypatch.chdir(tmp_path)
    found = plan(profile)
    keys = [run.key for batch in found.batches.values() for run in batch.runs]
    assert len(keys) == len(set(keys))
    assert max(len(batch.runs) for batch in found.batches.values()) == size
    for chapter in CHAPTERS:
        dataset, _ = chapter.data_in_book(profile, "av-digits", "")
        assert set(chapter.configs(profile, dataset)) <= set(runs_of(found, chapter.notebook))
    assert {run.split for run in runs_of(found, SEARCH)} == {"val"}


def test_at_full_exactly_the_runs_without_a_committed_record_are_planned(plan):
    """A new chapter's grid may wait for its runs; whose records are all committed has no batch."""
    found, paths = plan("full"), (ROOT / "results" / "records").glob("[0-9]*.jsonl.gz")
    committed = {record.run_config() for path in paths for record in read_records(path)}
    for chapter in CHAPTERS:
        dataset, _ = chapter.data_in_book("full", "av-digits", "")
        missing = set(chapter.configs("full", dataset)) - committed
        assert set(runs_of(found, chapter.notebook)) >= missing
        assert bool(found.batches_for(chapter.notebook)) == bool(missing)
        assert committed.isdisjoint(runs_of(found, chapter.notebook))
    assert found.batches_for("30_ledger") == []


def test_at_full_removed_records_are_planned_and_those_of_simulated_data_together(checkout):
    deepest = find_chapter("07_blocks").grid("full", "av-digits")["N = 4"][3]
    simulated = [run for run in find_chapter("12_scale").configs("full", "") if run.dataset == "llp-sim-200"]
    results = checkout({"07_blocks": [deepest], "12_scale": simulated[:1]})
    found = plan_book("full", "av-digits", "", results)
    assert runs_of(found, "07_blocks") == [deepest]
    assert len(simulated) == 9
    assert runs_of(found, "12_scale") == simulated
    assert found.stores_for("12_scale") == [str(results / "stores" / "llp_sim_2000x200.h5")]
    assert runs_of(found, "02_leap_vs_mmil") == runs_of(found, "21_audit") == []
    (batch,) = found.batches_for("07_blocks")
    assert found.batches[batch].missing(results) == ["07_blocks: N = 4, seed 3"]
    with open_dataset("av-digits") as store:
        record = run_folder(deepest, store, results) / RECORD
    record.parent.mkdir(parents=True)
    record.touch()
    shutil.copy(ROOT / "results" / "records" / "07_blocks.jsonl.gz", results / "records")
    assert plan_book("full", "av-digits", "", results) == found  # after it is made and published, too


def test_laptop_makes_the_runs_of_three_chapters_and_shows_committed_records_in_the_others(plan):
    found = plan("laptop")
    with_runs = {notebook for notebook, keys in found.needed.items() if keys}
    assert with_runs == {SEARCH, "02_leap_vs_mmil", "06_overlap", "10_interpretability"}
    assert set(runs_of(found, "02_leap_vs_mmil")) == set(leap_vs_mmil.CHAPTER.configs("laptop", "av-digits"))
    assert set(found.needed["06_overlap"]) <= set(found.needed["02_leap_vs_mmil"])


def test_parameters_are_those_of_the_book_or_of_the_chapter(tiny_path, tmp_path):
    found = plan_book("trial", "tiny", str(tiny_path), tmp_path).parameters
    assert found["06_overlap"] == {"profile": "trial", "dataset": "tiny", "data": str(tiny_path)}
    assert found["04_encoders"] == {"profile": "trial", "dataset": "av-digits", "data": ""}
    assert found["03_llp"] == {"profile": "trial", "dataset": "llp", "data": ""}


def test_without_chosen_settings_the_search_can_be_planned_and_the_runs_are_refused(tiny_path, tmp_path):
    found = plan_book("full", "tiny", str(tiny_path), tmp_path)
    assert len(runs_of(found, SEARCH)) == 14 * 6 * 2
    with pytest.raises(LeapError, match="no settings chosen for data set 'tiny'"):
        found.batches_for("02_leap_vs_mmil")


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("kitchen", "kitchen: no such file, and no data set of that name"),
        ("av-digits", "holds the data set 'tiny', not 'av-digits'"),
    ],
)
def test_an_unknown_or_another_data_set_is_refused(dataset, message, tiny_path, tmp_path):
    with pytest.raises(LeapError, match=message):
        plan_book("smoke", dataset, "" if dataset == "kitchen" else str(tiny_path), tmp_path)


def test_a_simulated_store_is_named_and_others_as_given(monkeypatch, tiny_config, tiny_path, tmp_path):
    """What stands on the command line does not depend on where the package lies."""
    config = from_dict(to_dict(tiny_config) | {"dataset": "llp-sim-50"})
    simulated = Chapter(
        "12_scale",
        lambda *_: {"A": [config]},
        dataset="llp-sim",
        only=("llp-sim",),
        simulations=lambda _: {"llp-sim-50": Simulation(videos=70, classes=50)},
    )
    monkeypatch.setattr(workflow, "CHAPTERS", [simulated, overlap.CHAPTER])
    monkeypatch.setattr(
        "leap.experiments.study.find_chapter", {"12_scale": simulated, "06_overlap": overlap.CHAPTER}.get
    )
    found = plan_book("smoke", "av-digits", "", tmp_path)
    data = {name: {found.batches[key].data for key in keys} for name, keys in found.needed.items()}
    store = str(tmp_path / "stores" / "llp_sim_70x50.h5")
    assert data == {SEARCH: {""}, "12_scale": {store}, "06_overlap": {""}}
    assert [found.stores_for(name) for name in ("12_scale", "06_overlap")] == [[store], []]
    [batch] = found.batches_for("12_scale")
    assert found.batches[batch].simulated == [store]


def test_planning_writes_nothing_and_names_the_stores_that_are_to_be_simulated(plan, tmp_path):
    found = plan("smoke")
    names = ["llp_sim_64x50.h5", "llp_sim_128x25.h5"]
    assert {Path(path).name for path in found.stores_for("12_scale")} == set(names)
    assert len([name for batch in found.batches.values() for name in batch.missing(tmp_path)]) > 18
    assert list(tmp_path.iterdir()) == []


def test_a_run_on_a_simulated_store_is_found_under_the_checksum_of_its_contents(plan, tiny_path, tmp_path):
    """The plan stays as it is when the store is made: jobs of a cluster plan again."""
    found = plan("smoke")
    batch = found.batches[found.batches_for("12_scale")[0]]
    Path(batch.data).parent.mkdir()
    shutil.copy(tiny_path, batch.data)
    assert plan("smoke") == found
    first, *others = batch.missing(tmp_path)
    with FeatureStore(batch.data) as store:
        record = run_folder(batch.runs[0].config, store, tmp_path) / RECORD
    record.parent.mkdir(parents=True)
    record.touch()
    assert first == batch.runs[0].name
    assert batch.missing(tmp_path) == others


def test_a_batch_names_its_runs_and_lists_their_configs(plan, tmp_path):
    found = plan("smoke")
    batch = found.batches[found.needed["06_overlap"][0]]
    assert batch.name == "02_leap_vs_mmil: MMIL, seed 0 and 7 more"
    assert [from_dict(json.loads(line)) for line in batch.lines.splitlines()] == [
        r.config for r in batch.runs
    ]
    first, *others = batch.missing(tmp_path)
    assert first == "02_leap_vs_mmil: MMIL, seed 0"
    record = tmp_path / RUNS / batch.runs[0].key / RECORD
    record.parent.mkdir(parents=True)
    record.touch()
    assert batch.missing(tmp_path) == others
    assert Batch(batch.runs[1:]).key != batch.key

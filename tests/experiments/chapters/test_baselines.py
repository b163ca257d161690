from dataclasses import replace

import pandas as pd
import pytest
import torch

from leap.data.registry import open_dataset
from leap.data.store import FeatureStore
from leap.data.teacher import TEACHER, save_teacher_scores
from leap.experiments import cells as cells_module
from leap.experiments.cells import DESIGN, profile_config
from leap.experiments.chapters import baselines
from leap.experiments.chapters.baselines import (
    SYSTEMS,
    TEACHER_READING,
    baseline_table,
    conclusion,
    dense,
    grid,
    in_words,
    missing,
    side_by_side,
)
from leap.experiments.grid import EMBEDDED, EVERYDAY, SHIPPED
from leap.experiments.study import open_study
from leap.metrics import SCORES
from tests.conftest import tiny_splits

CHOSEN = {
    dataset: {cell.name: DESIGN[3] for cell in SYSTEMS.values()} for dataset in (SHIPPED, EVERYDAY, "kitchen")
}
THRESHOLDS = {"logit_thresholds": {"audio": -6.0, "visual": -6.0}}


@pytest.fixture(autouse=True)
def _settings_are_chosen_on_three_data_sets(monkeypatch):
    monkeypatch.setattr(cells_module, "chosen", lambda: CHOSEN)


@pytest.fixture
def runs(make_record):
    """Two seeds per system: 60 as decoded, 50 under other readings, 80 when trained on dense labels."""
    names = ("tags expanded", "gaps closed", "true tags", TEACHER_READING)
    readings = {name: dict.fromkeys(SCORES, 50.0) for name in names}
    return {
        name: [make_record(seed, value, readings=readings) for seed in (0, 1)]
        for system in SYSTEMS
        for name, value in ((system, 60.0), (dense(system), 80.0))
    }


@pytest.fixture
def taught(make_tiny_store, tmp_path):
    """A store whose teacher's logits lie 4 above 0 where an event is, −4 elsewhere; its thresholds are −6."""
    splits = tiny_splits()
    path = make_tiny_store(tmp_path / "tiny.h5", splits=splits, provenance=THRESHOLDS)
    scores = {
        split: tuple(torch.from_numpy(8.0 * splits[split][f"true_{m}"] - 4) for m in ("audio", "visual"))
        for split in ("val", "test")
    }
    with FeatureStore(path) as store:
        save_teacher_scores(tmp_path / TEACHER, scores, store.checksum)
        yield store


def test_systems_have_their_chosen_settings_and_five_paired_seeds():
    found = grid("full", EVERYDAY)
    assert list(found) == ["MMIL", "LEAP", dense("MMIL"), dense("LEAP")]
    for system, cell in SYSTEMS.items():
        config = profile_config(cell, "full", EVERYDAY)
        assert found[system] == [replace(config, seed=seed) for seed in range(10, 15)]
        assert found[dense(system)] == [replace(run, supervision="dense") for run in found[system]]


def test_no_upper_bound_where_train_may_have_weak_labels_only():
    assert list(grid("full", "kitchen")) == list(grid("paper", "llp")) == list(SYSTEMS)
    assert dense("LEAP") in grid("paper", "llp-sim-50")
    assert grid("full", "llp-sim") == {}  # no settings in this test
    assert set(grid("smoke", "llp-sim")) == {*SYSTEMS, dense("MMIL"), dense("LEAP")}


def test_rows_are_means_over_seeds_and_name_what_they_read(tiny_store, runs):
    table = baseline_table(tiny_store, runs)
    assert table.loc["LEAP", ["primary", "seg_a", "n"]].tolist() == [60, 60, 2]
    assert table.loc["LEAP, own tags in all segments", "primary"] == 50
    assert table.loc[dense("MMIL"), ["reads", "primary"]].tolist() == ["no label", 80]
    assert table.loc["teacher, tags of MMIL as the gate", ["reads", "primary"]].tolist() == ["no label", 50]
    assert table.loc["pseudo-labels", ["reads", "primary", "n"]].tolist() == ["the weak label", 100, 0]
    assert set(table.index[table["reads"] == "the weak label"]) == {
        "weak label in all segments",
        "pseudo-labels",
        "MMIL, weak label as the gate",
        "LEAP, weak label as the gate",
    }


def test_the_most_frequent_classes_are_as_many_as_is_best_on_val(tiny_store, monkeypatch):
    asked = []

    def predictions(train, videos):
        asked.append(len(videos))
        nothing = torch.zeros_like(videos.pseudo_audio)
        return {"nothing": (nothing, nothing), "oracle": videos.truth()}

    monkeypatch.setattr(baselines, "label_free_baselines", predictions)
    assert baselines.trivial_rows(tiny_store)["most frequent classes"].scores[0]["seg_type"] == 100
    assert asked == [8, 6]  # val, then test


def test_the_teacher_is_a_system_at_its_own_thresholds(taught):
    table = baseline_table(taught, {})
    audio, visual = taught.videos("test").truth()
    everything = baselines.parsing_scores(audio * 0 + 1, visual * 0 + 1, audio, visual)
    assert table.loc["teacher", list(everything)].tolist() == list(everything.values())
    assert table.loc["teacher, own thresholds", list(everything)].tolist() == [100] * 10
    assert missing(taught, {}) == ["No settings were chosen for these systems, so they have no rows."]


def test_rows_that_cannot_be_had_are_left_out_with_a_note(weak_store, runs):
    systems = {name: runs[name] for name in SYSTEMS}
    table = baseline_table(weak_store, systems)
    assert not table.index.isin(["teacher", "teacher, own thresholds", dense("LEAP")]).any()
    assert missing(weak_store, systems) == [
        "The teacher's scores outside the weak label are unknown, so it has no rows.",
        "The training videos have no dense labels, so there is no upper bound.",
    ]


def test_records_that_do_not_read_the_teacher_have_no_such_row(taught, runs):
    old = dict(runs["LEAP"][1].readings)
    del old[TEACHER_READING]
    mixed = runs | {"LEAP": [runs["LEAP"][0], replace(runs["LEAP"][1], readings=old)]}
    table = baseline_table(taught, mixed)
    assert "teacher, tags of LEAP as the gate" not in table.index
    assert "teacher, tags of MMIL as the gate" in table.index
    assert missing(taught, mixed) == ["The records do not read the teacher under predicted tags."]
    assert missing(taught, runs) == []


def test_the_conclusion_says_where_the_systems_stand(tiny_store, taught, runs):
    said = conclusion(baseline_table(tiny_store, runs), runs, "tiny")
    assert said.startswith(
        "Primary measure on tiny. MMIL has 60.0: above its own tags in all segments (+10.0"
    )
    assert "below the same system trained on dense labels (−20.0" in said
    assert "The best row of the teacher" not in said
    best = "teacher without the weak label has 100.0 (teacher, own thresholds)."
    assert best in conclusion(baseline_table(taught, runs), runs, "tiny")
    assert "LEAP has" not in conclusion(baseline_table(taught, {}), {}, "tiny")


def test_both_data_sets_stand_side_by_side(tiny_store, taught, runs):
    table = side_by_side({"a": baseline_table(taught, runs), "b": baseline_table(tiny_store, {})})
    assert table.loc["pseudo-labels"].tolist() == ["the weak label", "100.0", "100.0"]
    assert table.loc["LEAP"].tolist() == ["no label", "60.0\u00a0±\u00a00.0", ""]
    words = in_words(baseline_table(tiny_store, runs))
    assert words.loc["LEAP", ["seg Type@AV", "seeds"]].tolist() == ["60.0", "2"]
    assert words.loc["nothing", "seeds"] == "–"


def test_the_committed_table_of_the_other_data_set_is_read(tiny_store, tmp_path):
    study = replace(open_study("17_baselines", "smoke", EVERYDAY, results=str(tmp_path)), committed=tmp_path)
    table = baseline_table(tiny_store, {})
    assert list(study.tables_by_dataset("17_baselines", table)) == [EVERYDAY]
    (tmp_path / "tables").mkdir()
    table.to_csv(tmp_path / "tables" / "17_baselines.csv")
    found = study.tables_by_dataset("17_baselines", table)
    assert list(found) == [EVERYDAY, "av-digits"]
    pd.testing.assert_frame_equal(found["av-digits"], table)


@pytest.mark.parametrize("dataset", EMBEDDED)
def test_the_teacher_needs_the_weak_label(dataset):
    """On both data sets that ship, its labels lose more than half of their score without it."""
    with open_dataset(dataset) as store:
        table = baseline_table(store, {})
    primary = table["primary"]
    assert primary["teacher"] < primary["teacher, own thresholds"] < primary["pseudo-labels"] / 2
    assert primary["most frequent classes"] < primary["weak label in all segments"] < primary["pseudo-labels"]

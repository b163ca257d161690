from dataclasses import replace

import pandas as pd

from leap.config import Protocol, to_dict
from leap.experiments.chapters import presets
from leap.experiments.chapters.presets import (
    COMMON,
    COMPARED,
    WIDTH,
    above_baseline,
    conclusion,
    cost_tables,
    difference_table,
    grid,
    parameter_table,
    preset_table,
)
from leap.experiments.grid import SEEDS
from leap.experiments.records import PRIMARY, PRIMARY_PARTS
from leap.experiments.tables import SUMMARY_SCORES, TITLES
from leap.presets import RELEASES
from leap.training.run import initial_parser
from tests.tree import ROOT


def test_every_preset_is_trained_and_narrow():
    runs_of = grid("full", "av-digits")
    assert list(runs_of) == [*RELEASES, COMMON]
    assert {name for name, runs in runs_of.items() if len(runs) == SEEDS} == {*COMPARED, COMMON}
    assert {len(runs) for runs in runs_of.values()} == {1, SEEDS}
    assert {runs[0].model.width for runs in runs_of.values()} == {WIDTH}
    assert {name: runs_of[name][0].train.epochs for name in RELEASES} == {
        name: config.train.epochs for name, config in RELEASES.items()
    }
    assert {runs[0].dataset for runs in runs_of.values()} == {"av-digits"}


def test_uwav_needs_the_logits_of_a_teacher(monkeypatch):
    names = list(grid("full", "av-digits"))
    monkeypatch.setattr(presets, "teacher_scores", lambda store, split: None)
    assert list(grid("full", "av-digits")) == [name for name in names if name != "uwav"]
    assert "uwav" not in grid("full", "llp")


def test_the_common_protocol_is_that_of_all_compared_releases_but_cmpae():
    common, own = (grid("full", "av-digits")[name][0] for name in (COMMON, "cmpae"))
    for name in (*COMPARED, COMMON):
        config = grid("full", "av-digits")[name][0]
        shared = (config.protocol, config.thresholds_on_val, config.train.selection)
        assert (shared == (Protocol(), False, "seg_type")) == (name != "cmpae")
    assert replace(own, protocol=common.protocol, thresholds_on_val=False, train=common.train) == common
    assert replace(own.train, selection="seg_type") == common.train


def test_leap_is_compared_with_every_other_release(make_runs):
    values = (60.0, 50, 61, 50, 50, 50, 59, 58, 1)
    table = difference_table(make_runs(**dict(zip((*COMPARED, COMMON, "leap-han"), values, strict=True))))
    assert table["difference"].xs(PRIMARY, level="score").round(6).to_dict() == {
        "valor": 10, "valor+": -1, "cmpae": 10, "han": 10, "mm-pyr": 10, "uwav": 1, COMMON: 2,
    }  # fmt: skip
    assert list(table.index.unique("score")) == [PRIMARY, *PRIMARY_PARTS]
    assert conclusion(table, "here").startswith(
        "On here, LEAP as released minus the other releases, primary measure: valor +10.0 "
    )


def test_parameters_are_those_of_the_trained_parser(tiny_records, tiny_config, tiny_store):
    wider = replace(tiny_config, model=replace(tiny_config.model, width=16))
    runs = {"a": tiny_records, "b": [replace(tiny_records[0], config=to_dict(wider))]}
    counts = parameter_table(runs, tiny_store)["parameters"]
    assert counts["a"] == sum(p.numel() for p in initial_parser(tiny_config, tiny_store).parameters())
    assert counts["b"] > counts["a"]


def test_settings_in_words():
    table = preset_table()
    assert table.loc["leap", "optimiser"] == "adam, 0.0001"
    assert table.loc["valor++", "optimiser"] == "adamw, 0.0003, norm ≤ 1"
    assert table.loc["cmpae", "schedule"] == "× 0.25 every 6 epochs"
    assert table.loc["valor", "schedule"] == "rise over 10 epochs, cosine to 0.01"
    assert table.loc["leap-release", "decoder"] == "leap (release)"
    assert table.loc["leap", "losses"] == "leap + L_avss"


def test_the_baseline_has_to_be_passed_in_every_mean():
    names = [TITLES[name] for name in SUMMARY_SCORES]
    scores = pd.DataFrame({mean: {"good": 50.0, "mixed": 50.0} for mean in names})
    baseline = pd.Series(dict.fromkeys(names, 40.0))
    assert above_baseline(scores, baseline).startswith("All 2 presets are above")
    scores.loc["mixed", names[3]] = 40.0
    assert above_baseline(scores, baseline).endswith("event-level Event@AV: mixed.")


def test_committed_costs_are_of_every_preset():
    found = cost_tables(ROOT / "results" / "benchmarks" / "cost.csv")
    assert found
    for rows in found.values():
        assert list(rows.index) == list(RELEASES)
        assert rows.loc["leap", "GFLOP"] > rows.loc["leap-han", "GFLOP"] > rows.loc["han", "GFLOP"] > 0
        assert (rows["train ms"] > rows["parse ms"]).all()


def test_on_llp_presets_have_their_own_sizes_wherever_its_store_is(monkeypatch):
    monkeypatch.delenv("LEAP_DATA", raising=False)
    found = grid("paper", "llp")
    assert {name: runs[0].model.width for name, runs in found.items()} == {
        name: config.model.width
        for name, config in (RELEASES | {COMMON: RELEASES["cmpae"]}).items()
        if name != "uwav"
    }
    assert {runs[0].model.width for runs in grid("paper", "av-digits").values()} == {WIDTH}

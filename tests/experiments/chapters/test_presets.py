import pandas as pd

from leap.experiments.chapters.presets import (
    WIDTH,
    above_baseline,
    cost_tables,
    grid,
    preset_table,
)
from leap.experiments.tables import SUMMARY_SCORES, TITLES
from leap.presets import RELEASES
from tests.tree import ROOT


def test_every_preset_is_trained_once_and_narrow():
    runs_of = grid("full", "av-digits")
    assert list(runs_of) == list(RELEASES)
    assert {len(runs) for runs in runs_of.values()} == {1}
    assert {runs[0].model.width for runs in runs_of.values()} == {WIDTH}
    assert {name: runs[0].train.epochs for name, runs in runs_of.items()} == {
        name: config.train.epochs for name, config in RELEASES.items()
    }
    assert {runs[0].dataset for runs in runs_of.values()} == {"av-digits"}


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
    baseline = dict.fromkeys(names, 40.0)
    assert above_baseline(scores, baseline).startswith("All 2 presets are above")
    scores.loc["mixed", names[3]] = 40.0
    assert above_baseline(scores, baseline).endswith("evt Event@AV: mixed.")


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
        name: preset.model.width for name, preset in RELEASES.items()
    }
    assert {runs[0].model.width for runs in grid("paper", "av-digits").values()} == {WIDTH}

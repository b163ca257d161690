import numpy as np
import pandas as pd
import pytest

from leap.experiments.chapters.leaderboard import NO_MODEL, PRIMARY_TITLE, in_words, leaderboard, own_results
from leap.experiments.published import published
from leap.experiments.submissions import STATED, read_submissions
from leap.experiments.tables import TITLES
from tests.tree import ROOT


@pytest.fixture
def baselines():
    return pd.read_csv(ROOT / "results" / "tables" / "03_trivial_baselines.csv", index_col=0)


@pytest.fixture
def rows(baselines, tmp_path):
    return leaderboard(baselines, read_submissions([tmp_path], None).rows)


def test_all_published_systems_and_baselines_are_in_it(rows):
    assert set(rows.index[rows["kind"] != NO_MODEL]) == set(published().index)
    assert rows["kind"].value_counts()["published pseudo-labels"] == 3
    assert {"nothing", "weak label in every second"} <= set(rows.index[rows["kind"] == NO_MODEL])
    assert rows["source"].notna().all()


def test_rows_are_ordered_by_the_mean_of_the_four_scores(rows):
    leap = rows.loc["MM-Pyr + LEAP"]
    assert leap[PRIMARY_TITLE] == pytest.approx((64.8 + 63.6 + 60.2 + 57.4) / 4)
    assert (np.diff(rows[PRIMARY_TITLE].dropna()) <= 0).all()
    assert rows[PRIMARY_TITLE].iloc[-3:].isna().all()


def test_supervision_beyond_weak_labels_is_marked(rows):
    assert "dense val labels" in rows.loc["UWAV", "beyond"]
    assert rows.loc["weak label in every second", "beyond"]
    assert pd.isna(rows.loc["HAN", "beyond"])


def test_unknown_cells_are_dashes(rows):
    text = in_words(rows)
    assert text.loc["MM-Pyr + LEAP", "seg A"] == "–"
    assert text.loc["HAN", "evt Event@AV"] == "48.0"
    assert not text.isna().any(axis=None)


def test_submitted_rows_stand_beside_the_published_ones(baselines, rows):
    scores = dict.fromkeys(TITLES, 61.0)
    row = {"system": "HAN (submitted)", "kind": STATED, "labels": "weak", "source": "x.json", **scores}
    submitted = pd.DataFrame([row, row | {"source": "y.json"}]).set_index("system")
    table = leaderboard(baselines, submitted)
    assert list(table.loc["HAN (submitted)", PRIMARY_TITLE]) == [61.0, 61.0]
    assert table.drop("HAN (submitted)").equals(rows)
    text = in_words(table).loc["HAN (submitted)"]
    assert list(text["source"]) == ["x.json", "y.json"]
    assert set(text["threshold; gates"]) == {"–"}


def test_own_results_are_the_committed_presets_by_data_set(tmp_path):
    found = own_results(ROOT / "results")
    assert list(found["av-digits"]) == list(TITLES.values())
    assert {"leap", "valor", "han"} <= set(found["av-digits"].index)
    assert own_results(tmp_path) == {}

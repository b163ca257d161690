from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap.experiments import cells as cells_module
from leap.experiments.cells import CELLS, DESIGN, cell_config
from leap.experiments.chapters import decoder_or_loss as chapter
from leap.experiments.chapters import leap_vs_mmil, own_runs
from leap.experiments.chapters.decoder_or_loss import (
    NOTEBOOK,
    conclusion,
    gain_table,
    gains_in_words,
    grid,
    reading_table,
    settings_table,
)
from leap.experiments.estimates import counted, direction, estimate_table
from leap.experiments.grid import SHIPPED
from leap.experiments.study import open_study
from leap.inference.readings import TEACHER_READING

HAN = [name for name, cell in CELLS.items() if cell.encoder == "HAN"]
OVERLAPPING = np.array([True, True, False, False, False, False])


@pytest.fixture(autouse=True)
def _cells_on_han_have_settings(monkeypatch):
    chosen = {dataset: dict.fromkeys(HAN, DESIGN[3]) for dataset in ("tiny", SHIPPED)}
    monkeypatch.setattr(cells_module, "chosen", lambda: chosen)


@pytest.fixture
def runs(make_record):
    """Every cell on HAN with three seeds; scores vary by seed and video, and LEAP under L_basic gains 10."""

    def record(name, seed):
        cell, rng = CELLS[name], np.random.default_rng([seed, HAN.index(name)])
        value = 50 + 10 * (cell.decoder == "LEAP" and cell.loss == "L_basic")
        made = make_record(seed, value)
        videos = {score: list(np.array(v) + rng.normal(0, 1e-3, 6)) for score, v in made.per_video.items()}
        readings = {reading: dict.fromkeys(made.metrics, value / 2) for reading in ("tuned", "ungated")}
        return replace(made, per_video=videos, readings=readings)

    return {name: [record(name, seed) for seed in range(3)] for name in HAN}


def test_cells_with_settings_have_runs_whose_seeds_pair():
    found = grid("full", "tiny")
    assert list(found) == HAN
    for name, configs in found.items():
        assert [config.seed for config in configs] == list(range(10))
        assert replace(configs[0], seed=0) == cell_config(CELLS[name], "tiny", DESIGN[3])
    (smoke,) = grid("smoke", "elsewhere")[HAN[0]]
    assert (smoke.dataset, smoke.train.epochs, smoke.train.lr) == ("elsewhere", 2, DESIGN[3]["lr"])


def test_profiles_without_a_search_run_every_cell_at_the_papers_size():
    found = grid("paper", "llp")
    assert list(found) == list(CELLS)
    for name, configs in found.items():
        model = configs[0].model
        assert (model.width, model.labels) == (512, "dataset")
        assert model.decoder.video == CELLS[name].video
        assert len(configs) == (10 if name in HAN else 5)


def test_the_conclusion_has_the_numbers_of_the_table(runs):
    table = estimate_table(NOTEBOOK, runs, OVERLAPPING)
    said = conclusion(table, "somewhere")
    assert said.startswith("On somewhere, LEAP minus MMIL in the primary measure is +")
    assert "is larger under L_basic, is +10.0 [+10.0," in said
    assert "its interval is above 0. Of" in said
    assert said.endswith(f"{counted(table.apply(direction, axis=1))}.")
    assert f"of {len(table)} registered" in said


def test_leap_is_compared_with_mmil_under_every_loss_coupling_and_reading(runs):
    table = gain_table(runs)
    assert len(table) == 2 * 4 * 3  # losses, couplings of LEAP and MMIL, readings with the protocol's
    by_loss = table.groupby("loss")["difference"].mean()
    readings = table.xs("protocol", level="reading").groupby("loss")["difference"].mean()
    assert readings.to_dict() == pytest.approx({"L_basic": 10, "VALOR's loss": 0}, abs=0.1)
    assert by_loss["L_basic"] == pytest.approx((10 + 5 + 5) / 3, abs=0.1)
    words = gains_in_words(table)
    assert list(words.columns) == ["protocol", "tuned", "ungated"]
    for loss, (first, *_) in words.groupby(lambda row: row.split("; ")[0])["protocol"].agg(list).items():
        assert first.startswith("+10.0 [" if loss == "HAN, L_basic" else ("+0.0", "−0.0"))


def test_readings_stand_beside_the_protocol(runs):
    table = reading_table(runs)
    assert list(table.columns) == ["protocol", "tuned", "ungated"]
    np.testing.assert_allclose(table["tuned"], table["protocol"] / 2)


def test_the_teacher_is_no_reading_of_a_parsers_probabilities(runs):
    """Records made before the teacher was read, and after, give the same tables."""
    first, *others = runs[HAN[0]]
    read = replace(first, readings=first.readings | {TEACHER_READING: first.metrics})
    mixed = runs | {HAN[0]: [read, *others]}
    pd.testing.assert_frame_equal(reading_table(mixed), reading_table(runs))
    pd.testing.assert_frame_equal(gain_table(mixed), gain_table(runs))


def test_settings_are_those_that_were_chosen():
    assert settings_table(HAN, "tiny").loc[HAN[0]].to_dict() == DESIGN[3]
    assert settings_table(HAN, "llp").empty


@pytest.mark.parametrize(
    ("profile", "cells", "said"),
    [("full", HAN, "Chosen on val"), ("paper", list(CELLS), "Nothing was searched")],
)
def test_settings_and_their_origin_are_those_of_the_profile(profile, cells, said, tmp_path):
    table, origin = chapter.settings(open_study(NOTEBOOK, profile, SHIPPED, "", str(tmp_path)))
    assert list(table.index) == cells
    assert said in origin


def test_on_the_data_set_of_a_book_at_paper_the_shared_runs_belong_to_earlier_chapters():
    own, main = (set(own_runs(c, "paper", "llp")) for c in (chapter.CHAPTER, leap_vs_mmil.CHAPTER))
    assert set(grid("paper", "llp")["HAN, LEAP (separate), L_basic"]) <= main
    assert own.isdisjoint(main)
    assert len(own) == 100


def test_what_can_be_detected_follows_from_the_components_of_variance():
    rng = np.random.default_rng(0)
    tables = [
        2 * rng.normal(size=(2, 1)) + 10 * rng.normal(size=(1, 400)) + 20 * rng.normal(size=(2, 400))
        for _ in range(200)
    ]
    found = chapter._detectable(tables, seeds=10, videos=800)
    assert found["seeds"] == pytest.approx(2, rel=0.15)
    assert found["videos"] == pytest.approx(10, rel=0.05)
    assert found["residual"] == pytest.approx(20, rel=0.02)
    error = np.sqrt(4 / 10 + 100 / 800 + 400 / 8000)
    assert found["detectable"] == pytest.approx(error * (2.262 + 0.883), rel=0.1)

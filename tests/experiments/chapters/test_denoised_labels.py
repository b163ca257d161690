"""The chapter on denoised pseudo-labels: what differs between cells, what it keeps, and its tables."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from leap.config import AvssConfig, NoiseConfig, SmoothingConfig, to_dict
from leap.data.pseudo_labels import corrupt_videos, precision_recall
from leap.data.pseudo_labels.smooth import LEAST_GAIN, smooth
from leap.data.registry import open_dataset
from leap.errors import LeapError
from leap.experiments import cells as cells_module
from leap.experiments.cells import CELLS, DESIGN, cell_config
from leap.experiments.chapters import decoder_or_loss, denoised_labels, leap_vs_mmil, own_runs
from leap.experiments.chapters.denoised_labels import (
    NATURAL,
    NOISES,
    NOTEBOOK,
    SMOOTHERS,
    answer,
    conclusion,
    decoder_table,
    effects_in_words,
    gain_table,
    grid,
    label_table,
    labels_in_words,
    natural_runs,
    panels,
)
from leap.experiments.estimates import estimate_table
from leap.experiments.grid import EVERYDAY, SHIPPED

SYSTEMS = {
    "MMIL, L_basic": "HAN, MMIL (pooled), L_basic",
    "MMIL, VALOR's loss": "HAN, MMIL (pooled), VALOR's loss",
    "LEAP, L_basic": "HAN, LEAP (separate), L_basic",
    "LEAP, VALOR's loss": "HAN, LEAP (separate), VALOR's loss",
}
"""Decoder and loss → their cell, which has settings of its own."""

SETTINGS = {name: DESIGN[place % len(DESIGN)] for place, name in enumerate(CELLS)}


@pytest.fixture(autouse=True)
def _cells_have_settings(monkeypatch):
    datasets = ("tiny", SHIPPED, EVERYDAY)
    monkeypatch.setattr(cells_module, "chosen", lambda: dict.fromkeys(datasets, SETTINGS))


def base(name):
    """The run config of a cell's decoder and loss, without denoising and added errors."""
    cell = SYSTEMS[", ".join(name.split(", ")[:2]).removesuffix(" + L_avss")]
    return cell_config(CELLS[cell], "tiny", SETTINGS[cell])


def test_every_denoising_of_labels_without_added_errors_has_ten_seeds():
    natural = {name: runs for name, runs in grid("full", "tiny").items() if not runs[0].noise.misses}
    natural = {name: runs for name, runs in natural.items() if not runs[0].noise.false_alarms}
    plain = [f"{system}, {title}" for system in SYSTEMS for title in SMOOTHERS]
    avss = [f"{decoder}, VALOR's loss + L_avss, rule" for decoder in ("MMIL", "LEAP")]
    assert list(natural) == plain + avss == list(grid("full", "tiny"))[: len(natural)]
    assert {tuple(run.seed for run in runs) for runs in natural.values()} == {tuple(range(10))}


def test_every_added_error_is_tried_with_and_without_denoising_on_three_seeds():
    found = grid("full", "tiny")
    noisy = [
        f"{system}, {title}, {errors}"
        for errors in NOISES
        for system in SYSTEMS
        for title in ("as they are", "median filter", "HMM")
    ]
    assert [name for name, runs in found.items() if len(runs) == 3] == noisy
    assert {tuple(run.seed for run in found[name]) for name in noisy} == {(0, 1, 2)}


@pytest.mark.parametrize(
    ("name", "smoother", "noise"),
    [
        ("LEAP, L_basic, median filter", "median", NoiseConfig()),
        ("LEAP, VALOR's loss, rule", "auto", NoiseConfig()),
        ("MMIL, VALOR's loss, HMM, 20 % misses", "hmm", NoiseConfig(misses=0.2)),
        ("LEAP, VALOR's loss, as they are, 40 % false alarms", "none", NoiseConfig(false_alarms=0.4)),
        ("MMIL, L_basic, HMM, 40 % bursty misses", "hmm", NoiseConfig(misses=0.4, bursts=True)),
        (
            "LEAP, L_basic, median filter, 40 % bursty false alarms",
            "median",
            NoiseConfig(false_alarms=0.4, bursts=True),
        ),
    ],
)
def test_a_cell_is_what_its_name_says(name, smoother, noise):
    expected = replace(base(name), noise=noise, smoothing=SmoothingConfig(audio=smoother, visual=smoother))
    assert grid("full", "tiny")[name][0] == expected


def test_cells_of_one_decoder_and_loss_differ_in_their_labels_alone():
    for name, runs in grid("full", "tiny").items():
        plain = replace(runs[0], noise=NoiseConfig(), smoothing=SmoothingConfig())
        if "L_avss" in name:
            assert plain.loss.avss == AvssConfig(weight=1.0)
            plain = replace(plain, loss=replace(plain.loss, avss=None))
        assert plain == base(name), name


def test_labels_as_they_are_belong_to_the_chapter_on_decoder_and_loss():
    ours, theirs = grid("full", EVERYDAY), decoder_or_loss.grid("full", EVERYDAY)
    for system, cell in SYSTEMS.items():
        assert ours[f"{system}, as they are"] == theirs[cell]
    own = own_runs(denoised_labels.CHAPTER, "full", EVERYDAY)
    shared = {run for cell in SYSTEMS.values() for run in theirs[cell]}
    assert not shared & set(own)
    assert shared | set(own) == set(denoised_labels.CHAPTER.configs("full", EVERYDAY))


def test_earlier_chapters_without_settings_on_a_data_set_keep_no_runs_there():
    with pytest.raises(LeapError, match="no settings chosen"):
        leap_vs_mmil.CHAPTER.configs("full", "tiny")
    own, shared = own_runs(denoised_labels.CHAPTER, "full", "tiny"), decoder_or_loss.grid("full", "tiny")
    kept = set(denoised_labels.CHAPTER.configs("full", "tiny")) - {
        r for runs in shared.values() for r in runs
    }
    assert set(own) == kept


def test_smoke_has_one_run_a_cell_and_one_kind_of_added_errors():
    full, smoke = grid("full", "tiny"), grid("smoke", "elsewhere")
    assert list(smoke) == [
        name for name in full if name.endswith("40 % misses") or not name.endswith(tuple(NOISES))
    ]
    for name, (run,) in smoke.items():
        assert (run.dataset, run.train.epochs, run.train.lr) == ("elsewhere", 2, full[name][0].train.lr)


def test_cells_without_settings_have_no_runs():
    assert grid("full", "llp-sim") == {}
    assert len(grid("paper", "llp")) == len(grid("full", "tiny"))


GAINS = {"as they are": 0.0, "median filter": 2.0, "HMM": 5.0, "rule": 4.0}
"""What each denoising gains in `runs`; under L_basic, the gain is doubled."""


@pytest.fixture
def runs(make_record):
    """Runs at profile full, two seeds each; LEAP scores 3 more than MMIL, and 40 % misses cost 10."""

    def record(name, config):
        decoder, loss, title = name.split(", ")[:3]
        value = 40 + 3 * (decoder == "LEAP") - 10 * name.endswith("40 % misses") + config.seed
        made = make_record(config.seed, value + GAINS[title] * (2 if loss == "L_basic" else 1))
        rng = np.random.default_rng([config.seed, len(name)])
        noisy = {score: list(np.array(v) + rng.normal(0, 1e-4, 6)) for score, v in made.per_video.items()}
        config = replace(config, train=replace(config.train, videos=300))
        return replace(made, per_video=noisy, config=to_dict(config))

    found = grid("full", "tiny")
    return {name: [record(name, config) for config in configs[:2]] for name, configs in found.items()}


@pytest.fixture
def claims(runs):
    return estimate_table(NOTEBOOK, runs, np.arange(6) < 2)


def labels(audio, visual, true=90.0):
    """A table of labels without added errors, by whether the rule applies the HMM to a modality."""
    index = pd.MultiIndex.from_product([[NATURAL], ["audio", "visual"]], names=["added errors", "modality"])
    quality = {"plain": true, "median": true, "hmm": true}
    return pd.DataFrame([{"expected": 0.5, "applied": x} | quality for x in (audio, visual)], index)


def test_gains_are_over_the_labels_as_they_are_of_the_same_system_and_errors(runs):
    table = gain_table(runs)
    assert len(table) == 4 * (3 + 2 * len(NOISES))
    for (_, title, _, loss), row in table.iterrows():
        assert row["difference"] == pytest.approx(GAINS[title] * (2 if loss == "L_basic" else 1), abs=0.05)
    assert set(table.loc[NATURAL].index.get_level_values("labels")) == set(SMOOTHERS) - {"as they are"}
    assert (table["n"] == 2).all()


def test_decoders_are_compared_with_equal_labels_and_loss(runs):
    table = decoder_table(runs)
    assert len(table) == 2 * (4 + 3 * len(NOISES))
    np.testing.assert_allclose(table["difference"], 3, atol=0.05)


def test_effects_stand_by_system(runs):
    text = effects_in_words(gain_table(runs))
    assert list(text.columns) == [
        "MMIL, L_basic",
        "MMIL, VALOR's loss",
        "LEAP, L_basic",
        "LEAP, VALOR's loss",
    ]
    assert list(text.index[:4]) == [
        (NATURAL, "median filter"),
        (NATURAL, "HMM"),
        (NATURAL, "rule"),
        ("20 % misses", "median filter"),
    ]
    assert text.loc[("40 % bursty misses", "HMM"), "LEAP, VALOR's loss"].startswith("+5.0 [+")
    assert list(effects_in_words(decoder_table(runs)).columns) == ["L_basic", "VALOR's loss"]


def test_the_figure_has_a_panel_per_loss_and_all_decoders_share_its_rows(runs):
    found = panels(gain_table(runs))
    assert list(found) == ["L_basic", "VALOR's loss"]
    for loss, systems in found.items():
        assert list(systems) == ["MMIL", "LEAP"]
        assert list(systems["MMIL"].index) == list(systems["LEAP"].index)
        assert systems["LEAP"].loc["rule, no added errors", "difference"] == pytest.approx(
            8 if loss == "L_basic" else 4, abs=0.05
        )
    assert list(systems["LEAP"].index[1:3]) == ["rule, no added errors", "HMM, 20 % misses"]
    assert len(systems["LEAP"]) == 2 + len(NOISES)


def test_natural_runs_are_those_without_added_errors(runs):
    assert len(natural_runs(runs)) == 4 * len(SMOOTHERS) + 2
    assert not any("misses" in name or "false alarms" in name for name in natural_runs(runs))


def test_the_answer_states_the_rule_and_its_gain_under_each_loss(claims):
    said = answer(claims, labels(0, 1), "somewhere")
    assert said.startswith("On somewhere, the rule applies the HMM to the visual pseudo-labels only. ")
    assert "by +4.0 [" in said.split(" under VALOR's loss")[0]
    assert "by +8.0 [" in said.split(" under VALOR's loss")[1]
    assert "applies the HMM to the pseudo-labels of both modalities." in answer(claims, labels(1, 1), "x")
    assert "gains nothing by construction." in answer(claims, labels(0, 0), "x")


def test_the_conclusion_has_the_numbers_of_the_tables(runs, claims):
    said = conclusion(claims, labels(0, 1), decoder_table(runs), "somewhere")
    assert said.startswith(answer(claims, labels(0, 1), "somewhere"))
    assert said.count("+3.0 [") == 2  # LEAP minus MMIL with both kinds of labels
    assert "changes the measure by +4.5 [" in said  # (5 - 2) under VALOR's loss and twice that under L_basic
    for errors in ("40 % misses", "40 % false alarms", "40 % bursty misses", "40 % bursty false alarms"):
        assert re.search(r"\+7\.5 \[[^]]*\] with " + errors, said)
    assert said.endswith("are above 0 and none is below 0.")


def test_labels_in_words_name_the_decision_and_unknown_scores():
    table = pd.concat([labels(1, 0), labels(1 / 3, 0, np.nan)])
    text = labels_in_words(table)
    assert list(text["rule"]) == ["HMM", "as they are", "HMM in 33 % of seeds", "as they are"]
    assert list(text["F, HMM"]) == ["90.0", "90.0", "–", "–"]
    assert set(text["expected gain"]) == {"0.50"}


def test_labels_are_measured_as_they_are_trained_on(runs):
    shown = {name: found for name, found in runs.items() if name.endswith(("as they are", "40 % misses"))}
    with open_dataset("av-digits") as store:
        table, videos = label_table(shown, store), store.videos("train")[:300]
    assert list(table.index) == [
        (errors, modality) for errors in (NATURAL, "40 % misses") for modality in ("audio", "visual")
    ]
    noisy = [corrupt_videos(videos, NoiseConfig(misses=0.4), seed) for seed in (0, 1)]
    for errors, parts in ((NATURAL, [videos]), ("40 % misses", noisy)):
        for modality in ("audio", "visual"):
            row, true = table.loc[(errors, modality)], getattr(videos, f"true_{modality}")
            labels = [(getattr(part, f"pseudo_{modality}"), part.weak) for part in parts]
            for column, smoother in (("plain", "none"), ("median", "median"), ("hmm", "hmm")):
                scores = [precision_recall(smooth(*found, smoother), true).f for found in labels]
                assert row[column] == pytest.approx(100 * np.mean(scores))
            ruled = [torch.equal(smooth(*found, "auto"), smooth(*found, "hmm")) for found in labels]
            assert row["applied"] == np.mean(ruled)
            assert len(parts) > 1 or (row["expected"] > LEAST_GAIN) == ruled[0]
    assert (table.loc["40 % misses", "hmm"] > table.loc["40 % misses", "plain"] + 5).all()


def test_labels_without_dense_labels_have_no_score(runs, make_videos):
    videos = replace(make_videos(40), true_audio=None, true_visual=None)
    store = SimpleNamespace(videos=lambda split: videos)
    table = label_table(natural_runs(runs), store)
    assert table[["plain", "median", "hmm"]].isna().all(axis=None)
    assert table["expected"].notna().all()

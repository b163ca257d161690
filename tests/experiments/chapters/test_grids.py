"""The runs of all chapters: seeds that pair, and comparisons in which one thing differs."""

from dataclasses import replace

import pytest

from leap.config import LossConfig, NoiseConfig
from leap.experiments.chapters import (
    NOTEBOOKS,
    ONE_DATASET,
    all_runs,
    from_records,
    labels,
    ledger,
    losses,
    own_runs,
    pseudo_labels,
    scale,
    systems,
)
from leap.experiments.grid import CLAIM_SEEDS, SLOW_SEEDS

CHAPTERS = [name for name in NOTEBOOKS if name != "30_ledger"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_seeds_start_at_0_so_that_systems_pair(name):
    for system, configs in NOTEBOOKS[name]("full", "av-digits").items():
        assert [config.seed for config in configs] == list(range(len(configs))), system
        assert len(configs) >= (1 if name == "20_presets" else SLOW_SEEDS)


@pytest.mark.parametrize("name", CHAPTERS)
def test_smoke_is_one_short_run_a_system(name):
    full, smoke = NOTEBOOKS[name]("full", "av-digits"), NOTEBOOKS[name]("smoke", "av-digits")
    assert full.keys() == smoke.keys()
    for system, (config,) in smoke.items():
        assert (config.train.epochs, config.train.videos) == (2, 128)
        assert config == replace(full[system][0], train=config.train)


def test_committed_records_are_shown_where_runs_are_long():
    assert not any(from_records(name, "full") or from_records(name, "smoke") for name in NOTEBOOKS)
    shown = {name for name in NOTEBOOKS if not from_records(name, "laptop")}
    assert shown == {"02_leap_vs_mmil", "06_overlap", "10_interpretability"}
    afresh = {config for name in shown for config in all_runs(name, "laptop", "av-digits")}
    assert afresh == set(all_runs("02_leap_vs_mmil", "laptop", "av-digits"))
    assert from_records("12_scale", "paper")
    assert not from_records("04_encoders", "paper")


def test_every_run_is_kept_by_one_chapter():
    kept = [config for name in NOTEBOOKS for config in own_runs(name, "full", "av-digits")]
    assert len(kept) == len(set(kept))
    assert set(kept) == {run for name in NOTEBOOKS for run in all_runs(name, "full", "av-digits")}
    assert own_runs("30_ledger", "full", "av-digits") == []


def test_a_chapter_on_another_data_set_keeps_all_its_runs():
    assert ONE_DATASET["21_audit"] != "llp-sim"
    assert own_runs("21_audit", "full", "llp-sim") == all_runs("21_audit", "full", "llp-sim")


def test_label_sources_differ_in_labels_alone():
    grid = labels.grid("full", "av-digits")
    plain = {replace(c.model, labels="") for runs in grid.values() for c in runs}
    assert len(plain) == 1
    assert len({runs[0].model.labels for runs in grid.values()}) == len(grid) == len(labels.SOURCES)
    assert labels.grid("paper", "llp")[labels.GLOVE][0].model.labels == "dataset"


def test_similarity_losses_differ_in_the_loss_alone():
    grid = losses.grid("full", "av-digits")
    for decoder in losses.DECODERS:
        similar = [runs[0] for name, runs in grid.items() if name.startswith(f"{decoder}, λ")]
        assert len({replace(config, loss=LossConfig()) for config in similar}) == 1
        assert len({config.loss for config in similar}) == len(similar) == 4
    pyramid = grid[losses.PYRAMID][0], grid[f"{losses.PYRAMID}, λ = 1"][0]
    assert replace(pyramid[1], loss=LossConfig()) == pyramid[0]


def test_errors_are_all_that_differs_within_a_system():
    grid = pseudo_labels.grid("full", "av-digits")
    by_system = {}
    for name, (config, *_) in grid.items():
        by_system.setdefault(name.split(", ")[0], set()).add(replace(config, noise=NoiseConfig()))
    assert {len(found) for found in by_system.values()} == {1}
    parts = {config.noise.of for (config, *_) in grid.values()}
    assert parts == {"all", "basic", "avss"}


def test_systems_trained_alike_share_all_but_encoder_decoder_and_what_was_searched():
    grid = systems.grid("full", "av-digits")
    alike = [runs[0] for name, runs in grid.items() if name.endswith(", alike")]
    assert len({(c.loss, c.protocol, replace(c.train, lr=1.0)) for c in alike}) == 1
    own = {name: runs[0] for name, runs in grid.items() if name.endswith(", own")}
    assert own["CMPAE, own"].thresholds_on_val
    assert own["HAN, own"].loss.basic == "han"


def test_scale_has_the_same_number_of_steps_everywhere():
    for size in scale.SIZES:
        for configs in scale.grid("full", size).values():
            assert len(configs) == SLOW_SEEDS
            for config in configs:
                assert config.train.videos == size.videos
                steps = config.train.epochs * -(-size.videos // config.train.batch)
                assert steps == pytest.approx(scale.STEPS, rel=0.03)
    names = {config.dataset for size in scale.SIZES for (config, *_) in scale.grid("full", size).values()}
    assert names == {"llp-sim", "llp-sim-50", "llp-sim-100", "llp-sim-200"}


def test_claims_rest_on_ten_paired_seeds_but_for_slow_systems():
    grid = ledger.grid("full", "av-digits")
    for claim in ledger.CLAIMS:
        if claim.grid is None:
            continue
        seeds = min(len(grid[f"{claim.chapter}: {name}"]) for name in claim.names())
        encoders = {grid[f"{claim.chapter}: {name}"][0].model.encoder.name for name in claim.names()}
        assert seeds >= (SLOW_SEEDS if "mm-pyramid" in encoders else CLAIM_SEEDS), claim.text

from dataclasses import replace

import pytest

from leap.config import TrainConfig, to_dict
from leap.errors import LeapError
from leap.experiments import systems
from leap.experiments.chapters.leap_vs_mmil import COMPARED, baseline_rows, compared_pairs, grid
from leap.experiments.systems import LEARNING_RATES, SEARCH_SEEDS, SYSTEMS, candidates


@pytest.fixture(autouse=True)
def _tiny_is_selected(monkeypatch):
    settings = {system: candidates(system)[-1] for system in SYSTEMS}
    monkeypatch.setattr(systems, "selected", lambda: {"tiny": settings})


def test_systems_train_alike_but_for_decoder_and_searched_settings():
    runs = grid("full", "tiny")
    assert list(runs) == list(COMPARED)
    for name, configs in runs.items():
        system = SYSTEMS[name]
        for config in configs:
            assert replace(config.model.decoder, heads=system.decoder.heads) == system.decoder
            assert (config.model.encoder, config.loss) == (system.encoder, system.loss)
            assert replace(config.train, lr=TrainConfig().lr) == TrainConfig()
            assert (config.dataset, config.split) == ("tiny", "test")


def test_selected_settings_are_used():
    runs = grid("full", "tiny")
    assert {(c.train.lr, c.model.decoder.heads) for c in runs["LEAP"]} == {(LEARNING_RATES[2], 4)}
    assert {(c.train.lr, c.model.dropout) for c in runs["MMIL"]} == {(LEARNING_RATES[2], 0.2)}


def test_seeds_are_paired_and_none_is_a_search_seed():
    runs = grid("full", "tiny")
    for configs in runs.values():
        assert [config.seed for config in configs] == list(range(len(configs)))
        assert not {config.seed for config in configs} & set(SEARCH_SEEDS)
    assert len(runs["MMIL"]) == len(runs["LEAP"]) == 10
    assert min(map(len, runs.values())) == 5


def test_smoke_is_small_and_otherwise_the_same():
    full, smoke = grid("full", "tiny"), grid("smoke", "tiny")
    for system, configs in smoke.items():
        assert len(configs) == 1
        for config, large in zip(configs, full[system], strict=False):
            assert (config.train.epochs, config.train.videos) == (2, 128)
            assert to_dict(replace(config, train=large.train)) == to_dict(large)


def test_paper_has_the_releases_sizes():
    runs = grid("paper", "llp")
    assert list(runs) == list(COMPARED)
    for name, configs in runs.items():
        decoder, loss = SYSTEMS[name].decoder, SYSTEMS[name].loss
        for config in configs:
            assert (config.model.width, config.model.ffn, config.model.labels) == (512, 512, "dataset")
            assert (config.train.epochs, config.train.batch, config.train.lr) == (30, 32, 1e-4)
            assert config.model.decoder.heads == (8 if decoder.blocks else 1)
            assert config.loss == loss
    assert grid("paper", "llp-sim")["LEAP"][0].model.labels == "orthogonal"


def test_trial_is_the_paper_in_three_epochs():
    paper, trial = grid("paper", "llp"), grid("trial", "llp")
    assert {system: len(configs) for system, configs in trial.items()} == {"MMIL": 1, "LEAP": 1}
    for system, (config,) in trial.items():
        large = paper[system][0]
        assert config == replace(large, train=replace(large.train, epochs=3))


def test_a_data_set_without_settings_is_one_line():
    with pytest.raises(LeapError, match=r"^no settings chosen for data set 'llp'[^\n]*$"):
        grid("full", "llp")


def test_verdicts_compare_with_mmil_with_as_many_blocks_and_with_leap():
    assert compared_pairs(["MMIL", "MMIL + 2 blocks", "LEAP", "LEAP calibrated"]) == [
        ("MMIL + 2 blocks", "MMIL"),
        ("LEAP", "MMIL"),
        ("LEAP calibrated", "MMIL"),
        ("LEAP", "MMIL + 2 blocks"),
        ("LEAP calibrated", "LEAP"),
    ]
    assert compared_pairs(["MMIL", "LEAP"]) == [("LEAP", "MMIL")]


def test_baselines_stand_in_brackets_below_the_systems(tiny_store):
    rows = baseline_rows(tiny_store)
    assert list(rows.index) == ["(weak label)", "(pseudo-labels)"]
    assert (rows.loc["(pseudo-labels)"].drop("seeds") == 100).all()

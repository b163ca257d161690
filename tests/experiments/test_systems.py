from dataclasses import replace

import pytest

from leap.config import LossConfig
from leap.experiments.systems import SEARCH_SEEDS, SYSTEMS, candidates, paper_config, search_configs
from leap.training.run import run_key


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_has_the_same_budget(system):
    """Six distinct settings, two seeds each, scored on val."""
    configs = search_configs(system, "tiny")
    assert len({run_key(config, "") for seeds in configs for config in seeds}) == 12
    for seeds, setting in zip(configs, candidates(system), strict=True):
        assert [config.seed for config in seeds] == list(SEARCH_SEEDS)
        assert {config.split for config in seeds} == {"val"}
        assert {config.train.lr for config in seeds} == {setting["lr"]}


def test_all_systems_share_l_basic():
    assert {replace(system.loss, avss=None) for system in SYSTEMS.values()} == {LossConfig()}


def test_the_paper_has_its_encoder_and_its_width():
    config = paper_config("MM-Pyr, LEAP", "llp")
    assert config.model.encoder == SYSTEMS["MM-Pyr, LEAP"].encoder
    assert (config.model.width, config.model.decoder.heads, config.model.labels) == (512, 8, "dataset")

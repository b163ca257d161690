from dataclasses import replace
from itertools import combinations

import pytest

from leap.config import LeapLossConfig, ValorLossConfig
from leap.errors import LeapError
from leap.experiments import cells as module
from leap.experiments.cells import (
    CELLS,
    CONTROL,
    DESIGN,
    SEARCH_SEEDS,
    Cell,
    cell_config,
    design,
    search_configs,
)

SETTINGS = {"lr": 1e-3, "dropout": 0.1, "heads": 4, "encoder_heads": 2}


def test_every_cell_has_both_losses_and_differs_from_the_others():
    configs = [cell_config(cell, "av-digits", SETTINGS) for cell in CELLS.values()]
    assert len(set(configs)) == len(CELLS) == 18
    for decoder in ("MMIL", "LEAP"):
        kinds = {(c.video, c.loss) for c in CELLS.values() if (c.decoder, c.encoder) == (decoder, "HAN")}
        assert len(kinds) == 4
    losses = {type(config.loss.basic) for config in configs}
    assert losses == {LeapLossConfig, ValorLossConfig}
    assert all(config.loss.avss is None for config in configs)


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: cell.name)
def test_settings_reach_the_parts_that_have_them(cell):
    config = cell_config(cell, "av-everyday", SETTINGS)
    assert (config.train.lr, config.model.dropout, config.model.labels) == (1e-3, 0.1, "glove")
    assert config.model.encoder.heads == (2 if cell.encoder == "HAN" else 8)
    assert config.model.decoder.heads == (1 if cell.decoder == "MMIL" else 4)
    assert config.model.decoder.video == cell.video


def test_the_design_is_balanced():
    """Every pair of values of two settings occurs equally often, so no setting is confounded with another."""
    for one, other in combinations(DESIGN[0], 2):
        pairs = [(settings[one], settings[other]) for settings in DESIGN]
        counts = {pairs.count(pair) for pair in pairs}
        assert len(counts) == 1, (one, other)


def test_settings_are_tried_on_val_with_seeds_of_their_own():
    runs = search_configs(CELLS["HAN, MMIL (pooled), L_basic"], "av-digits", DESIGN[0])
    assert [(run.seed, run.split) for run in runs] == [(seed, "val") for seed in SEARCH_SEEDS]
    assert min(SEARCH_SEEDS) >= 1000
    (run,) = search_configs(CELLS["MM-Pyr, MMIL (pooled), L_basic"], "av-digits", DESIGN[0])
    assert run.seed == SEARCH_SEEDS[0]


def test_cells_on_mm_pyr_take_the_other_settings_from_han(monkeypatch):
    cell = Cell("LEAP", "separate", "L_basic", "MM-Pyr")
    han = replace(cell, encoder="HAN")
    monkeypatch.setattr(module, "chosen", lambda: {"av-digits": {han.name: SETTINGS}})
    assert design(cell, "av-digits") == [SETTINGS | {"lr": lr} for lr in (1e-3, 2e-3, 4e-3)]
    with pytest.raises(
        LeapError, match=r"no settings chosen for HAN, .* `leap study choose --data llp --enc"
    ):
        design(cell, "llp")


def test_the_control_is_tried_on_han_only():
    assert {cell.encoder for cell in CELLS.values() if cell.decoder == CONTROL} == {"HAN"}

from dataclasses import replace

import pytest

from leap.config import to_dict
from leap.errors import LeapError
from leap.experiments import rotations as module
from leap.experiments.claims import registered_claims
from leap.experiments.grid import EVERYDAY, SLOW_SEEDS
from leap.experiments.records import read_records
from leap.experiments.rotations import CORE, core_configs, rotation_table, run_rotations
from tests.conftest import tiny_split

GAINS = (1.0, 2.0, 3.0, 4.0, 5.0)
"""LEAP's gain under L_basic on each rotation; under VALOR's loss there is none."""

INTERVAL = (3 - 2.776 * 2.5**0.5 / 5**0.5, 3 + 2.776 * 2.5**0.5 / 5**0.5)
"""Mean of five gains whose variance is 2.5, and the t interval with 4 degrees of freedom."""


@pytest.fixture
def made(make_record, monkeypatch):
    """Made-up records of the runs on every store."""

    def make_runs(configs, store, results):
        def record(config):
            gains = (config.model.decoder.name, config.loss.basic.name) == ("leap", "leap")
            one = make_record(config.seed, 50 + gains * GAINS[store.provenance["rotation"]])
            return replace(one, config=to_dict(config), data={"name": EVERYDAY, "checksum": store.checksum})

        return list(map(record, configs))

    monkeypatch.setattr(module, "make_runs", make_runs)


@pytest.fixture
def paths(tmp_path, make_tiny_store):
    def path(rotation):
        splits = {split: tiny_split(6, 10 * rotation + i) for i, split in enumerate(("train", "val", "test"))}
        given = {"dataset": EVERYDAY, "provenance": {"rotation": rotation}, "splits": splits}
        return make_tiny_store(tmp_path / f"{rotation}.h5", **given)

    return [path(rotation) for rotation in range(5)]


def test_the_claims_are_registered_and_their_cells_run_with_equal_seeds():
    assert set(CORE) <= {claim.id for claim in registered_claims()}
    configs = core_configs()
    assert len(configs) == len(set(configs)) == 5 * SLOW_SEEDS
    assert {config.dataset for config in configs} == {EVERYDAY}


def test_the_rotation_is_the_unit_of_the_interval(made, paths, tmp_path):
    table = rotation_table(read_records_of(run_rotations(paths[::-1], tmp_path)))
    row = table.loc["gain-han"]
    assert row[[f"rotation {index}" for index in range(5)]].tolist() == pytest.approx(GAINS)
    assert (row["difference"], row["n"]) == (pytest.approx(3), 5)
    assert (row["low"], row["high"]) == pytest.approx(INTERVAL, abs=1e-3)
    assert table.loc["gain-valor-loss", "difference"] == 0
    assert table.loc["interaction-han", "difference"] == pytest.approx(3)


def read_records_of(table):
    return read_records(table.parents[1] / "records" / module.RECORDS)


@pytest.mark.parametrize("change", [lambda p: p[:4], lambda p: [*p[:4], p[0]]], ids=["four", "twice"])
def test_stores_of_other_rotations_are_refused(change, made, paths, tmp_path):
    with pytest.raises(LeapError, match="give one store of AV-Everyday for each of the rotations 0 to 4"):
        run_rotations(change(paths), tmp_path)


def test_stores_of_other_data_sets_are_refused(made, paths, tmp_path, tiny_path):
    with pytest.raises(LeapError, match="5 stores given"):
        run_rotations([*paths[:4], tiny_path], tmp_path)

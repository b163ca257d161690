"""Today's code makes the committed numbers: the first epoch of every system and one whole run, again.

On the machine that made the records they are equal; the tolerances are for other processors.

If this fails after an intended change of numerics, raise ``REVISION`` and make the records anew.
"""

from pathlib import Path

import pytest

from leap.criterion import Criterion
from leap.data.store import open_dataset
from leap.engine import evaluate, make_optimizer, train_one_epoch
from leap.pseudo_labels import corrupt_videos
from leap.study.chapters import NOTEBOOKS
from leap.study.grid import COMPARED, leap_vs_mmil
from leap.study.records import read_records, run_key
from leap.study.runs import make_parser, make_run

FOLDER = Path(__file__).parents[2] / "results" / "records"
SENTINELS = [
    *(("02_leap_vs_mmil", system) for system in COMPARED),
    ("04_encoders", "VALOR, LEAP"),
    ("04_encoders", "MM-Pyr, LEAP"),
    ("05_systems", "CMPAE, alike"),
    ("07_blocks", "N = 4"),
    ("08_labels", "learned"),
    ("09_losses", "MMIL, λ = 1, release"),
    ("11_pseudo_labels", "LEAP + confident L_avss, 40 % misses"),
    *(("21_audit", f"{name}, release") for name in ("LEAP: scores", "LEAP: union", "HAN: layers")),
]
"""Systems of all chapters that train fast."""


@pytest.fixture(scope="module")
def store():
    with open_dataset("av-digits") as store:
        yield store


@pytest.fixture(scope="module")
def videos(store):
    return store.videos("train"), store.videos("val")


@pytest.fixture(scope="module")
def records():
    """All committed records, by key."""
    paths = [FOLDER / f"{name}.jsonl.gz" for name in NOTEBOOKS]
    return {record.key: record for path in paths if path.exists() for record in read_records(path)}


@pytest.mark.parametrize(("chapter", "system"), SENTINELS)
def test_first_epoch_equals_the_committed_record(chapter, system, store, videos, records):
    assert_first_epoch(NOTEBOOKS[chapter]("full", "av-digits")[system][0], store, videos, records)


def assert_first_epoch(config, store, videos, records):
    train, val = corrupt_videos(videos[0], config.noise, config.seed), videos[1]
    committed = records[run_key(config, store.checksum)].history[0]
    parser = make_parser(config, store)
    optimizer = make_optimizer(parser, config.train)
    losses = train_one_epoch(parser, Criterion(config.loss), optimizer, train, config.train, config.seed, 0)
    for name, loss in losses.items():
        assert loss == pytest.approx(committed[f"loss_{name}"], rel=2e-3), name
    scores = evaluate(parser, val, config.protocol)
    for name, score in scores.items():
        assert score == pytest.approx(committed[name], abs=0.5), name


def test_a_whole_run_equals_its_committed_record(store, records, tmp_path):
    config = leap_vs_mmil("full", "av-digits")["MMIL"][0]
    committed = records[run_key(config, store.checksum)]
    record = make_run(config, store, tmp_path)
    assert record.metrics == pytest.approx(committed.metrics, abs=0.5)
    for part, values in record.segments.items():
        assert values == pytest.approx(committed.segments[part], abs=1.0)
    for name, value in committed.probes.items():
        assert record.probes[name] == pytest.approx(value, abs=0.02 if name.startswith("similarity") else 2.0)

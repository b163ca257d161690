"""Today's code makes the committed numbers: the first epoch of every system and one whole run, again.

On the machine that made the records they are equal; the tolerances are for other processors.

If this fails after an intended change of numerics, raise ``REVISION`` and make the records anew.
"""

from pathlib import Path

import pytest

from leap.criterion import Criterion
from leap.data.store import open_dataset
from leap.engine import evaluate, make_optimizer, train_one_epoch
from leap.study.chapters.audit import grid as audit
from leap.study.chapters.audit import side_names
from leap.study.grid import COMPARED, leap_vs_mmil
from leap.study.records import read_records, run_key
from leap.study.runs import make_parser, make_run

FOLDER = Path(__file__).parents[2] / "results" / "records"
RECORDS, AUDIT = FOLDER / "02_leap_vs_mmil.jsonl.gz", FOLDER / "21_audit.jsonl.gz"
AUDITED = ("LEAP: scores", "LEAP: union", "LEAP: EIoU", "HAN: layers", "VALOR: streams")
"""Departures that train fast."""


@pytest.fixture(scope="module")
def store():
    with open_dataset("av-digits") as store:
        yield store


@pytest.fixture(scope="module")
def videos(store):
    return store.videos("train"), store.videos("val")


@pytest.fixture(scope="module")
def records():
    return {record.key: record for record in read_records(RECORDS)}


@pytest.mark.parametrize("system", COMPARED)
def test_first_epoch_equals_the_committed_record(system, store, videos, records):
    config = leap_vs_mmil("full", "av-digits")[system][0]
    assert_first_epoch(config, store, videos, records)


@pytest.mark.parametrize("departure", AUDITED)
def test_first_epoch_of_the_audit_equals_the_committed_record(departure, store, videos):
    records = {record.key: record for record in read_records(AUDIT)}
    config = audit("full", "av-digits")[side_names(departure)[0]][0]
    assert_first_epoch(config, store, videos, records)


def assert_first_epoch(config, store, videos, records):
    train, val = videos
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

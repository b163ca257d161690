"""Which committed records stand in for a chapter's runs."""

from dataclasses import replace

import pytest

from leap.experiments import committed
from leap.experiments.chapter import Chapter, Simulation
from leap.experiments.committed import committed_records
from leap.experiments.records import write_records
from leap.training.run import REVISION


@pytest.fixture
def chapter(tiny_config, monkeypatch):
    """A chapter with seeds 0 and 1, the only one of the book."""
    found = Chapter("tiny", lambda *_: {"A": [replace(tiny_config, seed=seed) for seed in (0, 1)]})
    monkeypatch.setattr(committed, "CHAPTERS", (found,))
    return found


@pytest.fixture
def find(tiny_store, tmp_path):
    """The committed records of a chapter among given ones."""

    def read(chapter, records, name="tiny_tiny"):
        write_records(records, tmp_path / "records" / f"{name}.jsonl.gz")
        return committed_records(chapter, "full", "tiny", tmp_path, tiny_store.checksum)

    return read


def test_a_record_stands_for_its_config(chapter, find, tiny_records):
    assert find(chapter, tiny_records) == {record.run_config(): record for record in tiny_records}
    assert find(chapter, tiny_records[1:]) == {tiny_records[1].run_config(): tiny_records[1]}
    assert find(replace(chapter, grid=lambda *_: {}), tiny_records) == {}


def test_records_of_other_chapters_count_and_files_of_other_names_do_not(
    chapter, find, tiny_records, monkeypatch
):
    assert find(chapter, tiny_records, "other_tiny") == {}
    monkeypatch.setattr(committed, "CHAPTERS", (chapter, Chapter("other")))
    assert len(find(chapter, tiny_records, "other_tiny")) == 2


@pytest.mark.parametrize("stale", [{"revision": REVISION - 1}, {"data": {"name": "tiny", "checksum": "0"}}])
def test_a_record_of_another_revision_or_other_data_does_not_count(stale, chapter, find, tiny_records):
    first, second = tiny_records
    assert list(find(chapter, [replace(first, **stale), second]).values()) == [second]


def test_of_simulated_data_the_checksum_does_not_count_and_the_revision_does(chapter, find, tiny_records):
    simulated = replace(chapter, simulations=lambda _: {"tiny": Simulation(24, 3)})
    elsewhere = [replace(record, data={"name": "tiny", "checksum": "0"}) for record in tiny_records]
    assert list(find(simulated, elsewhere).values()) == elsewhere
    assert find(simulated, [replace(record, revision=REVISION - 1) for record in elsewhere]) == {}

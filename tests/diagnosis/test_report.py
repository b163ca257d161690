import csv

import numpy as np
import pytest

from leap.diagnosis import diagnose
from leap.diagnosis.report import TABLES, as_text, write_tables
from leap.metrics import SCORES

LABELS = [(np.random.default_rng(seed).random((5, 10, 3)) < 0.3).astype(int) for seed in range(4)]
VIDEOS = tuple("abcde")


@pytest.fixture
def diagnosis():
    return diagnose(*LABELS, ("dog", "cat, big", "car"))


@pytest.fixture
def tables(diagnosis, tmp_path):
    """Name of a table → its rows, as they are read from its file."""
    paths = write_tables(diagnosis, VIDEOS, tmp_path / "out")
    assert [path.name for path in paths] == list(TABLES)
    found = {}
    for path in paths:
        with path.open(newline="") as file:
            found[path.name] = list(csv.DictReader(file))
        assert tuple(found[path.name][0]) == TABLES[path.name]
    return found


def test_the_table_of_errors_lists_every_error(diagnosis, tables):
    assert [
        (VIDEOS.index(row["video"]), row["modality"], row["class"], int(row["start"]), int(row["end"]))
        for row in tables["errors.csv"]
    ] == [(*e.event[:2], diagnosis.classes[e.event.label], *e.event[3:]) for e in diagnosis.errors]
    assert [row["type"] for row in tables["errors.csv"]] == [e.type for e in diagnosis.errors]
    sides = [row["event"] == "predicted" for row in tables["errors.csv"]]
    assert sides == [e.predicted for e in diagnosis.errors]


def test_the_table_of_gains_has_every_type_and_score(diagnosis, tables):
    rows = {(row["type"], row["score"]): row for row in tables["gains.csv"]}
    assert list(rows) == [(type_, score) for type_ in diagnosis.types for score in SCORES]
    for (type_, score), row in rows.items():
        for name in ("first", "in_order", "last"):
            assert float(row[name]) == pytest.approx(getattr(diagnosis.gains[type_], name)[score], abs=1e-4)


def test_the_table_of_parts_counts_as_the_diagnosis_does(diagnosis, tables):
    for split in ("modality", "class"):
        rows = [row for row in tables["splits.csv"] if row["split"] == split]
        wrong = sum(int(row["wrong_predicted"]) + int(row["wrong_true"]) for row in rows)
        assert wrong == len(diagnosis.errors)


def test_the_text_names_scores_types_and_parts(diagnosis):
    scores, types, parts = as_text(diagnosis).split("\n\n")
    values = [float(value) for line in scores.split("\n")[1::2] for value in line.split()]
    assert values == [round(diagnosis.scores[name], 2) for name in SCORES]
    lines = {line[:16].strip(): line[16:].split() for line in types.split("\n")[3:]}
    assert list(lines) == diagnosis.types
    for type_, (predicted, true, *rises) in lines.items():
        assert int(predicted) == diagnosis.count(type_, predicted=True)
        assert int(true) == diagnosis.count(type_, predicted=False)
        assert float(rises[0]) == round(diagnosis.gains[type_].in_order["seg_type"], 2)
    assert len(parts.split("\n")) == 2 + len(diagnosis.parts)

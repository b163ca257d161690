import json
from dataclasses import replace

import pytest

from leap.config import Protocol
from leap.data.annotations import read_annotations, write_events
from leap.data.llp import sources
from leap.experiments.submissions import (
    SCORED_HERE,
    STATED,
    in_words,
    protocol_in_words,
    read_submissions,
    refused_table,
)
from leap.inference.scored_predictions import tables_on_llp
from leap.inference.signed_scores import score_and_sign, write_signed

SHA = "0" * 64


@pytest.fixture
def signed(tmp_path, llp_annotations, monkeypatch):
    """Folder of results with the submission ``mine.json`` and its tables, and what the file holds."""
    folder = tmp_path / "predictions"
    folder.mkdir()
    truth = read_annotations(llp_annotations, "test")
    tables = folder / "mine_audio.tsv", folder / "mine_visual.tsv"
    write_events(tables[0], truth.filenames, truth.audio)
    write_events(tables[1], truth.filenames, truth.visual * 0)
    found = tables_on_llp(llp_annotations, "test", *tables)
    stated = {"system": "Mine <b>", "leap": "0.1.0", "labels": "weak", "source": "https://example.org"}
    scores = score_and_sign(replace(found, protocol=Protocol()), "llp", "test", tables, **stated)
    monkeypatch.setitem(sources.TRUTH_SHA256, "test", scores.annotations)
    write_signed(scores, folder / "mine.json")
    return tmp_path, scores


def test_a_submission_is_a_row_of_its_own(signed, llp_annotations):
    folder, scores = signed
    rows, refused = read_submissions([folder], llp_annotations)
    row = rows.loc["Mine <b> (submitted)"]
    assert (row["kind"], row["labels"], row["protocol"]) == (SCORED_HERE, "weak", "0.5; one video gate")
    assert row["source"] == f"https://example.org; mine.json, signed {scores.date}"
    assert (row["seg_a"], row["seg_v"]) == (100, scores.scores["seg_v"])
    assert refused == {}


def test_without_tables_or_annotations_it_is_stated_only(signed, llp_annotations):
    folder, _ = signed
    assert list(read_submissions([folder], None).rows["kind"]) == [STATED]
    (folder / "predictions" / "mine_audio.tsv").unlink()
    assert list(read_submissions([folder], llp_annotations).rows["kind"]) == [STATED]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dataset": "av-digits"}, "scored on AV-Digits; this page lists results on LLP alone"),
        ({"dataset": "llp-sim"}, "scored on LLP-Sim; this page lists results on LLP alone"),
        ({"dataset": "kitchen"}, "scored on kitchen; this page lists results on LLP alone"),
        ({"split": "val"}, "scored on val; this page lists results on test alone"),
        ({"annotations": SHA}, "scored against other annotations than LLP's official ones; fetch them"),
        (
            {"tables": {"audio": SHA, "visual": SHA}},
            "x_audio.tsv: is not the audio table of Mine <b> that was",
        ),
    ],
)
def test_others_are_refused_with_name_and_reason(changes, reason, signed, llp_annotations):
    folder, scores = signed
    for name in ("audio", "visual"):
        path = folder / "predictions" / f"mine_{name}.tsv"
        path.rename(path.with_name(f"x_{name}.tsv"))
    write_signed(replace(scores, **changes), folder / "predictions" / "x.json")
    found = read_submissions([folder], llp_annotations)
    assert list(found.refused) == ["x.json"]
    assert found.refused["x.json"].startswith(reason)
    assert len(found.rows) == 1
    assert refused_table(found).loc["x.json", "reason"] == found.refused["x.json"]
    assert in_words(found).endswith("refused files: 1.")


def test_invented_scores_and_changed_files_are_refused(signed, llp_annotations):
    folder, scores = signed
    path = folder / "predictions" / "mine.json"
    write_signed(replace(scores, scores=scores.scores | {"seg_v": 88.0}), path)
    refused = read_submissions([folder], llp_annotations).refused
    assert refused["mine.json"].startswith("seg_v of Mine <b> is said to be 88.00, but the tables score")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"system": "Yours"}))
    refused = read_submissions([folder], llp_annotations).refused
    assert refused == {"mine.json": "was changed after it was signed; sign the predictions again"}
    path.write_bytes(b"\xff")
    assert list(read_submissions([folder], None).refused) == ["mine.json"]


def test_no_folder_has_no_submissions(tmp_path):
    found = read_submissions([tmp_path, tmp_path / "missing"], None)
    assert len(found.rows) == 0
    assert in_words(found) == ("Submitted systems: 0; scored here from their tables: 0; refused files: 0.")


def test_a_folder_that_is_named_twice_is_read_once(signed):
    folder, _ = signed
    assert len(read_submissions([folder, folder / "." / "predictions" / ".."], None).rows) == 1


def test_protocols_read_as_the_published_ones_do():
    assert protocol_in_words(Protocol(segment=0.25, gate="modality", gate_threshold=0.52)) == (
        "0.25; a gate per modality 0.52"
    )
    classes = Protocol(gate="modality", class_thresholds=(0.1, 0.2))
    assert protocol_in_words(classes) == "0.5; a gate per modality, visual ones by class"

import csv

import numpy as np
import pytest

from leap.data.annotations import write_events
from leap.diagnosis import diagnose
from leap.diagnosis.report import as_text
from leap.inference.scored_predictions import pseudo_labels_of


@pytest.fixture
def none(tmp_path):
    """A table of no events."""
    path = tmp_path / "none.tsv"
    write_events(path, (), np.zeros((0, 10, 25)))
    return path


def test_pseudo_labels_of_a_store_are_diagnosed(leap, tiny_path, tiny_store):
    status, out, _ = leap("diagnose", "--data", tiny_path)
    found = pseudo_labels_of(tiny_store, "test")
    assert status == 0
    assert out.startswith(f"pseudo-labels on tiny, test, {len(found.videos)} videos\n")
    assert out.endswith(as_text(diagnose(*found.cubes, found.classes)) + "\n")


def test_tables_are_diagnosed_and_files_written(leap, tiny_path, tiny_store, none, tmp_path):
    options = ("--data", tiny_path, "--audio", none, "--visual", none, "--out", tmp_path / "out")
    status, out, _ = leap("diagnose", *options)
    files = [tmp_path / "out" / line.rpartition("/")[2] for line in out.splitlines()[-5:]]
    assert status == 0
    assert [path.name for path in files] == [
        "errors.csv",
        "gains.csv",
        "splits.csv",
        "without_prediction.csv",
        "errors.png",
    ]
    ids = tiny_store.ids("test")
    assert files[3].read_text().splitlines() == ["video without predicted events", *ids]
    with files[0].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["event"], row["type"]) for row in rows} == {("true", "missed")}
    assert f"{len(ids)} without predicted events: {ids[0]}, " in out
    assert leap("diagnose", *options)[0] == 0  # its own files are replaced


def test_right_tables_leave_nothing_to_fix(leap, tiny_path, tiny_store, tmp_path):
    audio, visual = tiny_store.videos("test").truth()
    paths = tmp_path / "audio.tsv", tmp_path / "visual.tsv"
    for path, labels in zip(paths, (audio, visual), strict=True):
        write_events(path, tiny_store.ids("test"), labels.numpy(), tiny_store.classes)
    out_folder = tmp_path / "out"
    status, out, _ = leap(
        "diagnose", "--data", tiny_path, "--audio", paths[0], "--visual", paths[1], "--out", out_folder
    )
    assert status == 0
    assert out.count("100.00") == 10
    assert len((out_folder / "errors.csv").read_text().splitlines()) == 1


def test_files_of_others_are_not_replaced(refused, tiny_path, tmp_path):
    mine = tmp_path / "errors.csv"
    mine.write_text("mine")
    message = refused("diagnose", "--data", tiny_path, "--out", tmp_path)
    assert "errors.csv: holds something that leap did not write" in message
    assert mine.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [mine]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "nothing to diagnose; give --model, --data or --annotations"),
        (("--audio", "a.tsv"), "give both --audio and --visual, or neither"),
        (("--annotations", "folder"), "--annotations needs --audio and --visual"),
        (("--data", "av-digits", "--protocol", "han"), "--protocol decodes a parser's probabilities"),
        (("--data", "av-digits", "--repair", "all"), "--repair is for LLP's --annotations"),
        (("--audio", "a", "--visual", "b", "--model", "av-digits/leap"), "leave out --model"),
        (
            ("--audio", "a", "--visual", "b", "--data", "av-digits", "--annotations", "c"),
            "give --annotations or --data, not both",
        ),
        (("--data", "av-digits", "--split", "train", "--audio", "a", "--visual", "b"), "a: no such file"),
    ],
)
def test_options_that_do_not_go_together_are_refused(refused, options, message):
    assert message in refused("diagnose", *options)


def test_annotations_of_llp(leap, llp_annotations, none):
    options = ("--annotations", llp_annotations, "--audio", none, "--visual", none, "--split", "val")
    status, out, _ = leap("diagnose", *options)
    assert status == 0
    assert out.startswith("predictions on LLP, val, 60 videos\n60 without predicted events: ")
    assert ", and 50 more\n" in out

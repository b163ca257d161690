from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from leap.config import Protocol
from leap.errors import LeapError
from leap.experiments import chapters, provenance
from leap.experiments import study as study_module
from leap.experiments.records import read_records
from leap.experiments.study import Study, describe, open_study
from leap.training.run import REVISION


@pytest.fixture
def make_study(tiny_store, tiny_config, tiny_records, tiny_results, monkeypatch):
    """A study of two systems with seeds 1, 0 and 0; its runs are made already."""

    def grid(profile, dataset):
        assert dataset == "tiny"
        return {
            "A": [replace(tiny_config, seed=1), replace(tiny_config, seed=0)],
            "B": [replace(tiny_config, seed=0)],
        }

    notebooks = {"tiny": grid}
    for module in (study_module, chapters):
        monkeypatch.setattr(module, "NOTEBOOKS", notebooks)
    return lambda profile="smoke", results=tiny_results: Study("tiny", profile, tiny_store, results)


def test_runs_come_by_system_in_order(make_study, tiny_records):
    zero, one = tiny_records
    assert make_study().runs() == {"A": [one, zero], "B": [zero]}


def test_a_notebook_keeps_the_runs_that_none_before_it_has(
    make_study, tiny_config, tiny_records, tmp_path, monkeypatch
):
    zero, one = tiny_records
    monkeypatch.setattr(
        study_module, "make_runs", lambda configs, *_: [tiny_records[c.seed] for c in configs]
    )
    study_module.NOTEBOOKS["tiny"] = lambda *_: {"A": [replace(tiny_config, seed=1)]}
    study_module.NOTEBOOKS["later"] = lambda *_: {"B": [replace(tiny_config, seed=s) for s in (0, 1)]}
    first = make_study("full", tmp_path)
    later = replace(first, notebook="later")
    assert (first.runs(), later.runs()) == ({"A": [one]}, {"B": [zero, one]})
    assert read_records(tmp_path / "records/later_tiny.jsonl.gz") == [zero]
    monkeypatch.setattr(study_module, "make_runs", None)
    assert replace(later, profile="laptop").runs() == {"B": [zero, one]}


@pytest.mark.parametrize("profile", ["smoke", "full"])
def test_full_and_paper_write_what_is_committed(profile, make_study, tiny_records, tmp_path, monkeypatch):
    monkeypatch.setattr(
        study_module, "make_runs", lambda configs, *_: [tiny_records[c.seed] for c in configs]
    )
    study = make_study(profile, tmp_path)
    study.runs()
    table = pd.DataFrame({"seg_a": [1.23456]}, index=pd.Index(["LEAP"], name="system"))
    study.publish("scores", table)
    study.publish_figure("curves", Figure())
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    if profile != "full":
        assert written == set()
        return
    assert written == {"records/tiny_tiny.jsonl.gz", "tables/scores_tiny.csv", "figures/curves_tiny.png"}
    assert (tmp_path / "tables/scores_tiny.csv").read_text() == "system,seg_a\nLEAP,1.2346\n"
    zero, one = tiny_records
    assert read_records(tmp_path / "records/tiny_tiny.jsonl.gz") == [one, zero]


def test_what_leaves_its_committed_interval_is_flagged(make_study, tmp_path):
    index = pd.MultiIndex.from_tuples([("LEAP", "seg_a")], names=["system", "score"])
    table = pd.DataFrame({"difference": [1.0], "low": [0.5], "high": [1.5], "n": [2]}, index=index)
    study = make_study("full", tmp_path)
    assert study.against_committed("d", table).startswith("Nothing of this size")
    study.publish("d", table)
    assert (
        study.against_committed("d", table) == "All 1 differences lie within their committed 95 % intervals."
    )
    moved = study.against_committed("d", table.assign(difference=2.0))
    assert moved == "**Outside their committed 95 % intervals**: LEAP, seg A."
    assert make_study("smoke", tmp_path).against_committed("d", table).startswith("Nothing of this size")


def test_settings_of_the_paper_are_not_searched(make_study, tiny_config):
    table, note = make_study("paper").settings()
    assert "Nothing was searched" in note
    assert table.loc["A", "width"] == tiny_config.model.width
    assert table.loc["B", "epochs"] == tiny_config.train.epochs


def test_overlapping_videos_have_two_events_in_one_segment_of_one_modality(make_study, tiny_store):
    test = tiny_store.videos("test")
    expected = [
        any(bool((cube[i].sum(-1) >= 2).any()) for cube in (test.true_audio, test.true_visual))
        for i in range(len(test))
    ]
    assert make_study().overlapping_videos().tolist() == expected


def test_parsed_video_is_of_the_records_model(make_study, tiny_records):
    parsed = [make_study().parsed(record, 2) for record in tiny_records]
    assert [video.name for video in parsed] == ["clip-2-2"] * 2
    assert not np.array_equal(parsed[0].probabilities["audio"], parsed[1].probabilities["audio"])


def test_caption_says_what_the_numbers_are(make_study):
    study = make_study()
    caption = study.caption(study.runs())
    for part in ("tiny", "test", "smoke", "1 to 2 seeds", f"revision {REVISION}", "segment threshold 0.5"):
        assert part in caption


def test_captions_flag_records_of_other_libraries(make_study, tiny_records):
    study, (now, other) = make_study(), tiny_records
    assert "torch" not in study.caption(study.runs())
    old = replace(other, libraries=other.libraries | {"torch": "1.0"})
    assert " Made with torch 1.0 and " in study.caption({"A": [now], "B": [old]})


def test_settings_flag_records_of_other_libraries(monkeypatch):
    study = open_study("02_leap_vs_mmil", "full", "av-digits")
    assert study.settings()[1].startswith("Data set av-digits (val), 6 settings a system, seeds ")
    monkeypatch.setattr(provenance, "libraries", lambda: {"torch": "1.0"})
    assert " Made with torch 2." in study.settings()[1]


def test_protocol_in_words():
    assert describe(Protocol()) == "protocol: segment threshold 0.5, video gate 0.5"
    assert describe(Protocol(segment=0.25, gate=None)) == "protocol: segment threshold 0.25, no gate"


def test_open_study(tiny_path, tmp_path, monkeypatch):
    study = open_study("tiny", "full", "tiny", str(tiny_path), str(tmp_path))
    assert (study.notebook, study.profile, study.results) == ("tiny", "full", tmp_path)
    assert study.store.dataset == "tiny"
    (tmp_path / "Snakefile").touch()
    (tmp_path / "notebooks" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "deep")
    assert open_study("tiny", "smoke", "tiny", str(tiny_path)).results == tmp_path / "results"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"profile": "big"}, "unknown profile 'big'"),
        ({"dataset": "llp"}, "holds the data set 'tiny', not 'llp'"),
        ({"data": "missing.h5"}, "missing.h5: no such file, and no data set of that name"),
    ],
)
def test_what_cannot_be_opened_is_one_line(changes, message, tiny_path):
    values = {"profile": "smoke", "dataset": "tiny", "data": str(tiny_path), "results": "results"} | changes
    with pytest.raises(LeapError) as error:
        open_study("tiny", **values)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_outside_a_checkout_a_results_folder_is_asked_for(tiny_path, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda path: path.name != "Snakefile")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LeapError, match="give a results folder"):
        open_study("tiny", "smoke", "tiny", str(tiny_path))

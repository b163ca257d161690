from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from leap.config import Protocol
from leap.errors import LeapError
from leap.experiments import chapters, committed, provenance
from leap.experiments import runs as runs_module
from leap.experiments import study as study_module
from leap.experiments.chapter import Chapter, Simulation
from leap.experiments.chapters import CHAPTERS
from leap.experiments.records import read_records, write_records
from leap.experiments.study import Study, describe_protocol, open_study, repository_root
from leap.metrics import parsing_scores
from leap.training.run import REVISION


@pytest.fixture
def make_study(tiny_path, tiny_config, tiny_results):
    """A study of two systems with seeds 1, 0 and 0; its runs are made already."""

    def grid(profile, dataset):
        assert dataset == "tiny"
        return {
            "A": [replace(tiny_config, seed=1), replace(tiny_config, seed=0)],
            "B": [replace(tiny_config, seed=0)],
        }

    def make(profile="smoke", results=tiny_results, committed=None, grid=grid, **changes):
        chapter = Chapter("tiny", grid, **changes)
        return Study(chapter, profile, "tiny", results, committed or results, str(tiny_path))

    return make


@pytest.fixture
def in_book(monkeypatch):
    """Make a study's chapter the last of the book."""

    def add(study):
        for module in (chapters, committed):
            module.CHAPTERS += (study.chapter,)
        return study

    for module in (chapters, committed):
        monkeypatch.setattr(module, "CHAPTERS", ())
    return add


@pytest.fixture
def made(tiny_records, monkeypatch):
    """Runs are not made: the records are there."""
    monkeypatch.setattr(
        study_module, "make_runs", lambda configs, *_: [tiny_records[c.seed] for c in configs]
    )


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_runs_come_by_system_in_order_and_are_not_published(make_study, tiny_records, tiny_results):
    (zero, one), before = tiny_records, files(tiny_results)
    assert make_study("full").runs() == {"A": [one, zero], "B": [zero]}
    assert files(tiny_results) == before


@pytest.mark.parametrize("profile", ["full", "laptop"])
def test_a_chapter_without_settings_on_the_data_set_is_refused(profile, make_study):
    study = make_study(profile, grid=lambda *_: {})
    with pytest.raises(LeapError, match="tiny has no runs on tiny at profile full: no settings were chosen"):
        study.runs()


def test_a_chapter_publishes_the_runs_that_none_before_it_has(
    make_study, in_book, made, tiny_config, tiny_records, tmp_path
):
    zero, one = tiny_records
    first = in_book(make_study("full", tmp_path, grid=lambda *_: {"A": [replace(tiny_config, seed=1)]}))
    later = make_study("full", tmp_path)
    later = in_book(replace(later, chapter=replace(later.chapter, notebook="later")))
    for study in (first, later):
        study.publish_records(study.runs())
    assert read_records(tmp_path / "records/tiny_tiny.jsonl.gz") == [one]
    assert read_records(tmp_path / "records/later_tiny.jsonl.gz") == [zero]


def test_committed_records_are_read_from_all_chapters(
    make_study, in_book, made, tiny_config, tiny_records, tmp_path, monkeypatch
):
    test_a_chapter_publishes_the_runs_that_none_before_it_has(
        make_study, in_book, made, tiny_config, tiny_records, tmp_path
    )
    monkeypatch.setattr(study_module, "make_runs", None)
    zero, one = tiny_records
    study = make_study("laptop", tmp_path / "empty", committed=tmp_path)
    assert study.runs() == {"A": [one, zero], "B": [zero]}
    assert not (tmp_path / "empty").exists()
    (tmp_path / "records/later_tiny.jsonl.gz").unlink()
    with pytest.raises(LeapError, match="1 of 2 runs of tiny on tiny are not among the committed records"):
        study.runs()


@pytest.mark.parametrize("stale", [{"revision": REVISION - 1}, {"data": {"name": "tiny", "checksum": "0"}}])
def test_committed_records_of_other_data_or_an_earlier_revision_are_not_shown(
    stale, make_study, in_book, tiny_records, tmp_path
):
    study = in_book(make_study("laptop", tmp_path))
    path = tmp_path / "records" / "tiny_tiny.jsonl.gz"
    write_records(tiny_records, path)
    assert len(study.runs()) == 2
    write_records([replace(record, **stale) for record in tiny_records], path)
    with pytest.raises(LeapError, match="2 of 2 runs"):
        study.runs()


@pytest.mark.parametrize(
    ("profile", "changes", "publishes"),
    [
        ("smoke", {}, False),
        ("full", {}, True),
        ("paper", {}, True),
        ("paper", {"dataset": "tiny", "only": ("tiny",)}, False),
    ],
)
def test_full_and_paper_publish_what_is_made(
    profile, changes, publishes, make_study, in_book, tiny_records, tmp_path
):
    zero, one = tiny_records
    study = in_book(make_study(profile, tmp_path, **changes))
    table = pd.DataFrame({"seg_a": [1.23456]}, index=pd.Index(["LEAP"], name="system"))
    study.publish_records({"A": [one, zero], "B": [zero]})
    study.publish_table("scores", table)
    study.publish_figure("curves", Figure())
    if not publishes:
        assert files(tmp_path) == set()
        return
    assert files(tmp_path) == {
        "records/tiny_tiny.jsonl.gz",
        "tables/scores_tiny.csv",
        "figures/curves_tiny.png",
    }
    assert (tmp_path / "tables/scores_tiny.csv").read_text() == "system,seg_a\nLEAP,1.2346\n"
    assert study.committed_table("scores").loc["LEAP", "seg_a"] == 1.2346
    assert read_records(tmp_path / "records/tiny_tiny.jsonl.gz") == [one, zero]


@pytest.fixture
def trained(monkeypatch):
    """The configs that are trained, and nothing more than these."""
    found, train = [], runs_module.train

    def count(config, *rest):
        found.append(config)
        return train(config, *rest)

    monkeypatch.setattr(runs_module, "train", count)
    return found


@pytest.fixture
def commit(tiny_records, tmp_path):
    """Commit records as those of ``tiny``; returns the folder of committed results."""

    def write(records):
        write_records(records, tmp_path / "committed" / "records" / "tiny_tiny.jsonl.gz")
        return tmp_path / "committed"

    return write


@pytest.mark.parametrize("profile", ["full", "paper"])
def test_a_run_with_a_committed_record_is_not_made_where_results_are_published(
    profile, make_study, in_book, commit, trained, tiny_records, tmp_path
):
    zero, one = tiny_records
    study = in_book(make_study(profile, tmp_path / "made", commit(tiny_records)))
    assert study.runs() == {"A": [one, zero], "B": [zero]}
    assert trained == []
    assert files(tmp_path / "made") == set()


def test_at_smoke_committed_records_do_not_count(
    make_study, in_book, commit, trained, tiny_records, tmp_path
):
    study = in_book(make_study("smoke", tmp_path / "made", commit(tiny_records)))
    assert study.committed_runs() == {}
    study.runs()
    assert len(trained) == 2


def test_committed_and_new_records_are_published_together(
    make_study, in_book, commit, trained, tiny_records, tmp_path
):
    """In a fresh clone and in a later call, which makes nothing."""
    zero, one = tiny_records
    study = in_book(make_study("full", tmp_path / "made", commit([one])))
    path = tmp_path / "made/records/tiny_tiny.jsonl.gz"
    written = []
    for _ in range(2):
        study.publish_records(study.runs())
        written.append(path.stat().st_ino)
        assert trained == [zero.run_config()]
    assert written[0] == written[1]
    first, second = read_records(path)
    assert (first, second.key, second.history) == (one, zero.key, zero.history)


def test_a_run_that_was_made_here_comes_before_its_committed_record(
    make_study, in_book, commit, tiny_records, tiny_results
):
    elsewhere = [replace(record, seconds=record.seconds + 1) for record in tiny_records]
    study = in_book(make_study("full", committed=commit(elsewhere)))
    assert study.committed_runs() == {}
    assert study.runs()["B"] == tiny_records[:1]


def test_committed_records_of_simulated_data_count_only_together(
    make_study, in_book, commit, tiny_records, tmp_path
):
    """What is simulated here may differ in rounding from what the committed records are about."""
    simulations = {"simulations": lambda _: {"tiny": Simulation(24, 3)}}
    study = in_book(make_study("full", tmp_path / "made", commit(tiny_records), **simulations))
    assert list(study.committed_runs().values()) == tiny_records
    commit(tiny_records[:1])
    assert study.committed_runs() == {}


def test_a_parser_whose_record_is_committed_is_trained_again_once_and_has_no_record(
    make_study, in_book, commit, trained, tiny_records, tmp_path
):
    zero, one = tiny_records
    study = in_book(make_study("full", tmp_path / "made", commit(tiny_records)))
    again, here = study.parser(zero), make_study().parser(zero)
    assert torch.equal(again.label_embedding, here.label_embedding)
    for ours, theirs in zip(again.parameters(), here.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert study.parsed_video(zero, 0).name == "clip-2-0"
    assert trained == [zero.run_config()]
    assert files(tmp_path / "made") == {
        f"runs/{zero.key}/{name}" for name in ("model.safetensors", "config.json")
    }
    assert study.runs() == {"A": [one, zero], "B": [zero]}


@pytest.fixture
def events_made_here(make_study):
    """The predicted events of the runs in ``tiny_results``."""
    study = make_study()
    return study.predicted_events(study.runs())


def same_events(found, expected):
    pairs = [zip(found[system], expected[system], strict=True) for system in expected]
    return all(np.array_equal(np.stack(ours), np.stack(theirs)) for pair in pairs for ours, theirs in pair)


def test_events_of_runs_made_here_give_their_scores(make_study, tiny_records, tiny_store, events_made_here):
    zero, one = tiny_records
    truth = tiny_store.videos("test").truth()
    assert parsing_scores(*events_made_here["A"][0], *truth) == pytest.approx(one.metrics)
    assert parsing_scores(*events_made_here["B"][0], *truth) == pytest.approx(zero.metrics)


def test_committed_events_stand_in_for_those_of_runs_and_nothing_is_trained(
    make_study, in_book, commit, trained, tiny_records, events_made_here, tmp_path
):
    committed = commit(tiny_records)
    first = in_book(make_study("full", committed))
    first.publish_events(first.runs(), events_made_here)
    assert (committed / "events/tiny_tiny.npz").exists()
    for profile in ("laptop", "full"):
        study = make_study(profile, tmp_path / "made", committed)
        assert same_events(study.predicted_events(study.runs()), events_made_here)
    assert trained == []
    assert files(tmp_path / "made") == set()


def test_without_committed_events_the_parser_is_trained_again_at_full_only(
    make_study, in_book, commit, trained, tiny_records, events_made_here, tmp_path
):
    study = in_book(make_study("full", tmp_path / "made", commit(tiny_records)))
    assert same_events(study.predicted_events(study.runs()), events_made_here)
    assert set(trained) == {record.run_config() for record in tiny_records}
    shown = make_study("laptop", tmp_path / "other", commit(tiny_records))
    with pytest.raises(LeapError, match=r"events/tiny_tiny\.npz: no such file; `make book"):
        shown.predicted_events(shown.runs())


def test_events_are_published_at_full_only(make_study, events_made_here, tmp_path):
    study = make_study("smoke")
    replace(study, results=tmp_path).publish_events(study.runs(), events_made_here)
    assert files(tmp_path) == set()


def test_committed_events_that_lack_a_run_are_refused(
    make_study, in_book, commit, tiny_records, events_made_here
):
    zero, _ = tiny_records
    committed = commit(tiny_records)
    in_book(make_study("full", committed)).publish_events({"B": [zero]}, {"B": events_made_here["B"]})
    study = make_study("laptop", committed)
    with pytest.raises(LeapError, match=r"tiny: the committed events lack run .* with PROFILE=full"):
        study.predicted_events(study.runs())


def test_a_committed_table_that_is_missing_is_named(make_study, tmp_path):
    with pytest.raises(LeapError, match=r"scores_llp\.csv: no such table; make it with dataset=llp"):
        make_study(results=tmp_path).committed_table("scores", "llp")


def test_a_committed_figure_that_is_missing_is_named(make_study, tmp_path):
    study = make_study(results=tmp_path)
    with pytest.raises(LeapError, match=r"curves_tiny\.png: no such figure; make it with dataset=tiny and"):
        study.show_committed_figure("curves", "Caption.", "Text.")


def test_results_that_cannot_be_written_are_refused_before_runs_are_made(make_study, made, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LeapError, match="file: cannot be written"):
        make_study("full", tmp_path / "file").runs()


def test_what_leaves_its_committed_interval_is_flagged(make_study, tmp_path):
    index = pd.MultiIndex.from_tuples([("LEAP", "seg_a")], names=["system", "score"])
    table = pd.DataFrame({"difference": [1.0], "low": [0.5], "high": [1.5], "n": [2]}, index=index)
    study = make_study("full", tmp_path)
    assert study.compare_with_committed("d", table).startswith("Nothing of this size")
    study.publish_table("d", table)
    assert (
        study.compare_with_committed("d", table)
        == "All 1 differences lie within their committed 95 % intervals."
    )
    moved = study.compare_with_committed("d", table.assign(difference=2.0))
    assert moved == "**Outside their committed 95 % intervals**: LEAP, segment-level A."
    assert make_study("smoke", tmp_path).compare_with_committed("d", table).startswith("Nothing of this size")


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
    parsed = [make_study().parsed_video(record, 2) for record in tiny_records]
    assert [video.name for video in parsed] == ["clip-2-2"] * 2
    assert not np.array_equal(parsed[0].probabilities["audio"], parsed[1].probabilities["audio"])


def test_captions_name_data_split_and_seeds(make_study):
    study = make_study()
    runs = study.runs()
    assert study.caption(runs) == "tiny (test), 1 to 2 seeds."
    assert study.caption({"B": runs["B"]}, "val") == "tiny (val), 1 seed."
    assert study.caption({"A": runs["A"]}) == "tiny (test), 2 seeds."
    assert study.caption({}, "val") == "tiny (val)."


def test_provenance_says_how_the_numbers_were_made(make_study):
    study = make_study()
    protocol = "protocol: segment threshold 0.5, video gate 0.5."
    made = f"tiny (test), 1 to 2 seeds; profile smoke; revision {REVISION}; "
    assert study.provenance(study.runs()) == made + protocol
    assert study.provenance(study.runs(), "each its own") == f"{made}each its own."


def test_provenance_flags_records_of_other_libraries(make_study, tiny_records):
    study, (now, other) = make_study(), tiny_records
    assert "torch" not in study.provenance(study.runs())
    old = replace(other, libraries=other.libraries | {"torch": "1.0"})
    assert " Made with torch 1.0 and " in study.provenance({"A": [now], "B": [old]})


def test_settings_flag_records_of_other_libraries(monkeypatch):
    study = open_study("02_leap_vs_mmil", "full", "av-digits")
    assert study.settings()[1].startswith("AV-Digits (val), 6 settings per system, seeds ")
    monkeypatch.setattr(provenance, "libraries", lambda: {"torch": "1.0"})
    assert " Made with torch 2." in study.settings()[1]


def test_protocol_in_words():
    assert describe_protocol(Protocol()) == "protocol: segment threshold 0.5, video gate 0.5"
    assert describe_protocol(Protocol(segment=0.25, gate=None)) == "protocol: segment threshold 0.25, no gate"


def test_open_study(tiny_path, tmp_path, monkeypatch):
    study = open_study("02_leap_vs_mmil", "full", "tiny", str(tiny_path), str(tmp_path / "elsewhere"))
    assert (study.chapter.notebook, study.profile) == ("02_leap_vs_mmil", "full")
    assert study.store.dataset == "tiny"
    (tmp_path / "Snakefile").touch()
    (tmp_path / "notebooks" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "deep")
    study = open_study("02_leap_vs_mmil", "smoke", "tiny", str(tiny_path))
    assert study.results == study.committed == tmp_path / "results"
    study = open_study("02_leap_vs_mmil", "smoke", "tiny", str(tiny_path), "elsewhere")
    assert (study.results, study.committed) == (Path("elsewhere"), tmp_path / "results")


@pytest.mark.parametrize("dataset", ["av-digits", "av-everyday", "llp", "llp-sim"])
def test_a_chapter_about_one_data_set_shows_that_one_and_says_so(dataset, tmp_path, capsys):
    study = open_study("12_scale", "laptop", dataset, "", str(tmp_path))
    assert (study.dataset, study.data) == ("llp-sim", "")
    said = "This chapter is about LLP-Sim, whatever the parameter dataset says.\n"
    assert capsys.readouterr().out == ("" if dataset == "llp-sim" else said)
    assert len(study.runs()) == 18  # from committed records, without simulating anything
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("notebook", "dataset", "message"),
    [
        ("12_scale", "tiny", "12_scale does not read a store of tiny; leave data empty"),
        ("12_scale", "llp-sim", "12_scale does not read a store of llp-sim; leave data empty"),
        ("03_llp", "llp", "holds the data set 'tiny', not 'llp'"),
        ("03_llp", "tiny", "03_llp does not read a store of tiny"),
        ("01_data", "tiny", "01_data does not read a store of tiny"),
        ("01_data", "av-digits", "holds the data set 'tiny', not 'av-digits'"),
    ],
)
def test_a_chapter_about_one_data_set_takes_no_store_of_another(
    notebook, dataset, message, tiny_path, tmp_path
):
    with pytest.raises(LeapError, match=message):
        open_study(notebook, "smoke", dataset, str(tiny_path), str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("notebook", ["01_data", "03_llp", "12_scale"])
def test_a_chapter_about_one_data_set_refuses_an_unknown_one(notebook, tmp_path):
    with pytest.raises(LeapError, match="unknown data set 'av_digits'; known are av-digits, av-everyday, "):
        open_study(notebook, "smoke", "av_digits", "", str(tmp_path))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.notebook)
def test_every_chapter_takes_av_everyday(chapter, tmp_path):
    """On its own data where it has them, and never under another name."""
    study = open_study(chapter.notebook, "smoke", "av-everyday", "", str(tmp_path))
    own = {"03_llp": "llp", "12_scale": "llp-sim", "31_leaderboard": "llp"}
    assert study.dataset == own.get(chapter.notebook, "av-everyday")
    assert {run.dataset for run in chapter.configs("smoke", study.dataset)} <= {
        study.dataset,
        *chapter.simulations("smoke"),
    }
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"notebook": "99_none"}, "no chapter '99_none'"),
        ({"profile": "big"}, "unknown profile 'big'"),
        ({"dataset": "llp"}, "holds the data set 'tiny', not 'llp'"),
        ({"data": "missing.h5"}, "missing.h5: no such file, and no data set of that name"),
    ],
)
def test_what_cannot_be_opened_is_one_line(changes, message, tiny_path):
    values = {"notebook": "02_leap_vs_mmil", "profile": "smoke", "dataset": "tiny", "data": str(tiny_path)}
    with pytest.raises(LeapError) as error:
        open_study(**(values | {"results": "results"} | changes))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_outside_a_checkout_a_results_folder_is_asked_for(tiny_path, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "exists", lambda path: path.name != "Snakefile")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LeapError, match="give a results folder"):
        repository_root()
    with pytest.raises(LeapError, match="give a results folder"):
        open_study("02_leap_vs_mmil", "smoke", "tiny", str(tiny_path))


def test_studies_from_records_are_also_shown_on_the_other_embedded_data_sets(make_study):
    assert [study.dataset for study in make_study("laptop").on_embedded()] == [
        "tiny",
        "av-digits",
        "av-everyday",
    ]
    assert all(study.data == "" for study in make_study("laptop").on_embedded()[1:])
    smoke = make_study("smoke")
    assert smoke.on_embedded() == [smoke]

from dataclasses import fields

import pytest

from leap.config import to_dict
from leap.experiments.chapters.audit import (
    departures,
    difference_table,
    grid,
    mean_table,
    side_names,
    words_table,
)
from leap.experiments.systems import configure_system, selected

DATASETS = ("av-digits", "llp-sim", "llp")


def different(first, second, prefix=""):
    """The leaves in which two plain configs differ."""
    found = set()
    for name in first.keys() | second.keys():
        ours, theirs = first.get(name), second.get(name)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            found |= different(ours, theirs, f"{prefix}{name}.")
        elif ours != theirs:
            found.add(f"{prefix}{name}")
    return found


SWITCHES = {
    "LEAP: scores": {"model.decoder.variant"},
    "LEAP: union": {"model.decoder.variant"},
    "LEAP: EIoU": {"loss.avss.variant"},
    "LEAP: decoding": {"protocol.gate"},
    "HAN: layers": {"model.encoder.layers"},
    "MM-Pyr: streams": {"model.encoder.swapped"},
    "VALOR: streams": {"model.encoder.name"},
    "CMPAE: warm-up": {"loss.basic.warmup"},
}


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_departure_is_one_switch(dataset):
    found = departures(dataset)
    assert found.keys() == SWITCHES.keys()
    for name, departure in found.items():
        paper, release = to_dict(departure.as_paper), to_dict(departure.as_released)
        assert different(paper, release) == SWITCHES[name], name
        assert departure.as_paper.dataset == dataset


def test_leap_has_the_settings_chosen_on_av_digits():
    expected = configure_system("LEAP", "av-digits", selected()["av-digits"]["LEAP"])
    assert departures("av-digits")["LEAP: scores"].as_paper == expected


def test_seeds_by_profile():
    full, smoke = grid("full", "av-digits"), grid("smoke", "av-digits")
    assert {len(runs) for name, runs in full.items() if "MM-Pyr" not in name} == {5}
    assert {len(runs) for name, runs in full.items() if "MM-Pyr" in name} == {3}
    assert {len(runs) for runs in grid("full", "llp-sim").values()} == {3}
    assert {run.train.videos for runs in smoke.values() for run in runs} == {128}
    assert full.keys() == smoke.keys() == {side for name in SWITCHES for side in side_names(name)}


def test_words_say_something_of_every_departure():
    table = words_table("av-digits")
    assert list(table.index) == list(SWITCHES)
    assert table.map(len).min().min() > 20


def test_worth_is_release_minus_paper(tiny_records):
    """Two records of different seeds stand in: what is released is put under the paper's seed."""
    paper = tiny_records
    runs = {side: paper for name in SWITCHES for side in side_names(name)}
    assert difference_table(runs, "av-digits")["difference"].abs().max() == 0
    better = [shifted(record) for record in paper]
    release, _ = side_names("LEAP: union")
    table = difference_table(runs | {release: better}, "av-digits")
    changed = table[table["difference"] != 0]
    assert set(changed.index) == {("LEAP: union", "seg_event")}
    assert changed["difference"].item() == pytest.approx(10)
    assert set(table["n"]) == {2}


def shifted(record):
    """The record with 0.1 more segment-level Event@AV in every video."""
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    scores = record.per_video | {"seg_event": [score + 0.1 for score in record.per_video["seg_event"]]}
    return type(record)(**(values | {"per_video": scores}))


def test_means_stand_beside_what_needs_no_model(tiny_records):
    runs = {side: tiny_records for side in side_names("LEAP: union")}
    table = mean_table(
        runs, dict.fromkeys(("seg Type@AV", "seg Event@AV", "evt Type@AV", "evt Event@AV"), 7.0)
    )
    assert list(table.index) == [*side_names("LEAP: union"), "(no model)"]
    expected = sum(record.metrics["seg_type"] for record in tiny_records) / 2
    assert table.iloc[0]["seg Type@AV"] == pytest.approx(expected)
    assert table.loc["(no model)"].tolist() == [7.0] * 4

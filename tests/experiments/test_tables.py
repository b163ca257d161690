from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap.errors import LeapError
from leap.experiments.tables import (
    TITLES,
    detectable_in_words,
    difference_table,
    format_difference,
    format_differences,
    format_p,
    format_scores,
    outside_intervals,
    paired,
    precision_recall_in_words,
    precision_recall_table,
    score_table,
)


@pytest.fixture
def make_record(tiny_records):
    """A record whose every score has one value on every video, plus a term that differs by video."""

    def make(seed, value, videos=(0, 0, 0, 0, 0, 0)):
        template = tiny_records[0]
        scores = list(value / 100 + np.array(videos))
        return replace(
            template,
            seed=seed,
            metrics=dict.fromkeys(template.metrics, value),
            per_video=dict.fromkeys(template.per_video, scores),
            segments={part: dict.fromkeys(three, value) for part, three in template.segments.items()},
        )

    return make


@pytest.fixture
def runs(make_record):
    return {
        "MMIL": [make_record(seed, 50.0 + 2 * seed) for seed in (0, 1, 2)],
        "LEAP": [make_record(seed, 53.0 + 2 * seed) for seed in (2, 1)],
        "one": [make_record(0, 40.0)],
    }


def test_score_table_is_mean_and_deviation_over_seeds(runs):
    table = score_table(runs)
    assert list(table.index) == ["MMIL", "LEAP", "one"]
    for name in TITLES:
        assert list(table[name]) == [52.0, 56.0, 40.0]
        assert list(table[f"{name}_sd"]) == pytest.approx([2.0, 2**0.5, np.nan], nan_ok=True)
    assert list(table["n"]) == [3, 2, 1]


def test_formatted_scores(runs):
    text = format_scores(score_table(runs))
    assert list(text.columns) == [*TITLES.values(), "seeds"]
    assert text.loc["MMIL", "seg Type@AV"] == "52.0\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}2.0"
    assert list(text["seeds"]) == ["3", "2", "1"]


def test_differences_are_paired_by_shared_seeds(runs):
    """Seeds 1 and 2 are shared, in another order; over all seeds the means would differ by 4."""
    row = paired(runs["LEAP"], runs["MMIL"], "seg_a")
    expected = {"difference": 3.0, "low": 3.0, "high": 3.0, "p": 0.0, "detectable": 0.0, "n": 2}
    assert row == pytest.approx(expected)
    assert paired(runs["MMIL"], runs["LEAP"], "seg_a")["difference"] == pytest.approx(-3.0)


def test_no_shared_seed_is_one_line(runs, make_record):
    with pytest.raises(LeapError, match=r"^[^\n]*seed[^\n]*$"):
        paired(runs["LEAP"], [make_record(9, 1.0)], "seg_a")


def test_differences_on_some_videos_only(make_record):
    ours, theirs = [make_record(0, 50.0, (0, 0, 0, 0.1, 0.1, 0.1))], [make_record(0, 50.0)]
    mask = np.array([False, False, False, True, True, True])
    assert paired(ours, theirs, "evt_v", mask)["difference"] == pytest.approx(10)
    assert paired(ours, theirs, "evt_v", ~mask)["difference"] == pytest.approx(0)
    whole = paired(ours, theirs, "evt_v")
    assert whole["difference"] == pytest.approx(5)
    assert whole["low"] < 5 < whole["high"]


def test_difference_table_has_a_row_a_system_and_score(runs):
    table = difference_table(runs, scores=("seg_a", "seg_type"))
    assert list(table.index) == [(s, n) for s in ("LEAP", "one") for n in ("seg_a", "seg_type")]
    assert list(table["difference"]) == pytest.approx([3, 3, -10, -10])
    assert list(table["n"]) == [2, 2, 1, 1]
    reverse = difference_table({"MMIL": runs["MMIL"], "one": runs["one"]}, "one", ("seg_a",))
    assert reverse.loc[("MMIL", "seg_a"), "difference"] == pytest.approx(10)


def test_formatted_differences(runs):
    text = format_differences(difference_table(runs, scores=("seg_a", "evt_event")))
    assert list(text.columns) == ["seg A", "evt Event@AV", "seeds"]
    assert text.loc["LEAP", "seg A"] == "+3.0 [+3.0,\N{NO-BREAK SPACE}+3.0]"
    assert text.loc["one", "evt Event@AV"] == "−10.0 [−10.0,\N{NO-BREAK SPACE}−10.0]"
    assert list(text["seeds"]) == ["2", "1"]


def test_a_difference_outside_its_committed_interval_is_named():
    index = pd.MultiIndex.from_tuples([("LEAP", "seg_a"), ("LEAP", "evt_event")], names=["system", "score"])
    committed = pd.DataFrame({"difference": 1.0, "low": 0.5, "high": 1.5, "n": 10}, index=index)
    assert outside_intervals(committed, committed) == []
    fresh = committed.assign(difference=[0.6, 1.6])
    assert outside_intervals(fresh, committed) == ["LEAP, event-level Event@AV"]


def test_formatted_difference():
    assert (
        format_difference({"difference": 0.74, "low": -0.26, "high": 1.06})
        == "+0.7 [−0.3,\N{NO-BREAK SPACE}+1.1]"
    )
    unknown = {"difference": 1.5, "low": -np.inf, "high": np.inf}
    assert format_difference(unknown) == "+1.5 (no interval)"


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "p < .001"), (0.00099, "p < .001"), (0.0126, "p = .013"), (1.0, "p = 1.000")]
)
def test_formatted_p(p, text):
    assert format_p(p) == text


def test_detectable_differences_are_given_from_the_smallest_to_the_largest():
    start = "Minimal detectable difference (80 % power): "
    assert detectable_in_words(pd.DataFrame({"detectable": [1.26, 0.94, 1.1]})) == f"{start}0.9 to 1.3."
    assert detectable_in_words(pd.DataFrame({"detectable": [1.04, 0.96]})) == f"{start}1.0."


def test_precision_and_recall_are_means_over_seeds(runs):
    table = precision_recall_table(runs)
    assert table.loc["MMIL", ("audio", "precision")] == 52.0
    assert table.loc["LEAP", ("visual_overlap", "f")] == 56.0
    assert table.shape == (3, 16)
    audio, visual = precision_recall_in_words(table)
    assert audio.loc["MMIL", ("audio, all segments", "precision")] == 52.0
    assert visual.loc["LEAP", ("visual, segments with overlap", "F")] == 56.0
    assert audio.shape == visual.shape == (3, 8)

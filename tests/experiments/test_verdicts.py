from dataclasses import replace

import numpy as np
import pytest

from leap.experiments.verdicts import compare_in_words, verdict


@pytest.mark.parametrize(
    ("difference", "p", "expected"),
    [
        (0.1, 0.049, "supported"),
        (-0.1, 0.049, "contradicted"),
        (0.1, 0.05, "inconclusive"),
        (-0.1, 0.2, "inconclusive"),
        (0.0, 1.0, "inconclusive"),
    ],
)
def test_rule(difference, p, expected):
    assert verdict(difference, p) == expected


def test_sentence(tiny_records):
    def shifted(by):
        per_video = {name: list(np.full(6, 0.5) + by) for name in tiny_records[0].per_video}
        return [replace(record, per_video=per_video) for record in tiny_records]

    runs = {"LEAP": shifted(0.1), "MMIL": shifted(0.0)}
    assert compare_in_words(runs, "LEAP", "MMIL", ["seg_a", "evt_type"]) == (
        "LEAP is above MMIL in segment-level A (+10.0 [+10.0,\N{NO-BREAK SPACE}+10.0]) "
        "and in event-level Type@AV (+10.0 [+10.0,\N{NO-BREAK SPACE}+10.0]); 2 paired seeds."
    )
    assert compare_in_words(runs, "MMIL", "LEAP", ["seg_v"]) == (
        "MMIL is below LEAP in segment-level V (−10.0 [−10.0,\N{NO-BREAK SPACE}−10.0]); 2 paired seeds."
    )
    assert "not clearly different from" in compare_in_words(runs, "MMIL", "MMIL", ["seg_v"])


def test_a_second_verdict_refers_to_the_baseline_and_names_with_commas_are_quoted(tiny_records):
    def scored(segments, events):
        values = {"seg_a": segments, "evt_a": events}
        scores = {name: list(np.full(6, values.get(name, 0.5))) for name in tiny_records[0].per_video}
        return [replace(record, per_video=scores) for record in tiny_records]

    runs = {"LEAP, λ = 1": scored(0.6, 0.4), "learned": scored(0.5, 0.5)}
    said = compare_in_words(runs, "LEAP, λ = 1", "learned", ["seg_a", "evt_a"])
    assert said.startswith("“LEAP, λ = 1” is above “learned” in segment-level A (+10.0")
    assert " and below it in event-level A (−10.0" in said

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from leap.experiments import estimates
from leap.experiments.claims import RegisteredClaim
from leap.experiments.estimates import claims_of, direction, estimate_table, estimates_in_words, tally
from leap.experiments.records import PRIMARY_PARTS

OVERLAPPING = np.array([True, True, False, False, False, False])
VALUES = {"good": 60.0, "bad": 50.0, "worse": 40.0}


def claim(name, contrast):
    shared = {"registered": date(2026, 1, 1), "source": "ours", "kind": "claim", "chapter": "a"}
    return RegisteredClaim(id=name, text=f"claim {name}", contrast=contrast, **shared)


CLAIMS = (
    claim("above", {"good": 1, "bad": -1}),
    claim("below", {"worse": 1, "good": -1}),
    claim("equal", {"good": 0.5, "worse": 0.5, "bad": -1}),
    claim("without runs", {"good": 1, "missing": -1}),
)


@pytest.fixture
def runs(make_record, monkeypatch):
    """Three cells with three seeds; scores vary by seed and video."""
    monkeypatch.setattr(estimates, "registered_claims", lambda chapter="": CLAIMS)

    def record(cell, seed):
        made = make_record(seed, VALUES[cell])
        rng = np.random.default_rng([seed, list(VALUES).index(cell)])
        noisy = {score: list(np.array(v) + rng.normal(0, 1e-3, 6)) for score, v in made.per_video.items()}
        return replace(made, per_video=noisy)

    return {cell: [record(cell, seed) for seed in range(3)] for cell in VALUES}


def test_claims_need_runs_of_all_their_cells(runs):
    assert [claim.id for claim in claims_of("a", runs)] == ["above", "below", "equal"]
    assert claims_of("a", ["good"]) == []


def test_an_estimate_is_the_contrast_of_cells_in_the_primary_measure(runs):
    table = estimate_table("a", runs, OVERLAPPING)
    assert table["difference"].to_dict() == pytest.approx({"above": 10, "below": -20, "equal": 0}, abs=0.3)
    parts = table.loc["below", list(PRIMARY_PARTS)]
    assert parts.tolist() == pytest.approx([-20] * 4, abs=0.3)
    assert parts.mean() == pytest.approx(table.loc["below", "difference"])
    assert table.apply(direction, axis=1).to_dict() == {
        "above": "above 0",
        "below": "below 0",
        "equal": "includes 0",
    }
    assert (table["n"] == 3).all()


def test_estimates_are_printed_with_interval_and_source(runs):
    row = estimates_in_words(estimate_table("a", runs, OVERLAPPING)).loc["claim below"]
    assert (row["source"], row["p"]) == ("ours", "p < .001")
    assert row["estimate"].startswith(("−20.0 [−2", "−19.9 [−2", "−20.1 [−2"))


def test_an_interval_that_ends_at_0_includes_it():
    assert direction(pd.Series({"low": 0.0, "high": 1.0})) == "includes 0"


def test_the_parts_are_of_the_same_videos_and_average_to_the_estimate(runs, monkeypatch):
    one = replace(claim("overlap", {"good": 1, "bad": -1}), overlapping=True)
    monkeypatch.setattr(estimates, "registered_claims", lambda chapter="": (one,))
    runs["good"] = [
        replace(r, per_video={name: [0.9, 0.9, *values[2:]] for name, values in r.per_video.items()})
        for r in runs["good"]
    ]
    row = estimate_table("a", runs, OVERLAPPING).loc["overlap"]
    assert row[list(PRIMARY_PARTS)].tolist() == pytest.approx([30] * 4, abs=0.5)
    assert row[list(PRIMARY_PARTS)].mean() == pytest.approx(row["difference"])


def test_intervals_are_counted_by_where_they_lie(runs):
    said = tally(estimate_table("a", runs, OVERLAPPING))
    assert said == (
        "Of the intervals of 3 registered claims, not adjusted for their number, "
        "1 is above 0 and 1 is below 0."
    )

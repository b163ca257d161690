from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from leap.errors import LeapError
from leap.experiments import cells as cells_module
from leap.experiments.cells import CELLS, DESIGN
from leap.experiments.chapters import CHAPTERS, find_chapter
from leap.experiments.claims import (
    AFTERWARDS,
    RegisteredClaim,
    Registry,
    group_contrast,
    registered_claims,
    registry,
)
from leap.experiments.records import PRIMARY, PRIMARY_PARTS
from leap.experiments.tables import common_seeds


def claim(**fields):
    values = {
        "id": "a",
        "registered": date(2026, 1, 1),
        "text": "",
        "source": "",
        "kind": "claim",
        "chapter": "x",
    }
    return RegisteredClaim(**values | {"contrast": {"one": 1.0, "other": -1.0}} | fields)


def exchanged(records):
    """Records of two seeds, each under the seed of the other."""
    zero, one = records
    return [replace(one, seed=zero.seed), replace(zero, seed=one.seed)]


def test_claims_compare_systems_that_their_chapter_runs(monkeypatch):
    chosen = {chapter.home: dict.fromkeys(CELLS, DESIGN[3]) for chapter in CHAPTERS}
    monkeypatch.setattr(cells_module, "chosen", lambda: chosen)
    for notebook in {one.chapter for one in registered_claims() if one.chapter}:
        chapter = find_chapter(notebook)
        made = set(chapter.grid("full", chapter.home))
        for one in registered_claims(notebook):
            assert set(one.contrast) <= made, one.id


def test_claims_weigh_systems_so_that_weights_cancel():
    claims = registered_claims()
    assert len({one.id for one in claims}) == len(claims) >= 12
    assert len({one.text for one in claims}) == len(claims)
    for one in claims:
        assert one.source
        assert bool(one.contrast) == bool(one.chapter), one.id
        total = sum(one.contrast.values()) * sum(one.scores.values())
        assert total == pytest.approx(1 if one.above > 0 else 0), one.id


def test_a_contrast_is_the_weighted_sum_of_scores(tiny_records):
    runs = {"one": tiny_records, "other": exchanged(tiny_records)}
    overlapping = np.arange(len(tiny_records[0].scores("seg_a"))) < 2
    found = claim(scores={"seg_type": 1.0, "evt_event": -1.0}).table(runs, overlapping)
    for row, one, other in zip(found, *runs.values(), strict=True):
        parts = [r.scores("seg_type") - r.scores("evt_event") for r in (one, other)]
        np.testing.assert_allclose(row, parts[0] - parts[1])


def test_a_measure_of_a_run_is_one_value_that_may_be_compared_with_a_constant(tiny_records):
    ours, theirs = tiny_records[0], exchanged(tiny_records)[0]
    runs = {"one": [ours], "other": [theirs]}
    ap = claim(scores={"audio_overlap: ap": 1.0}).table(runs, np.array([]))
    parts = [record.segments["audio_overlap"]["ap"] for record in (ours, theirs)]
    np.testing.assert_allclose(100 * ap, [[parts[0] - parts[1]]])
    peak = claim(contrast={"one": 1.0}, scores={"peak_audio": 1.0}, above=50.0).table(runs, np.array([]))
    np.testing.assert_allclose(100 * peak, [[ours.diagnostics["peak_audio"] - 50]])


def test_a_margin_is_added_to_the_contrast(tiny_records):
    runs = {"one": tiny_records, "other": tiny_records}
    np.testing.assert_allclose(claim(above=-1.0).table(runs, np.array([])), 0.01)


def test_cells_are_paired_by_the_seeds_that_all_have(make_record):
    runs = {
        "one": [make_record(2, 62.0), make_record(0, 60.0), make_record(1, 61.0)],
        "other": [make_record(seed, 50.0 + seed) for seed in (1, 2, 3)],
    }
    found = common_seeds(runs)
    assert {cell: [record.seed for record in records] for cell, records in found.items()} == {
        "one": [1, 2],
        "other": [1, 2],
    }
    np.testing.assert_allclose(claim().table(runs, np.zeros(6, bool)), np.full((2, 6), 0.1))
    with pytest.raises(LeapError, match="no seed is shared by one, other"):
        common_seeds({"one": runs["one"][1:2], "other": runs["other"]})


def test_only_a_claim_that_is_older_than_its_runs_confirms_or_replicates():
    dates = {"x": {"digits": date(2026, 1, 2), "everyday": date(2026, 1, 4)}}
    found = Registry(
        data_sets={"digits": "replication", "everyday": "confirmation"}, first_runs=dates, claims=()
    )
    status = {
        day: [
            found.status(claim(registered=date(2026, 1, day)), name)
            for name in ("digits", "everyday", "other")
        ]
        for day in (2, 3, 5)
    }
    assert status == {
        2: ["replication", "confirmation", "exploration"],
        3: [AFTERWARDS, "confirmation", "exploration"],
        5: [AFTERWARDS, AFTERWARDS, "exploration"],
    }
    assert found.first_run(claim(), "digits") == date(2026, 1, 2)
    assert found.first_run(claim(), "other") is None
    assert found.first_run(claim(chapter=""), "digits") is None


def test_dates_are_of_chapters_with_claims_on_data_sets_with_a_role():
    known = {one.chapter for one in registered_claims()}
    for notebook, dates in registry().first_runs.items():
        assert notebook in known
        assert set(dates) <= set(registry().data_sets)


def test_the_primary_measure_is_the_mean_of_four_scores(tiny_records):
    record = tiny_records[0]
    expected = np.mean([record.scores(name) for name in PRIMARY_PARTS], axis=0)
    np.testing.assert_allclose(record.scores(PRIMARY), expected)
    assert record.primary == pytest.approx(100 * expected.mean(), abs=1e-3)


def test_the_contrast_of_groups_does_not_vary_by_the_difference_between_them():
    group = np.array([True, True, False, False, False])
    table = np.where(group, 5.0, 1.0)[None] + np.zeros((3, 1))
    np.testing.assert_allclose(group_contrast(table, group), 4.0)
    noisy = table + np.random.default_rng(0).normal(size=(3, 5))
    expected = noisy[:, group].mean() - noisy[:, ~group].mean()
    assert group_contrast(noisy, group).mean() == pytest.approx(expected)
    by_seed = noisy[:, group].mean(1) - noisy[:, ~group].mean(1)
    np.testing.assert_allclose(group_contrast(noisy, group).mean(1), by_seed)

from datetime import date

import numpy as np
import pytest

from leap.experiments import cells as cells_module
from leap.experiments.cells import CELLS, DESIGN
from leap.experiments.chapters import CHAPTERS, find_chapter
from leap.experiments.claims import RegisteredClaim, group_contrast, registered_claims
from leap.experiments.records import PRIMARY, PRIMARY_PARTS


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


def test_claims_compare_systems_that_their_chapter_runs(monkeypatch):
    chosen = {chapter.home: dict.fromkeys(CELLS, DESIGN[3]) for chapter in CHAPTERS}
    monkeypatch.setattr(cells_module, "chosen", lambda: chosen)
    for notebook in {one.chapter for one in registered_claims()}:
        chapter = find_chapter(notebook)
        made = set(chapter.grid("full", chapter.home))
        for one in registered_claims(notebook):
            assert set(one.contrast) <= made, one.id


def test_claims_weigh_systems_so_that_weights_cancel():
    claims = registered_claims()
    assert len({one.id for one in claims}) == len(claims) >= 12
    for one in claims:
        total = sum(one.contrast.values()) * sum(one.scores.values())
        assert total == pytest.approx(1 if one.above else 0), one.id


def test_a_contrast_is_the_weighted_sum_of_scores(tiny_records):
    runs = {"one": tiny_records[:2], "other": tiny_records[::-1][:2]}
    overlapping = np.arange(len(tiny_records[0].scores("seg_a"))) < 2
    found = claim(scores={"seg_type": 1.0, "evt_event": -1.0}).table(runs, overlapping)
    for row, one, other in zip(found, *runs.values(), strict=True):
        parts = [r.scores("seg_type") - r.scores("evt_event") for r in (one, other)]
        np.testing.assert_allclose(row, parts[0] - parts[1])


def test_a_measure_of_a_run_is_one_value_that_may_be_compared_with_a_constant(tiny_records):
    ours, theirs = tiny_records[:2]
    runs = {"one": [ours], "other": [theirs]}
    ap = claim(scores={"audio_overlap: ap": 1.0}).table(runs, np.array([]))
    parts = [record.segments["audio_overlap"]["ap"] for record in (ours, theirs)]
    np.testing.assert_allclose(100 * ap, [[parts[0] - parts[1]]])
    peak = claim(contrast={"one": 1.0}, scores={"peak_audio": 1.0}, above=50.0).table(runs, np.array([]))
    np.testing.assert_allclose(100 * peak, [[ours.diagnostics["peak_audio"] - 50]])


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

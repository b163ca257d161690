from dataclasses import replace
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import pytest

from leap.data.registry import dataset_title
from leap.experiments import estimates
from leap.experiments.chapters import ledger
from leap.experiments.chapters.ledger import (
    detail_table,
    headline_panels,
    overhead_table,
    tally,
    verdict_table,
)
from leap.experiments.claims import AFTERWARDS, RegisteredClaim, Registry
from leap.experiments.grid import EMBEDDED
from tests.tree import ROOT

ALL = np.arange(6) < 2
NEW, OLD = date(2026, 1, 3), date(2026, 1, 1)
CHAPTER = "09_losses"


def claim(name, cell, **changes):
    values = {"text": f"{name} helps", "source": "ours", "kind": "claim", "chapter": CHAPTER}
    return RegisteredClaim(
        id=name, **values | {"registered": OLD, "contrast": {cell: 1, "plain": -1}} | changes
    )


CLAIMS = (
    claim("better", "good"),
    claim("worse", "bad"),
    claim("equal", "plain", contrast={"plain": 0}),
    claim("late", "good", registered=NEW),
    claim("missing", "none"),
    claim("untestable", "", chapter="", contrast={}),
    claim("obvious", "good", kind="sanity check"),
    claim("attention", "good", contrast={"good": 1}, scores={"peak_audio": 1}, above=50),
)


@pytest.fixture
def register(monkeypatch):
    """Put claims in the place of the registered ones; the first run on ``digits`` is of 2 January 2026."""

    def put(claims):
        found = Registry(
            data_sets={"digits": "replication"},
            first_runs={CHAPTER: {"digits": date(2026, 1, 2)}},
            claims=tuple(claims),
        )

        def of(chapter=""):
            return tuple(one for one in claims if chapter in ("", one.chapter))

        monkeypatch.setattr(ledger, "registry", lambda: found)
        for module in (ledger, estimates):
            monkeypatch.setattr(module, "registered_claims", of)

    return put


@pytest.fixture
def runs(make_record):
    """Three cells with three seeds; scores vary by seed and video."""

    def record(seed, cell, value):
        made = make_record(seed, value)
        noise = partial(np.random.default_rng([seed, int(value)]).normal, 0, 1e-2, 6)
        peaks = made.diagnostics | {"peak_audio": value + seed}
        noisy = {score: list(np.array(v) + noise()) for score, v in made.per_video.items()}
        return replace(made, per_video=noisy, diagnostics=peaks)

    values = {"good": 60.0, "plain": 50.0, "bad": 40.0}
    return {f"{CHAPTER}: {cell}": [record(s, cell, v) for s in range(3)] for cell, v in values.items()}


@pytest.fixture
def table(runs, register):
    register(CLAIMS)
    return ledger.ledger(runs, ALL, "digits")


def test_every_registered_claim_has_a_verdict(table):
    assert table["verdict"].to_dict() == {
        "better": "supported",
        "worse": "contradicted",
        "equal": "inconclusive",
        "late": "supported",
        "missing": "no runs",
        "untestable": "not testable here",
        "obvious": "supported",
        "attention": "supported",
    }
    assert table["difference"].to_dict() == pytest.approx(
        {"better": 10, "worse": -10, "equal": 0, "late": 10, "obvious": 10, "attention": 11}
        | {"missing": np.nan, "untestable": np.nan},
        abs=1,
        nan_ok=True,
    )


def test_both_dates_stand_beside_a_claim_and_mark_what_came_after(table):
    assert table.loc["late", ["registered", "first_run", "status"]].tolist() == [
        "2026-01-03",
        "2026-01-02",
        AFTERWARDS,
    ]
    assert table.loc["better", "status"] == "replication"
    assert table.loc["untestable", ["first_run", "status"]].tolist() == ["–", "–"]
    shown = verdict_table({"digits": table})
    assert shown["digits"][["better helps", "late helps"]].tolist() == ["supported", "supported †"]


def test_p_values_are_adjusted_for_all_claims_of_a_kind_with_or_without_runs(runs, register):
    """The strongest p value is multiplied by the number of claims of its kind."""
    others = [claim(f"missing {number}", "none") for number in range(4)]
    for rest in ([], others):
        register([CLAIMS[0], CLAIMS[6], *rest])
        table = ledger.ledger(runs, ALL, "digits")
        p = table["p"]["better"]
        assert table["adjusted"][["better", "obvious"]].tolist() == pytest.approx([p * (1 + len(rest)), p])
        assert table["adjusted"].isna().sum() == len(rest)


def test_enough_claims_make_a_verdict_inconclusive(runs, register):
    noisy = {name: records[:1] for name, records in runs.items()}
    register([CLAIMS[0]])
    (p,) = ledger.ledger(noisy, ALL, "digits")["p"]
    assert 0 < p < 0.05
    register([CLAIMS[0], *(claim(f"missing {number}", "none") for number in range(int(0.06 / p)))])
    row = ledger.ledger(noisy, ALL, "digits").loc["better"]
    assert row["low"] > 0
    assert row["verdict"] == "inconclusive"


def test_verdicts_of_several_data_sets_stand_side_by_side(table):
    other = table.assign(verdict="no runs", p=np.nan)
    shown = verdict_table({"digits": table, "av-everyday": other})
    assert shown.columns.tolist() == [
        "digits",
        "digits, estimate",
        "AV-Everyday",
        "AV-Everyday, estimate",
        "source",
    ]
    assert shown.loc["better helps", "digits, estimate"].startswith(("+10.", "+9."))
    assert shown.loc["late helps", ["AV-Everyday", "AV-Everyday, estimate"]].tolist() == ["no runs", "–"]
    assert verdict_table({"digits": table}, "sanity check").index.tolist() == ["obvious helps"]
    assert "obvious helps" not in shown.index


def test_details_are_of_the_claims_with_an_estimate(table):
    shown = detail_table(table)
    assert shown.index.tolist() == [
        f"{name} helps" for name in ("better", "worse", "equal", "late", "obvious", "attention")
    ]
    row = shown.loc["worse helps"]
    assert row["seg Type@AV"].startswith(("−10.", "−9."))
    assert (row["seeds"], row["status"], row["first run"]) == ("3", "replication", "2026-01-02")
    assert shown.loc["attention helps", "seg Type@AV"] == "–"


def test_a_committed_ledger_reads_as_it_was_written(table, tmp_path):
    path = tmp_path / "ledger.csv"
    table.to_csv(path)
    read = pd.read_csv(path, index_col=0)
    pd.testing.assert_frame_equal(verdict_table({"digits": read}), verdict_table({"digits": table}))
    pd.testing.assert_frame_equal(detail_table(read), detail_table(table))


def test_the_tally_counts_claims_alone(table):
    assert tally(table, "av-digits") == (
        "On AV-Digits, 5 of 7 claims have runs: 3 supported, 1 contradicted, 1 inconclusive. "
        "Of these 5, 1 were registered after the first run."
    )


def test_overhead_divides_presets_that_differ_in_the_decoder():
    table = overhead_table(ROOT / "results" / "benchmarks")
    assert table.index.tolist() == ["HAN", "MM-Pyr"]
    assert (table > 1).all(axis=None)
    assert table.loc["MM-Pyr", "parameters"] == pytest.approx(47256068 / 40827469)


@pytest.mark.parametrize("dataset", EMBEDDED)
def test_the_figure_of_the_first_page_shows_claims_on_every_data_set(dataset):
    committed = ROOT / "results" / "tables" / f"{ledger.CHAPTER.result_name('30_ledger', dataset)}.csv"
    table = pd.read_csv(committed, index_col="claim")
    panels = headline_panels({dataset: table, "kitchen": table})
    for title, claims in ledger.HEADLINE.items():
        assert list(panels[title]) == [dataset_title(dataset), "kitchen"]
        shown = panels[title]["kitchen"]
        assert list(shown.index) == list(claims)
        assert shown["difference"].tolist() == table.loc[list(claims.values()), "difference"].tolist()
        assert not shown[["difference", "low", "high"]].isna().any(axis=None)

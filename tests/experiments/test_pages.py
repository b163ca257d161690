import pandas as pd
import pytest

from leap.experiments import pages
from leap.experiments.tables import difference_table, score_table
from tests.tree import ROOT


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, in order."""
    found = []
    monkeypatch.setattr(pages, "display", lambda *parts: found.extend(parts))
    monkeypatch.setattr(pages, "show_tables", lambda *tables, caption: found.extend([*tables, caption]))
    monkeypatch.setattr(pages, "show_figure", lambda figure, caption, *alt: found.append(caption))
    return found


@pytest.fixture
def runs(tiny_records):
    return {"LEAP": tiny_records, "MMIL": tiny_records[::-1]}


def test_systems_with_as_many_videos_and_runs_share_a_line(runs):
    runs |= {"once": runs["LEAP"][:1]}
    assert pages.compared(runs).splitlines() == [
        "tiny, 6 videos, 2 runs each: LEAP, MMIL",
        "tiny, 6 videos, 1 run each: once",
    ]


@pytest.mark.parametrize(("scores", "tables"), [(None, 2), (("seg_type", "evt_event"), 1)])
def test_differences_are_a_table_a_level_where_all_scores_are_there(shown, runs, scores, tables):
    table = difference_table(runs, scores=scores) if scores else difference_table(runs)
    pages.show_differences(table, "tiny")
    assert [type(part).__name__ for part in shown] == ["DataFrame"] * tables + ["str", "str"]
    assert shown[-1].endswith("tiny")


def test_a_sentence_for_every_pair(shown, runs):
    pages.show_verdicts(runs, [("LEAP", "MMIL"), ("MMIL", "LEAP")], "tiny")
    lines = shown[0].data.splitlines()
    assert lines[0].startswith("- LEAP is not clearly different from MMIL in segment-level Type@AV (+0.0 [")
    assert len(lines) == 2


def test_scores_are_a_table_a_level(shown, runs):
    pages.show_scores(score_table(runs), "tiny")
    segments, events, caption = shown
    assert [list(table.columns) for table in (segments, events)] == [
        ["seg A", "seg V", "seg AV", "seg Type@AV", "seg Event@AV", "seeds"],
        ["evt A", "evt V", "evt AV", "evt Type@AV", "evt Event@AV", "seeds"],
    ]
    assert caption == "Mean ± standard deviation over seeds. tiny"


def test_estimates_are_a_table_of_claims(shown):
    claims = pd.read_csv(ROOT / "results" / "tables" / "14_claims.csv", index_col="claim")
    pages.show_estimates(claims, "tiny")
    table, caption = shown
    assert table.index[0] == "Under L_basic, LEAP's decoder parses better than MMIL, on HAN"
    assert len(table) == len(claims)
    assert caption.endswith("of single tests. tiny")

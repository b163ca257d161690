import shutil

import pandas as pd
import pytest

from leap.errors import LeapError
from leap.experiments import readme
from leap.experiments.chapters.ledger import HEADLINE
from tests.tree import ROOT

TEXT = "# leap\n\n<!-- results -->\nold\n<!-- /results -->\n\nmore\n"


@pytest.fixture
def results(tmp_path):
    """Folder with the committed ledgers."""
    (tmp_path / "tables").mkdir()
    for name in ("30_ledger", "30_ledger_av_everyday"):
        shutil.copy(ROOT / "results" / "tables" / f"{name}.csv", tmp_path / "tables")
    return tmp_path


def test_only_the_block_changes_and_a_second_time_nothing(results):
    text = readme.update(TEXT, results)
    assert text.startswith(
        "# leap\n\n<!-- results -->\n| difference, primary measure | AV-Digits | AV-Everyday |"
    )
    assert text.endswith("\n<!-- /results -->\n\nmore\n")
    assert "old" not in text
    assert readme.update(text, results) == text


def test_rows_are_the_main_claims_of_the_ledgers(results):
    lines = readme.result_table(results).splitlines()
    claims = [claim for panel in HEADLINE.values() for claim in panel.values()]
    rows = [line.strip("| ").split(" | ") for line in lines[2 : 2 + len(claims)]]
    for place, name in ((1, "30_ledger"), (2, "30_ledger_av_everyday")):
        table = pd.read_csv(results / "tables" / f"{name}.csv", index_col="claim")
        for claim, row in zip(claims, rows, strict=True):
            assert row[place].startswith(f"{table.loc[claim, 'difference']:+.1f} [".replace("-", "−"))
            assert row[place].endswith(f", {table.loc[claim, 'verdict']}")


def test_verdicts_are_counted_for_every_data_set(results):
    text = readme.result_table(results)
    for title, name in (("AV-Digits", "30_ledger"), ("AV-Everyday", "30_ledger_av_everyday")):
        table = pd.read_csv(results / "tables" / f"{name}.csv")
        claims = table[table["kind"] == "claim"]
        assert f"On {title}, {claims['p'].notna().sum()} of {len(claims)} claims have runs" in text


def test_a_data_set_without_a_ledger_has_no_column(results):
    (results / "tables" / "30_ledger_av_everyday.csv").unlink()
    assert readme.result_table(results).startswith("| difference, primary measure | AV-Digits |\n")


def test_a_readme_without_a_place_is_refused(results):
    with pytest.raises(LeapError, match="two comments"):
        readme.update("# leap\n", results)

import shutil
from dataclasses import replace

import pandas as pd
import pytest

from leap.errors import LeapError
from leap.experiments import readme
from leap.experiments.chapters.decoder_or_loss import CHAPTER, conclusion
from leap.experiments.claims import registered_claims
from leap.experiments.records import write_records
from leap.training.run import run_key
from tests.tree import ROOT

TEXT = "# leap\n\n<!-- results -->\nold\n<!-- /results -->\n\n<!-- ledger -->\n<!-- /ledger -->\n\nmore\n"


@pytest.fixture
def results(tiny_records, tiny_config, tmp_path, monkeypatch):
    """Committed records of two systems, the second ten points above the first at the event level."""
    zero, one = tiny_records
    better = {name: [min(v + 0.1, 1.0) for v in values] for name, values in zero.per_video.items()}
    other = replace(tiny_config, seed=7)
    records = [zero, one, replace(zero, key=run_key(other, zero.data["checksum"]), per_video=better)]
    write_records(records, tmp_path / "records" / "02_leap_vs_mmil.jsonl.gz")
    grid = {"MMIL": [tiny_config, replace(tiny_config, seed=1)], "LEAP": [other]}
    monkeypatch.setattr(readme.leap_vs_mmil, "grid", lambda profile, dataset: grid)
    (tmp_path / "tables").mkdir()
    for name in ("30_ledger", "30_ledger_av_everyday"):
        shutil.copy(ROOT / "results" / "tables" / f"{name}.csv", tmp_path / "tables")
    return tmp_path


def test_only_the_block_changes_and_a_second_time_nothing(results):
    text = readme.update(TEXT, results)
    assert text.startswith("# leap\n\n<!-- results -->\n|")
    assert text.endswith("</details>\n<!-- /ledger -->\n\nmore\n")
    assert "old" not in text
    assert readme.update(text, results) == text


def test_rows_are_the_records(results, tiny_records):
    lines = readme.result_table(results).splitlines()
    mmil, leap = (line.strip("| ").split(" | ") for line in lines[2:4])
    mean = sum(record.metrics["seg_type"] for record in tiny_records) / 2
    assert mmil[:2] == ["MMIL", mmil[1]]
    assert mmil[1].startswith(f"{mean:.1f}\N{NO-BREAK SPACE}± ".rstrip())
    assert mmil[-1] == "2"
    assert leap[0] == "LEAP"
    assert leap[-1] == "1"
    assert leap[-2].startswith("+")


def test_the_ledger_in_short(results):
    lines = readme.ledger_table(results).splitlines()
    tables = results / "tables"
    for start, name in ((0, "30_ledger"), (2, "30_ledger_av_everyday")):
        table = pd.read_csv(tables / f"{name}.csv")
        claims = table[(table["kind"] == "claim") & table["p"].notna()]
        assert lines[start].startswith(("On AV-Digits, ", "On AV-Everyday, "))
        assert f"{len(claims)} of {(table['kind'] == 'claim').sum()} claims have runs" in lines[start]
    assert "| claim | AV-Digits | AV-Digits, estimate | AV-Everyday | AV-Everyday, estimate |" in lines
    claims = [claim for claim in registered_claims() if claim.kind == "claim"]
    rows = [line for line in lines if line.startswith("| ")][1:]
    assert [row.split(" | ")[0] for row in rows] == [f"| {claim.text}" for claim in claims]


def test_a_data_set_without_a_ledger_has_no_column(results):
    (results / "tables" / "30_ledger_av_everyday.csv").unlink()
    assert "| claim | AV-Digits | AV-Digits, estimate |" in readme.ledger_table(results)


def test_the_core_comparison_stands_beside_the_tallies(results):
    path = ROOT / "results" / "tables" / "14_claims_av_everyday.csv"
    name = CHAPTER.result_name("14_claims", "av-everyday")
    shutil.copy(path, results / "tables" / f"{name}.csv")
    words = conclusion(pd.read_csv(path, index_col="claim"), "AV-Everyday")
    assert words in readme.ledger_table(results).splitlines()


def test_a_readme_without_a_place_is_refused(results):
    with pytest.raises(LeapError, match="two comments"):
        readme.update("# leap\n", results)

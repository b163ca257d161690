from dataclasses import replace

import pandas as pd
import pytest

from leap.errors import LeapError
from leap.experiments import readme
from leap.experiments.records import write_records
from leap.training.run import run_key

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
    ledger = pd.DataFrame(
        {
            "claim": ["it helps", "it means something"],
            "published": ["+4.4", ""],
            "source": "paper",
            "measured": ["evt Event@AV", ""],
            "difference": [3.0, None],
            "low": [1.0, None],
            "high": [5.0, None],
            "n": [10, None],
            "adjusted": [0.0126, None],
            "chapter": "04_encoders",
            "verdict": ["supported", "not testable here"],
        }
    )
    (tmp_path / "tables").mkdir()
    ledger.to_csv(tmp_path / "tables" / "30_ledger.csv", index=False)
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
    assert lines[0] == "Of 2 entries: 1 supported, 1 not testable here."
    measured = "evt Event@AV: +3.0 [+1.0,\N{NO-BREAK SPACE}+5.0], adjusted p = .013, 10 seeds (04_encoders)"
    assert f"| supported | it helps | +4.4 (paper) | {measured} |" in lines
    assert "| not testable here | it means something | paper | – |" in lines


def test_the_record_against_the_ledger_follows_the_tally(results):
    rows = "system,score,difference,low,high,n\nMMIL with VALOR's loss,seg_type,1.7,0.7,2.7,5\n"
    (results / "tables" / "30_other_loss.csv").write_text(rows, encoding="utf-8")
    line = readme.ledger_table(results).splitlines()[2]
    assert line.startswith("The verdicts on LEAP against MMIL are bound to L_basic. ")
    assert line.endswith("5 paired seeds (21_audit).")


def test_a_readme_without_a_place_is_refused(results):
    with pytest.raises(LeapError, match="two comments"):
        readme.update("# leap\n", results)

import pandas as pd
import pytest

from benchmarks import measure
from benchmarks.measure import in_own_process, medians, peak, product, write_table


def test_tasks_take_turns_and_the_first_turn_does_not_count(monkeypatch):
    clock, order = iter([0, 100, 100, 200, 0, 1, 1, 4, 0, 2, 2, 5, 0, 9, 9, 12]), []
    monkeypatch.setattr(measure.time, "perf_counter", lambda: next(clock))
    found = medians({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 3)
    assert order == ["a", "b"] * 4
    assert found == {"a": 2, "b": 3}


def test_the_peak_is_this_process_own():
    """A child does not inherit its parent's."""
    ballast = bytearray(300 * 2**20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    assert peak() > 300
    assert in_own_process("tests.benchmarks.small") < peak() - 200
    assert product()


def test_tables_are_written_with_four_digits(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "RESULTS", tmp_path / "new")
    write_table({"a": {"x": 1.23456}, "b": {"x": 2.0, "y": 3.0}}, "found", "what")
    table = pd.read_csv(tmp_path / "new" / "found.csv", index_col="what")
    assert table.loc["a", "x"] == pytest.approx(1.235)
    assert table["y"].isna().to_dict() == {"a": True, "b": False}

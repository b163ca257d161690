import json
import re

import numpy as np
import pandas as pd
import pytest

from leap.experiments.chapters import CHAPTERS
from leap.experiments.chapters.performance import (
    AIMS,
    aim_table,
    machine,
    measured,
    number,
    precision_table,
    readable,
    size_figure,
    where,
)
from leap.experiments.tables import NO_BREAK
from tests.tree import ROOT

COMMITTED = ROOT / "results" / "benchmarks"


@pytest.fixture
def folder(tmp_path):
    """Tables that hold just what was aimed at."""
    tables = {}
    for name, row, column, bound, _ in AIMS.values():
        tables.setdefault(name, {}).setdefault(column, {})[row] = bound
    for name, columns in tables.items():
        pd.DataFrame(columns).rename_axis("row").to_csv(tmp_path / f"{name}.csv")
    machines = {name: {"processor": "A1", "cores": 3, "torch": "9.0"} for name in tables}
    (tmp_path / "machines.json").write_text(json.dumps(machines))
    return tmp_path


def test_a_bound_itself_is_reached(folder):
    table = aim_table(folder)
    assert list(table.index) == list(AIMS)
    assert set(table["reached"]) == {"yes"}
    assert table.loc["step at d 64, one thread, ms", "aim"] == f"≤{NO_BREAK}50"


@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_what_is_short_of_it_is_not(folder, factor):
    for path in folder.glob("*.csv"):
        (pd.read_csv(path, index_col=0) * factor).to_csv(path)
    expected = {title: "yes" if (factor > 1) == (aim[-1] > 0) else "no" for title, aim in AIMS.items()}
    assert aim_table(folder)["reached"].to_dict() == expected


def test_the_committed_measurements_are_all_there():
    assert len(aim_table(COMMITTED)) == len(AIMS)
    machines = json.loads((COMMITTED / "machines.json").read_text())
    assert machines.keys() == {p.stem for p in COMMITTED.glob("*.csv")} - {"cost", "llp_pack"}
    assert all(re.fullmatch(r".+, \d+ cores, PyTorch \d.+", machine(COMMITTED, name)) for name in machines)
    assert {"before", "after"} == set(measured(COMMITTED, "throughput").index)
    sizes = measured(COMMITTED, "sizes")
    assert sizes["classes"].max() == 1_000
    assert sizes["segments"].max() == 100
    assert (measured(COMMITTED, "precision")["low"] <= measured(COMMITTED, "precision")["high"]).all()


def test_laptop_and_full_have_the_same_runs():
    """As the chapter says of the study's throughput."""
    laptop, full = (
        {run for c in CHAPTERS if c.home == "av-digits" for run in c.configs(profile, "av-digits")}
        for profile in ("laptop", "full")
    )
    assert laptop == full


def test_the_machine_in_words(folder):
    assert machine(folder, "step") == "A1, 3 cores, PyTorch 9.0"
    assert where(folder, "step").startswith("Measured by `make bench` on A1, 3 cores, PyTorch 9.0; ")
    assert set(aim_table(folder)["on"]) == {"A1"}


@pytest.mark.parametrize(
    ("value", "text"), [(0.01234, "0.0123"), (1.5, "1.5"), (99.44, "99.4"), (1234.5, "1,234"), (np.nan, "–")]
)
def test_numbers_have_three_digits(value, text):
    assert number(value) == text


def test_shares_are_in_per_cent():
    table = pd.DataFrame({"ms": {"a": 1234.5, "b": np.nan}, "fraction": {"a": 0.955, "b": 0.5}})
    assert readable(table).loc["a"].to_dict() == {"ms": "1,234", "fraction": "96%"}
    assert readable(table)["ms"]["b"] == "–"


def test_precision_has_differences_with_intervals(tmp_path):
    row = {"float32": 60.04, "bfloat16": 59.0, "difference": -1.04, "low": -1.5, "high": 0.5}
    pd.DataFrame([row | {"sd over seeds": 0.3}], index=["a"]).to_csv(tmp_path / "precision.csv")
    assert precision_table(tmp_path).loc["a"].tolist() == [
        "60.0",
        "59.0",
        f"−1.0 [−1.5,{NO_BREAK}+0.5]",
        "0.3",
    ]


def test_figure_has_a_line_a_decoder_and_length():
    rows = [(name, c, t, 1.0, 2.0) for name in ("LEAP", "MMIL") for c in (25, 100) for t in (10, 30, 100)]
    table = pd.DataFrame(rows, columns=["decoder", "classes", "segments", "ms", "MiB"]).set_index("decoder")
    time, memory = size_figure(table).axes
    assert [len(axis.lines) for axis in (time, memory)] == [6, 6]
    assert {line.get_label() for line in time.lines} == {
        f"{name}, {t} segments" for name in ("LEAP", "MMIL") for t in (10, 30, 100)
    }

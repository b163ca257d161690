"""Damaged files: refused in one line, or read as they stand."""

import pytest

from tests.soak.campaign import cases, publish
from tests.soak.fuzzing import run
from tests.soak.readers import KINDS
from tests.tree import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows():
    """Of the table of all campaigns, published when they are done."""
    found = []
    yield found
    publish("fuzzing", found)


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files(name, rows):
    kind = KINDS[name]
    number = cases(kind.short, kind.long)
    counts = run(name, kind, number)
    assert counts.accepted
    rows.append({"input": name, "cases": number, **counts._asdict()})


def test_a_long_campaign_has_a_million_cases():
    assert sum(kind.long for kind in KINDS.values()) >= 1_050_000


NOTEBOOKS = ROOT / "notebooks"
WRONG = [
    ("01_data", "profile=Smoke", "LeapError: unknown profile 'Smoke'"),
    ("01_data", "dataset=av_digits", "LeapError: unknown data set 'av_digits'; known are av-digits"),
    ("06_overlap", "dataset=av_digits", "LeapError: av_digits: no such file, and no data set of that name"),
    ("06_overlap", "data=nowhere.h5", "LeapError: nowhere.h5: no such file, and no data set of that name"),
    ("06_overlap", "results=Makefile", "LeapError: Makefile: cannot be written"),
]


@pytest.mark.parametrize(("name", "parameter", "message"), WRONG[: cases(1, len(WRONG))])
def test_a_notebook_of_wrong_parameters_is_refused_in_one_line(name, parameter, message, refused, tmp_path):
    source, output = NOTEBOOKS / f"{name}.ipynb", tmp_path / "x.ipynb"
    assert message in refused("study", "notebook", source, "--out", output, "-p", parameter)
    assert not output.exists()

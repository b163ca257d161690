"""Damaged files: refused in one line, or read as they stand."""

import pytest

from tests.soak.campaign import cases, publish
from tests.soak.fuzzing import run
from tests.soak.readers import KINDS


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

"""The page about plug and play: its code runs, and does what the page says."""

import re

import pytest

from leap.config import DECODERS, ENCODERS
from tests.tree import ROOT

PAGE = ROOT / "book" / "extending.md"


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the code of the page defines."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found = {"folder": tmp_path_factory.mktemp("trained")}
    known = [dict(table) for table in (ENCODERS, DECODERS)]
    exec(compile("\n".join(blocks), PAGE.name, "exec"), found)
    yield found
    for table, before in zip((ENCODERS, DECODERS), known, strict=True):
        table.clear()
        table.update(before)


def test_new_parts_train_with_each_other_and_with_ours(names):
    assert list(names["scores"]) == [("conv", "max"), ("conv", "leap"), ("han", "max")]
    for scores in names["scores"].values():
        assert 0 < scores["seg_type"] < 100
    assert (names["folder"] / "conv-max" / "log.jsonl").exists()


def test_the_tagger_finds_digits_and_places_them(names):
    assert names["f"] > 0.9
    assert names["placed"] > 0.5

import pandas as pd
import pytest

from leap.errors import LeapError
from leap.experiments.conclusions import Quotes

SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def tables(tmp_path):
    """Committed tables: claims on AV-Digits, unseen classes on AV-Everyday, and a benchmark beside them."""
    folder = tmp_path / "tables"
    folder.mkdir()
    rows = {"gain": (2.0, 1.0, 3.0), "loss": (-2.0, -3.0, -1.0), "nothing": (0.5, -0.5, 1.5)}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["difference", "low", "high"])
    table.rename_axis("claim").to_csv(folder / "14_claims.csv")
    ledger = table.assign(verdict=["supported", "contradicted", "inconclusive"]).rename_axis("claim")
    ledger.to_csv(folder / "30_ledger.csv")
    index = pd.MultiIndex.from_tuples([("few", "GloVe")], names=["videos", "labels"])
    pd.DataFrame([(1.0, 0.5, 1.5)], index, table.columns).to_csv(folder / "16_gains.csv")
    (tmp_path / "benchmarks").mkdir()
    speed = pd.DataFrame({"release": [9.0], "ours": [2.0]}, pd.Index(["d 64"], name="width"))
    speed.to_csv(tmp_path / "benchmarks" / "step.csv")
    return folder


@pytest.mark.parametrize(
    ("row", "lies", "text"),
    [
        ("gain", "above 0", "+2.0 [+1.0,S+3.0]"),
        ("loss", "below 0", "−2.0 [−3.0,S−1.0]"),
        ("nothing", "includes 0", "+0.5 [−0.5,S+1.5]"),
    ],
)
def test_an_estimate_is_quoted_if_it_lies_where_the_prose_says(row, lies, text, tables):
    assert Quotes(tables, "av-digits").row("14_claims", row, lies) == text.replace("S", SPACE)


@pytest.mark.parametrize(
    ("row", "lies"),
    [("gain", "includes 0"), ("loss", "above 0"), ("nothing", "above 0"), ("nothing", "below 0")],
)
def test_an_estimate_that_lies_elsewhere_stops_the_build(row, lies, tables):
    with pytest.raises(LeapError, match=rf"says of {row} on av-digits: {lies}, but .* rewrite"):
        Quotes(tables, "av-digits").row("14_claims", row, lies)


def test_tables_with_several_keys_and_of_another_data_set_are_read(tables):
    text = Quotes(tables, "av-everyday").row("16_gains", ("few", "GloVe"), "above 0")
    assert text == f"+1.0 [+0.5,{SPACE}+1.5]"


def test_a_claim_is_quoted_with_the_verdict_of_the_ledger(tables):
    assert Quotes(tables, "av-digits").claim("gain", "supported").startswith("+2.0")
    with pytest.raises(LeapError, match=r"nothing on av-digits: supported, but .*: inconclusive"):
        Quotes(tables, "av-digits").claim("nothing", "supported")


def test_missing_tables_and_rows_are_named(tables):
    with pytest.raises(LeapError, match=r"14_claims_llp\.csv: no such table, which a conclusion quotes"):
        Quotes(tables, "llp").row("14_claims", "gain", "above 0")
    with pytest.raises(LeapError, match=r"14_claims\.csv: no row other, which a conclusion quotes"):
        Quotes(tables, "av-digits").row("14_claims", "other", "above 0")


def test_values_are_quoted_in_the_order_of_the_prose(tables):
    quotes = Quotes(tables, "av-digits")
    assert quotes.ascending("14_claims", ["loss", "nothing", "gain"], "difference") == ["-2.0", "0.5", "2.0"]
    with pytest.raises(LeapError, match=r"nothing, loss ascend in difference .* are 0\.5, -2"):
        quotes.ascending("14_claims", ["nothing", "loss"], "difference")


def test_a_ratio_of_a_benchmark_is_quoted_if_it_is_above_one(tables):
    quotes, slow, fast = Quotes(tables, "av-digits"), ("d 64", "release"), ("d 64", "ours")
    assert quotes.times("step", slow, fast) == "4.5"
    with pytest.raises(LeapError, match=r"'ours'\) is larger than .* but they are 2 and 9; rewrite"):
        quotes.times("step", fast, slow)

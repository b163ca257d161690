"""Estimates that the prose of a chapter quotes, checked against what the prose says of them.

A conclusion is written by hand. Its numbers come from committed tables, and so does the check of its wording:
an estimate that no longer lies where the sentence says stops the build.
"""

from pathlib import Path
from typing import Any, Literal

import pandas as pd

from leap.errors import LeapError
from leap.experiments.chapters import CHAPTERS
from leap.experiments.tables import format_difference
from leap.experiments.verdicts import Verdict

Place = Literal["above 0", "below 0", "around 0"]
"""Where the interval of a difference lies; an interval around 0 includes it."""

LEDGER = "30_ledger"


def quote(tables: Path, name: str, row: str | tuple[str, ...], dataset: str, lies: Place) -> str:
    """A difference of a committed table and its interval, as text.

    Args:
        tables: folder of the committed tables.
        name: the table; it begins with its chapter's number.
        row: key of the row.
        dataset: the data set that the table was made on.
        lies: where the prose says that the interval lies.

    Raises:
        LeapError: the interval lies elsewhere, or the table or the row is missing.
    """
    found = _row(tables, name, row, dataset)
    actual: Place = "above 0" if found["low"] > 0 else "below 0" if found["high"] < 0 else "around 0"
    return _checked(found, lies, actual, f"{row} on {dataset}")


def quote_claim(tables: Path, claim: str, dataset: str, says: Verdict) -> str:
    """The estimate of a registered claim and its interval, as text.

    Args:
        tables: folder of the committed tables, with the ledger.
        claim: the claim's identity in the registry.
        dataset: the data set.
        says: the verdict in the prose; that of the ledger is adjusted for the number of claims.

    Raises:
        LeapError: the ledger's verdict differs, or the ledger or the claim is missing.
    """
    found = _row(tables, LEDGER, claim, dataset)
    return _checked(found, says, str(found["verdict"]), f"{claim} on {dataset}")


def _row(tables: Path, name: str, row: str | tuple[str, ...], dataset: str) -> dict[str, Any]:
    """A row of a committed table, by column."""
    chapter = next(chapter for chapter in CHAPTERS if chapter.notebook[:2] == name[:2])
    path = tables / f"{chapter.result_name(name, dataset)}.csv"
    if not path.exists():
        raise LeapError(f"{path}: no such table, which a conclusion quotes; make it with PROFILE=full")
    levels = 1 if isinstance(row, str) else len(row)
    rows: dict[Any, dict[Any, Any]] = pd.read_csv(path, index_col=list(range(levels))).to_dict("index")
    if row not in rows:
        raise LeapError(f"{path}: no row {row}, which a conclusion quotes; rewrite it")
    return rows[row]


def _checked(row: dict[str, Any], said: str, actual: str, what: str) -> str:
    """The estimate of a row as text, if it is where the prose says."""
    text = format_difference(row)
    if said != actual:
        raise LeapError(f"a conclusion says that {what} is {said}, but {text} is {actual}; rewrite it")
    return text

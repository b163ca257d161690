"""Estimates that the prose of a chapter quotes, checked against what the prose says of them.

A conclusion is written by hand. Its numbers come from committed tables, and so does the check of its wording:
an estimate that no longer lies where the sentence says stops the build.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from leap.errors import LeapError
from leap.experiments.chapters import CHAPTERS
from leap.experiments.estimates import direction
from leap.experiments.tables import format_difference
from leap.experiments.verdicts import Verdict

Place = Literal["above 0", "below 0", "includes 0"]
"""Where the interval of a difference lies, see `leap.experiments.estimates.direction`."""

Key = str | tuple[str | int, ...]
"""Key of a row: a tuple if the table has several index columns."""

LEDGER = "30_ledger"


@dataclass(frozen=True)
class Quotes:
    """Estimates on a data set, as text with their intervals.

    Attributes:
        tables: folder of the committed tables.
        dataset: the data set.
    """

    tables: Path
    dataset: str

    def claim(self, claim: str, says: Verdict) -> str:
        """The estimate of a registered claim.

        Args:
            claim: the claim's name in the registry.
            says: the verdict in the prose; that of the ledger is adjusted for the number of claims.

        Raises:
            LeapError: the ledger's verdict differs, or the ledger or the claim is missing.
        """
        found = self._row(LEDGER, claim)
        return self._checked(claim, found, says, str(found["verdict"]))

    def row(self, table: str, row: Key, lies: Place) -> str:
        """A difference of another table.

        Args:
            table: the table's name; it begins with the number of its chapter, or is a benchmark's.
            row: key of the row.
            lies: where the prose says that the interval lies.

        Raises:
            LeapError: the interval lies elsewhere, or the table or the row is missing.
        """
        found = self._row(table, row)
        return self._checked(row, found, lies, direction(found))

    def ascending(self, table: str, rows: Sequence[Key], column: str) -> list[str]:
        """Values of several rows of a table, which the prose puts in ascending order.

        Args:
            table: the table's name, as in `row`.
            rows: keys of the rows, from the smallest value to the largest.
            column: the column of the values.

        Raises:
            LeapError: the values do not ascend, or the table or a row is missing.
        """
        values = [float(self._row(table, row)[column]) for row in rows]
        text = [f"{value:.1f}" for value in values]
        if values != sorted(values):
            said = f"a conclusion says that {', '.join(map(str, rows))} ascend in {column} on {self.dataset}"
            raise LeapError(f"{said}, but they are {', '.join(text)}; rewrite the conclusion")
        return text

    def times(self, table: str, larger: tuple[Key, str], smaller: tuple[Key, str]) -> str:
        """How many times as large a value is as another, which the prose says is smaller.

        Args:
            table: the table's name, as in `row`.
            larger: row and column of the larger value.
            smaller: row and column of the smaller value.

        Raises:
            LeapError: the larger value is not larger, or the table or a row is missing.
        """
        high, low = (float(self._row(table, row)[column]) for row, column in (larger, smaller))
        if high <= low:
            said = f"a conclusion says that {larger} is larger than {smaller} in {table}"
            raise LeapError(f"{said}, but they are {high:g} and {low:g}; rewrite the conclusion")
        return f"{high / low:.1f}"

    def _path(self, table: str) -> Path:
        if not table[:2].isdigit():
            return self.tables.parent / "benchmarks" / f"{table}.csv"
        chapter = next(chapter for chapter in CHAPTERS if chapter.notebook[:2] == table[:2])
        return self.tables / f"{chapter.result_name(table, self.dataset)}.csv"

    def _row(self, table: str, row: Key) -> dict[str, Any]:
        path = self._path(table)
        if not path.exists():
            raise LeapError(f"{path}: no such table, which a conclusion quotes; make it with PROFILE=full")
        levels = 1 if isinstance(row, str) else len(row)
        rows: dict[Any, dict[Any, Any]] = pd.read_csv(path, index_col=list(range(levels))).to_dict("index")
        if row not in rows:
            raise LeapError(f"{path}: no row {row}, which a conclusion quotes; rewrite the conclusion")
        return rows[row]

    def _checked(self, row: object, found: dict[str, Any], said: str, actual: str) -> str:
        text = format_difference(found)
        if said != actual:
            what = f"a conclusion says of {row} on {self.dataset}: {said}"
            raise LeapError(f"{what}, but {text}: {actual}; rewrite the conclusion")
        return text

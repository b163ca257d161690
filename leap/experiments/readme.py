"""The result table of the README, written from the committed ledgers."""

import re
from pathlib import Path

import pandas as pd

from leap.data.registry import dataset_title
from leap.errors import LeapError
from leap.experiments.chapters import ledger
from leap.experiments.grid import EMBEDDED
from leap.io.atomic import atomic_write
from leap.io.reason import reason
from leap.io.text_file import read_text


def update_file(readme: Path, results: Path) -> None:
    """Write the result table into a README; arguments and errors as in `update`.

    Raises:
        LeapError: the file cannot be read, or see `update`.
        OSError: the file cannot be written.
    """
    try:
        text = read_text(readme)
    except (OSError, ValueError) as error:
        raise LeapError(f"{readme}: {reason(error)}; give the README of the project") from None
    atomic_write(readme, update(text, results))


def update(text: str, results: Path) -> str:
    """The README with its result table regenerated.

    Args:
        text: the README.
        results: folder of the committed tables.

    Raises:
        LeapError: the text lacks the two comments around the table.
    """
    block = re.compile(r"(<!-- results -->\n).*(<!-- /results -->)", re.DOTALL)
    if not block.search(text):
        raise LeapError("README.md: no <!-- results --> … <!-- /results --> block; add the two comments")
    return block.sub(lambda match: match[1] + result_table(results) + match[2], text)


def result_table(results: Path) -> str:
    """The main claims with their estimates and verdicts on every data set, as Markdown, and all tallies."""
    ledgers = _committed(results)
    head = ["difference, primary measure", *map(dataset_title, ledgers)]
    rows = [
        [f"{title}: {row}", *(_in_words(table, claim) for table in ledgers.values())]
        for title, claims in ledger.HEADLINE.items()
        for row, claim in claims.items()
    ]
    lines = ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]
    return "\n".join([*lines, "", *(ledger.tally(table, name) for name, table in ledgers.items())]) + "\n"


def _in_words(table: pd.DataFrame, claim: str) -> str:
    """The estimate of a claim with its verdict."""
    row = pd.Series(table.loc[claim])
    return f"{ledger.estimate(row)}, {ledger.marked_verdict(row)}"


def _committed(results: Path) -> dict[str, pd.DataFrame]:
    """Data set → its committed ledger, where it exists."""
    names = {dataset: ledger.CHAPTER.result_name("30_ledger", dataset) for dataset in EMBEDDED}
    paths = {dataset: results / "tables" / f"{name}.csv" for dataset, name in names.items()}
    return {d: pd.read_csv(path, index_col="claim") for d, path in paths.items() if path.exists()}

"""The result tables of the README, written from the committed records."""

import re
from pathlib import Path

import pandas as pd

from leap.data.registry import dataset_title
from leap.errors import LeapError
from leap.experiments.chapter import Chapter
from leap.experiments.chapters import decoder_or_loss, leap_vs_mmil, ledger
from leap.experiments.grid import EMBEDDED
from leap.experiments.records import pick, read_records
from leap.experiments.tables import TITLES, format_difference, format_scores, paired, score_table
from leap.io.atomic import atomic_write
from leap.io.reason import reason
from leap.io.text_file import read_text
from leap.training.run import REVISION

COLUMNS = ("seg_type", "seg_event", "evt_type", "evt_event")


def update_file(readme: Path, results: Path) -> None:
    """Write the result table and the ledger into a README; arguments and errors as in `update`.

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
    """The README with its result table and ledger regenerated.

    Args:
        text: the README.
        results: folder of the committed records and tables.

    Raises:
        LeapError: the text lacks the two comments around a table, or the records are missing or damaged.
    """
    return _fill(_fill(text, "results", result_table(results)), "ledger", ledger_table(results))


def _fill(text: str, name: str, content: str) -> str:
    """Replace the text between the two comments of a name."""
    block = re.compile(rf"(<!-- {name} -->\n).*(<!-- /{name} -->)", re.DOTALL)
    if not block.search(text):
        raise LeapError(f"README.md: no <!-- {name} --> … <!-- /{name} --> block; add the two comments")
    return block.sub(lambda match: match[1] + content + match[2], text)


def ledger_table(results: Path) -> str:
    """The committed ledgers as Markdown: tallies, the core comparison, and all verdicts, folded."""
    ledgers = _committed(results, ledger.CHAPTER, "30_ledger")
    lines = [ledger.tally(table, dataset) for dataset, table in ledgers.items()]
    for dataset, table in _committed(results, decoder_or_loss.CHAPTER, "14_claims").items():
        lines.append(decoder_or_loss.conclusion(table, dataset_title(dataset)))
    note = (
        f"{ledger.MARK} registered after the first run. Estimates are × 100, above 0 or above the constant "
        "that a claim names, with 95 % intervals of single tests."
    )
    claims = _markdown(ledger.verdict_table(ledgers).drop(columns="source"))
    lines += ["<details><summary>All claims and verdicts</summary>", claims, note, "</details>"]
    return "\n\n".join(lines) + "\n"


def _committed(results: Path, chapter: Chapter, name: str) -> dict[str, pd.DataFrame]:
    """Data set → a committed table of a chapter, where it exists."""
    paths = {d: results / "tables" / f"{chapter.result_name(name, d)}.csv" for d in EMBEDDED}
    return {d: pd.read_csv(path, index_col="claim") for d, path in paths.items() if path.exists()}


def _markdown(table: pd.DataFrame) -> str:
    """A table of text as Markdown."""
    rows = [[str(table.index.name), *table.columns], *table.reset_index().to_numpy()]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def result_table(results: Path) -> str:
    """Scores and paired differences from MMIL as a Markdown table."""
    records = read_records(results / "records" / f"{leap_vs_mmil.CHAPTER.notebook}.jsonl.gz")
    data = records[0].data
    grid = leap_vs_mmil.grid("full", data["name"])
    runs = {system: pick(records, configs, data["checksum"]) for system, configs in grid.items()}
    lines = [
        "| " + " | ".join(["", *(TITLES[name] for name in COLUMNS), "evt Event@AV − MMIL", "seeds"]) + " |",
        "|---" * (len(COLUMNS) + 3) + "|",
    ]
    readable = format_scores(score_table(runs))
    for system, records in runs.items():
        scores = [str(readable.loc[system, TITLES[name]]) for name in COLUMNS]
        difference = "" if system == "MMIL" else format_difference(paired(records, runs["MMIL"], "evt_event"))
        lines.append("| " + " | ".join([system, *scores, difference, str(len(records))]) + " |")
    return "\n".join(lines) + f"\n\n<sub>AV-Digits (test), profile full, revision {REVISION}.</sub>\n"

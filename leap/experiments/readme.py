"""The result tables of the README, written from the committed records."""

import re
from pathlib import Path

import pandas as pd

from leap.errors import LeapError
from leap.experiments.chapters import leap_vs_mmil
from leap.experiments.chapters.decoder_or_loss import conclusion
from leap.experiments.chapters.ledger import other_loss_in_words, readable, tally
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
    """The committed ledger as Markdown: tally, comparisons beyond it, and folded list of entries."""
    texts = {"published": str, "measured": str}
    table = pd.read_csv(results / "tables" / "30_ledger.csv", dtype=texts).fillna(dict.fromkeys(texts, ""))
    lines = [tally(table), ""]
    other = results / "tables" / "30_other_loss.csv"
    if other.exists():
        words = other_loss_in_words(pd.read_csv(other, index_col=["system", "score"]))
        lines += [f"The verdicts on LEAP against MMIL are bound to L_basic. {words}", ""]
    claims = results / "tables" / "14_claims.csv"
    if claims.exists():
        lines += [conclusion(pd.read_csv(claims, index_col="claim"), "AV-Everyday"), ""]
    lines += ["<details><summary>All entries and verdicts</summary>", ""]
    lines += ["| verdict | claim | published on LLP | measured on AV-Digits |", "|---" * 4 + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in readable(table).itertuples()]
    return "\n".join([*lines, "", "</details>", ""])


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

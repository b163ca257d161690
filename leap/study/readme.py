"""The result table of the README, written from the committed records."""

import re
from pathlib import Path

from leap.errors import LeapError
from leap.study.chapters import NOTEBOOKS
from leap.study.records import REVISION, pick, read_records
from leap.study.tables import TITLES, format_difference, format_scores, paired, score_table

NOTEBOOK = "02_leap_vs_mmil"
COLUMNS = ("seg_type", "seg_event", "evt_type", "evt_event")
BLOCK = re.compile(r"(<!-- results -->\n).*(<!-- /results -->)", re.DOTALL)


def update(text: str, results: Path) -> str:
    """The README's text with its result table made again.

    Raises:
        LeapError: if the text has no place for the table.
    """
    if not BLOCK.search(text):
        raise LeapError("README.md: no <!-- results --> … <!-- /results --> block; add the two comments")
    return BLOCK.sub(lambda match: match[1] + result_table(results) + match[2], text)


def result_table(results: Path) -> str:
    """Scores and paired differences from MMIL as a Markdown table."""
    records = read_records(results / "records" / f"{NOTEBOOK}.jsonl.gz")
    data = records[0].data
    grid = NOTEBOOKS[NOTEBOOK]("full", data["name"])
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

"""``leap score``: scores of any system's predictions on LLP."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from leap.cli.options import Exclusive, Ious, PerClass, Repair

Scores = Mapping[str, float | None]


class AnnotatedSplit(StrEnum):
    """The splits of LLP with dense labels."""

    VAL = "val"
    TEST = "test"


def score(
    annotations: Annotated[Path, typer.Option(help="Folder of LLP's annotation files.")],
    audio: Annotated[Path, typer.Option(help="Predicted audio events, a table in the annotations' format.")],
    visual: Annotated[Path, typer.Option(help="Predicted visual events, likewise.")],
    split: Annotated[AnnotatedSplit, typer.Option(help="Split of LLP.")] = AnnotatedSplit.TEST,
    repair: Annotated[Repair, typer.Option(help="Which defects of the annotations to repair.")] = Repair.NONE,
    per_class: PerClass = False,
    overlap: Annotated[bool, typer.Option("--overlap", help="Also score the videos with overlap.")] = False,
    exclusive: Exclusive = False,
    ious: Ious = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all results as JSON.")] = False,
) -> None:
    """Score the predictions of any system on LLP, given as two tables of events."""
    from leap.inference.score_files import score_files

    result = score_files(annotations, split.value, audio, visual, repair.value)
    if as_json:
        print(json.dumps(result, indent=2))
        return
    print(f"LLP {split}, {result['videos']} videos, {result['without_prediction']} without predicted events")
    print(_table({"all videos": result["scores"]}))
    if overlap and result["overlap"]:
        print(f"\nvideos with overlapping events: {result['overlap']['videos']}")
        print(_table({"overlap": result["overlap"]["scores"]}))
    if exclusive:
        print("\nonly heard (a), only seen (v), both (av)")
        print(_table({"all videos": result["exclusive"]}))
    if ious:
        print("\nevents by the smallest temporal IoU")
        print(_table(result["ious"]))
    if per_class:
        print("\neach class, pooled over videos")
        print(_table(result["per_class"]))


def _table(rows: Mapping[str, Scores]) -> str:
    columns = list(next(iter(rows.values())))
    lines = ["".join([f"{'':24}", *(f"{name:>11}" for name in columns)])]
    lines += [f"{name:24}" + "".join(_cell(row[column]) for column in columns) for name, row in rows.items()]
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    return f"{'–' if value is None else format(value, '.2f'):>11}"

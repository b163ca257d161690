"""``leap score``: scores of any system's predictions on LLP."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from leap.cli.options import Repair, Split, SplitOption

Scores = Mapping[str, float | None]


def score(
    annotations: Annotated[Path, typer.Option(help="Folder of LLP's annotation files.")],
    audio: Annotated[Path, typer.Option(help="Predicted audio events, in the annotations' format.")],
    visual: Annotated[Path, typer.Option(help="Predicted visual events, likewise.")],
    split: SplitOption = Split.TEST,
    repair: Annotated[Repair, typer.Option(help="What to mend in the annotations.")] = Repair.NONE,
    per_class: Annotated[bool, typer.Option("--per-class", help="Also the scores of each class.")] = False,
    overlap: Annotated[bool, typer.Option("--overlap", help="Also on videos with overlap.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Score predictions of any system on LLP, from two tables of events."""
    from leap.inference.score_files import score_files

    result = score_files(annotations, split, audio, visual, repair.value)
    if as_json:
        print(json.dumps(result, indent=2))
        return
    print(f"LLP {split}, {result['videos']} videos, {result['without_prediction']} without predicted event")
    print(_table({"all videos": result["scores"]}))
    if overlap and result["overlap"]:
        print(f"\nvideos with overlapping events: {result['overlap']['videos']}")
        print(_table({"overlap": result["overlap"]["scores"]}))
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

"""``leap diagnose``: what is wrong with predictions, and what fixing it would gain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leap.cli.completion import shipped_models
from leap.cli.options import Data, Force, ProtocolOption, Repair, Split, SplitOption, check_out_folder
from leap.cli.outputs import check_outputs
from leap.errors import LeapError

if TYPE_CHECKING:
    from leap.inference.scored_predictions import ScoredPredictions

NAMED = 10
"""Number of videos without predictions that are named in the text."""


def diagnose(
    model: Annotated[
        str,
        typer.Option(help="Trained parser, or one of leap models list.", autocompletion=shipped_models),
    ] = "",
    data: Data = "",
    annotations: Annotated[Path | None, typer.Option(help="Folder of LLP's annotation files.")] = None,
    audio: Annotated[Path | None, typer.Option(help="Table of predicted audio events.")] = None,
    visual: Annotated[Path | None, typer.Option(help="Table of predicted visual events.")] = None,
    split: SplitOption = Split.TEST,
    protocol: ProtocolOption = "",
    repair: Annotated[
        Repair, typer.Option(help="Which defects of LLP's annotations to repair.")
    ] = Repair.NONE,
    out: Annotated[Path | None, typer.Option(help="Folder for tables and a figure.")] = None,
    force: Force = False,
) -> None:
    """Attribute every wrong event to one type of error, and compute what fixing each type would gain.

    Predictions are those of --model on --data; the tables --audio and --visual, on LLP's --annotations or on
    --data; or, with --data only, its pseudo-labels.
    """
    from leap.diagnosis import diagnose as diagnose_predictions
    from leap.diagnosis.report import as_text

    if out:
        from leap.visualization.diagnosis import diagnosis_files, write_diagnosis

        check_out_folder(out)
        check_outputs(diagnosis_files(out), [model, data, annotations, audio, visual], force)
    found = _predictions(model, data, annotations, audio, visual, split, protocol, repair)
    diagnosis = diagnose_predictions(*found.cubes, found.classes)
    print(f"{found.title}, {len(found.videos)} videos\n{_without(found)}\n\n{as_text(diagnosis)}")
    if out:
        print("", *write_diagnosis(diagnosis, found, out), sep="\n")


def _predictions(
    model: str,
    data: str,
    annotations: Path | None,
    audio: Path | None,
    visual: Path | None,
    split: Split,
    protocol: str,
    repair: Repair,
) -> ScoredPredictions:
    """The predictions that the options name.

    Raises:
        LeapError: the options do not go together, or what they name cannot be read.
    """
    from leap.data.registry import open_dataset
    from leap.inference import scored_predictions as source

    tables = bool(audio and visual)
    for wrong, message in (
        (bool(audio) != bool(visual), "give both --audio and --visual, or neither"),
        (tables and model, "--audio and --visual are predictions of their own; leave out --model"),
        (annotations and not tables, "--annotations needs --audio and --visual"),
        (annotations and data, "give --annotations or --data, not both"),
        (not (annotations or data or model), "nothing to diagnose; give --model, --data or --annotations"),
        (protocol and not model, "--protocol decodes a parser's probabilities; give --model"),
        (repair != Repair.NONE and not annotations, "--repair is for LLP's --annotations"),
    ):
        if wrong:
            raise LeapError(message)
    if annotations and audio and visual:
        return source.tables_on_llp(annotations, split, audio, visual, repair.value)
    with open_dataset(data or "av-digits") as store:
        if audio and visual:
            return source.tables_on_store(store, split, audio, visual)
        if model:
            return source.predictions_of_parser(model, store, split, protocol)
        return source.pseudo_labels_of(store, split)


def _without(found: ScoredPredictions) -> str:
    """How many videos have no predicted event, and the first of them."""
    names = found.without_prediction
    more = [f"and {len(names) - NAMED} more"] if len(names) > NAMED else []
    listed = f": {', '.join([*names[:NAMED], *more])}" if names else ""
    return f"{len(names)} without predicted events{listed}"

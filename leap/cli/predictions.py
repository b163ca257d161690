"""``leap predictions``: signed score files of any system's predictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leap import __version__
from leap.cli.completion import shipped_models
from leap.cli.options import Data, Device, Force, ProtocolOption, Split, SplitOption, check_out_folder
from leap.cli.outputs import check_outputs
from leap.errors import LeapError

if TYPE_CHECKING:
    from leap.inference.scored_predictions import ScoredPredictions

app = typer.Typer(no_args_is_help=True, help="Signed score files of any system's predictions.")

Annotations = Annotated[Path | None, typer.Option(help="Folder of LLP's annotation files.")]
Audio = Annotated[Path | None, typer.Option(help="Table of predicted audio events.")]
Visual = Annotated[Path | None, typer.Option(help="Table of predicted visual events.")]
Tables = tuple[Path, Path]


@app.command()
def sign(
    system: Annotated[str, typer.Option(help="Name of the system.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
    annotations: Annotations = None,
    data: Data = "",
    audio: Audio = None,
    visual: Visual = None,
    model: Annotated[
        str,
        typer.Option(
            help="Trained parser, or one of leap models list, whose tables are written beside --out.",
            autocompletion=shipped_models,
        ),
    ] = "",
    split: SplitOption = Split.TEST,
    protocol: ProtocolOption = "",
    labels: Annotated[str, typer.Option(help="Labels on which the system was trained.")] = "",
    source: Annotated[str, typer.Option(help="Address or citation of the system.")] = "",
    device: Device = "cpu",
    force: Force = False,
) -> None:
    """Score predictions, and write a file that ties the scores to tables and annotations.

    Predictions are the tables --audio and --visual, on LLP's --annotations or on --data, or those of --model
    on --data. The signature shows that the file is unchanged, not who made it.
    """
    from leap.inference.signed_scores import score_and_sign, write_signed

    if out.suffix != ".json":
        raise LeapError(f"{out}: signed scores are written as .json; end the name with it")
    check_out_folder(out.parent)
    tables, stem = _tables(audio, visual), out.with_suffix("")
    made = Path(f"{stem}_audio.tsv"), Path(f"{stem}_visual.tsv")
    check_outputs([out, *(() if tables else made)], [annotations, data, audio, visual, model], force)
    if tables and model:
        raise LeapError("--audio and --visual are predictions of their own; leave out --model")
    if tables:
        found, dataset = _of_tables(annotations, data, split, tables, protocol)
    else:
        found, dataset = _of_parser(model, annotations, data, split, protocol, device)
        _write_tables(found, made)
    stated = {"system": system, "labels": labels, "source": source, "leap": __version__}
    write_signed(score_and_sign(found, dataset, split.value, tables or made, **stated), out)
    print(out, *(() if tables else made), sep="\n")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A file of leap predictions sign.")],
    annotations: Annotations = None,
    data: Data = "",
    audio: Audio = None,
    visual: Visual = None,
) -> None:
    """Check the signature of a score file and, with its tables, that the scores follow from them.

    Tables are --audio and --visual, on LLP's --annotations or on --data, by default the file's data set.
    """
    from leap.inference.signed_scores import check_signed, is_official, read_signed

    scores, tables = read_signed(file), _tables(audio, visual)
    if tables:
        name = data or ("" if annotations else scores.dataset)
        found, _ = _of_tables(annotations, name, Split(scores.split), tables)
        check_signed(scores, found, tables)
    elif annotations or data:
        raise LeapError("give --audio and --visual, too; without tables, only the signature is checked")
    print(f"{scores.system} on {scores.dataset}, {scores.split}: unchanged since {scores.date}")
    print("the scores follow from the tables" if tables else "the scores were not compared with tables")
    if scores.dataset == "llp":
        print(f"the annotations are {'' if is_official(scores) else 'not '}LLP's official ones")


def _tables(audio: Path | None, visual: Path | None) -> Tables | None:
    """Both tables, or None if neither is given."""
    if bool(audio) != bool(visual):
        raise LeapError("give both --audio and --visual, or neither")
    return (audio, visual) if audio and visual else None


def _of_tables(
    annotations: Path | None, data: str, split: Split, tables: Tables, protocol: str = ""
) -> tuple[ScoredPredictions, str]:
    """The predictions of two tables, and the name of their data set."""
    from leap.data.registry import open_dataset
    from leap.inference.protocols import named_protocol
    from leap.inference.scored_predictions import tables_on_llp, tables_on_store

    if bool(annotations) == bool(data):
        raise LeapError("give --annotations, for LLP, or --data")
    stated = named_protocol(protocol) if protocol else None
    if annotations:
        return replace(tables_on_llp(annotations, split, *tables), protocol=stated), "llp"
    with open_dataset(data) as store:
        return replace(tables_on_store(store, split, *tables), protocol=stated), store.dataset


def _of_parser(
    model: str, annotations: Path | None, data: str, split: Split, protocol: str, device: str
) -> tuple[ScoredPredictions, str]:
    """The predictions of a trained parser, and the name of the data set."""
    from leap.data.registry import open_dataset
    from leap.inference.scored_predictions import predictions_of_parser
    from leap.training.distributed import check_device

    if annotations or not (model and data):
        raise LeapError("give the tables --audio and --visual, or --model and --data")
    check_device(device)
    with open_dataset(data) as store:
        return predictions_of_parser(model, store, split, protocol, device), store.dataset


def _write_tables(found: ScoredPredictions, paths: Tables) -> None:
    from leap.data.annotations import write_events
    from leap.metrics.arrays import as_array

    for path, cube in zip(paths, (found.pred_audio, found.pred_visual), strict=True):
        write_events(path, found.videos, as_array(cube), found.classes)

"""Options that several commands share, and checks of their values before any computation."""

import csv
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer

from leap.cli.completion import DATASETS, DEVICES, PROTOCOLS, one_of, shipped_models
from leap.errors import LeapError
from leap.io.reason import reason


class Split(StrEnum):
    """Splits of a data set."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


Config = Annotated[Path, typer.Argument(help="Run config, a JSON file; - for standard input.")]
Device = Annotated[
    str, typer.Option(help="Where to compute: cpu, or cuda for a GPU.", autocompletion=one_of(DEVICES))
]
Data = Annotated[
    str,
    typer.Option(help="Name of a data set or path of its store.", autocompletion=one_of(DATASETS)),
]
Model = Annotated[
    Path,
    typer.Option(
        help="Folder or .safetensors file of a trained parser, or one of leap models list.",
        autocompletion=shipped_models,
    ),
]
ProtocolOption = Annotated[
    str,
    typer.Option(
        "--protocol",
        help="A release's protocol; if not given the parser's.",
        autocompletion=one_of(PROTOCOLS),
    ),
]
Out = Annotated[Path, typer.Option(help="Folder to write to.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that leap did not write.")]
Results = Annotated[Path, typer.Option(help="Folder of results.")]
Weights = Annotated[
    Path | None, typer.Option(help="Folder of the networks' weights; by default in the user's cache.")
]
Exclusive = Annotated[
    bool, typer.Option("--exclusive", help="Also score what is only heard, only seen, and both.")
]
Ious = Annotated[bool, typer.Option("--ious", help="Also score events at temporal IoUs from 0.1 to 0.9.")]
PerClass = Annotated[bool, typer.Option("--per-class", help="Also print each class's scores.")]
SplitOption = Annotated[Split, typer.Option("--split", help="Split of the data set.")]


class Repair(StrEnum):
    """Repairs of LLP's annotations; `leap.data.annotations.Repair` describes them."""

    NONE = "none"
    UPSTREAM = "upstream"
    ALL = "all"


class Norm(StrEnum):
    """Position of VALOR's layer normalisation: after the sublayers or before them."""

    POST = "post"
    PRE = "pre"


def list_classes(value: str) -> list[str]:
    """Names of classes: the lines of a file, or separated by commas; quotes keep the commas of a name.

    Args:
        value: value of ``--classes``.

    Raises:
        LeapError: the file cannot be read or repeats a class.

    Example:
        >>> list_classes('Dog, "Chicken, rooster"')
        ['Dog', 'Chicken, rooster']
    """
    from leap.label_embeddings.prompts import read_classes

    if Path(value).is_file():
        return list(read_classes(Path(value)))
    return next(csv.reader([value], skipinitialspace=True))


def check_out_folder(out: Path) -> None:
    """Refuse a folder that cannot be written, before any computation.

    Args:
        out: value of ``--out``; it need not exist.

    Raises:
        LeapError: the path, or its nearest existing parent, is not a folder or not writable.
    """
    existing = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise LeapError(f"{existing}: is a file; --out must be a folder")
    try:
        with TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise LeapError(f"{existing}: {reason(error)}; choose another --out") from None

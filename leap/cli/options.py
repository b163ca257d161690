"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Device = Annotated[str, typer.Option(help="Where to compute: cpu, or cuda for a GPU.")]
Data = Annotated[str, typer.Option(help="Name of a data set or path of its store.")]
Model = Annotated[Path, typer.Option(help="Folder or .safetensors file of a trained parser.")]
Out = Annotated[Path, typer.Option(help="Folder or file to write.")]
Results = Annotated[Path, typer.Option(help="Folder of results.")]
Weights = Annotated[Path | None, typer.Option(help="Folder of networks' weights; in the cache if not given.")]
Split = Annotated[str, typer.Option(help="train, val or test.")]


class Repair(StrEnum):
    """What to mend in the annotations; `leap.data.annotations.Repair` says what each means."""

    NONE = "none"
    UPSTREAM = "upstream"
    ALL = "all"


class Norm(StrEnum):
    """Where VALOR normalises: after its sublayers or before."""

    POST = "post"
    PRE = "pre"

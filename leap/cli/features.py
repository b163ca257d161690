"""``leap features``: features of videos."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from leap.cli.options import Weights

app = typer.Typer(no_args_is_help=True, help="Features of videos, in LLP's official layout.")


@app.callback()
def features() -> None:
    """Features of videos, in LLP's official layout."""


@app.command()
def extract(
    folder: Annotated[Path, typer.Argument(help="Folder of video files.")],
    out: Annotated[Path, typer.Option(help="Root of the official layout.")],
    kinds: Annotated[str, typer.Option(help="Of audio, visual_2d, visual_3d and clip, with commas.")] = (
        "audio,visual_2d,visual_3d"
    ),
    weights: Weights = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Extract features of all videos of a folder; goes on where it was stopped.

    Videos that cannot be read are named at the end; the others are done nevertheless.
    """
    from leap.extract.folder import extract_folder
    from leap.extract.weights import weights_folder

    problems = extract_folder(folder, out, kinds.split(","), weights or weights_folder(), workers)
    for problem in problems:
        print(f"leap: {problem}", file=sys.stderr)
    raise SystemExit(2 if problems else 0)

"""``leap features``: features of videos."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from leap.cli.options import Weights
from leap.errors import LeapError

app = typer.Typer(no_args_is_help=True, help="Features of videos, in LLP's official layout.")


@app.callback()
def features() -> None:
    """Features of videos, in LLP's official layout."""


@app.command()
def extract(
    folder: Annotated[Path, typer.Argument(help="Folder of video files.")],
    out: Annotated[Path, typer.Option(help="Root of the official layout.")],
    kinds: Annotated[
        str,
        typer.Option(
            help="With commas, of audio, visual_2d, visual_3d, clip, clap, audioset, "
            "pseudo_audio and pseudo_visual."
        ),
    ] = "audio,visual_2d,visual_3d",
    prompts: Annotated[
        str, typer.Option(help="Of pseudo labels: valor, a JSON file of prompts, or a file of class names.")
    ] = "",
    weak: Annotated[
        list[Path] | None, typer.Option(help="Table of weak labels that restrict pseudo labels; repeat.")
    ] = None,
    weights: Weights = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Extract features and pseudo labels of all videos of a folder; goes on where it was stopped.

    Videos that cannot be read are named at the end; the others are done nevertheless.
    """
    from leap.data.custom import weak_by_file
    from leap.features.extraction import Making, extract_folder
    from leap.features.pseudo_labels import read_teaching
    from leap.features.weights import weights_folder

    teaching = read_teaching(prompts) if prompts else None
    if weak and teaching is None:
        raise LeapError("--weak restricts pseudo labels; give --prompts and ask for them in --kinds")
    known = weak_by_file(weak, tuple(teaching.classes)) if weak and teaching else None
    making = Making(weights or weights_folder(), teaching, known)
    problems = extract_folder(folder, out, kinds.split(","), making, workers)
    for problem in problems:
        print(f"leap: {problem}", file=sys.stderr)
    raise SystemExit(2 if problems else 0)

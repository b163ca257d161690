"""``leap features``: features and pseudo-labels of videos."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from leap.cli.completion import KINDS, listed
from leap.cli.options import Weights, check_out_folder
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
            help="Separated by commas: audio, visual_2d, visual_3d, clip, clap, audioset, yamnet, "
            "efficientnet_lite0, efficientnet_lite1, pseudo_audio, pseudo_visual.",
            autocompletion=listed(KINDS),
        ),
    ] = "audio,visual_2d,visual_3d",
    prompts: Annotated[
        str, typer.Option(help="For pseudo-labels: valor, a JSON file of prompts, or a file of class names.")
    ] = "",
    weak: Annotated[
        list[Path] | None,
        typer.Option(help="Table of weak labels to which pseudo-labels are restricted; may be repeated."),
    ] = None,
    weights: Weights = None,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes.")] = 1,
) -> None:
    """Extract features and pseudo-labels of all videos of a folder; existing files are skipped.

    Videos that cannot be read are listed at the end; the others are still processed.
    """
    from leap.data.custom import weak_by_file
    from leap.features.extraction import Extraction, extract_folder
    from leap.features.prompts import read_prompt_set
    from leap.features.weights import weights_folder

    check_out_folder(out)
    prompt_set = read_prompt_set(prompts) if prompts else None
    if weak and prompt_set is None:
        raise LeapError("--weak restricts pseudo-labels; give --prompts and ask for them in --kinds")
    labels = weak_by_file(weak, tuple(prompt_set.classes)) if weak and prompt_set else None
    extraction = Extraction(weights or weights_folder(), prompt_set, labels)
    problems = extract_folder(folder, out, kinds.split(","), extraction, workers)
    for problem in problems:
        print(f"leap: {problem}", file=sys.stderr)
    raise SystemExit(2 if problems else 0)

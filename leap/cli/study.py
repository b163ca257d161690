"""``leap study``: commands that execute notebooks, choose settings and update the README."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from leap.cli.options import Data, Force, Results, Weights
from leap.cli.outputs import check_outputs
from leap.errors import LeapError


class EncoderName(StrEnum):
    """Encoders of `leap.experiments.cells.ENCODERS`."""

    HAN = "HAN"
    MM_PYR = "MM-Pyr"


app = typer.Typer(no_args_is_help=True, help="Runs, notebooks and records of the studies.")


@app.command("notebook")
def study_notebook(
    notebook: Annotated[Path, typer.Argument(help="A parameterised notebook.")],
    out: Annotated[Path, typer.Option(help="Where the executed copy goes.")],
    parameter: Annotated[list[str] | None, typer.Option("-p", help="NAME=VALUE, repeatable.")] = None,
    force: Force = False,
) -> None:
    """Execute a notebook with papermill; an unknown parameter or a failing cell is an error."""
    from leap.experiments.notebooks import execute, failed_copy

    check_outputs([out, failed_copy(out)], [notebook], force)
    execute(notebook, out, dict(_pair(text) for text in parameter or []))
    print(out)


@app.command("search")
def study_search(
    data: Data = "av-digits",
    results: Results = Path("results"),
    out: Annotated[Path | None, typer.Option(help="JSON file to write; RESULTS/selected.json.")] = None,
    force: Force = False,
) -> None:
    """Choose every system's hyper-parameters on val and write them to a file.

    Studies read leap/experiments/selected.json: copy the file there to use the settings.
    """
    from leap.data.registry import open_dataset
    from leap.experiments.search import select

    path = out or results / "selected.json"
    check_outputs([path], [data], force)
    select(open_dataset(data), results, path)
    print(path)


@app.command("choose")
def study_choose(
    data: Data = "av-digits",
    encoder: Annotated[EncoderName, typer.Option(help="Encoder of the cells.")] = EncoderName.HAN,
    results: Results = Path("results"),
    out: Annotated[
        Path | None, typer.Option(help="JSON file to write; RESULTS/chosen_settings.json.")
    ] = None,
    force: Force = False,
) -> None:
    """Choose the settings of every cell of decoder, coupling and loss on val and write them to a file.

    Studies read leap/experiments/chosen_settings.json: copy the file there to use the settings.
    """
    from leap.data.registry import open_dataset
    from leap.experiments.choose import choose

    path = out or results / "chosen_settings.json"
    check_outputs([path], [data], force)
    choose(encoder.value, open_dataset(data), results, path)
    print(path)


@app.command("tagger")
def study_tagger(
    material: Annotated[Path, typer.Option(help="Folder made by `leap data fetch av-everyday`.")],
    weights: Weights = None,
    results: Results = Path("results"),
) -> None:
    """Choose the tagger's thresholds and smoothing on AV-Everyday's val; prints the settings as JSON.

    The tagger reads leap/features/taggers/thresholds.json: write the output there to use the settings.
    RESULTS/tables/tagger_thresholds.csv lists what was compared.
    """
    from leap.experiments.tagger_thresholds import choose_settings
    from leap.features.weights import weights_folder

    print(choose_settings(material, weights or weights_folder(), results))


@app.command("rotations")
def study_rotations(
    stores: Annotated[
        list[Path], typer.Argument(help="Stores made by `leap data build av-everyday --rotation 0` to 4.")
    ],
    results: Results = Path("results"),
) -> None:
    """Repeat the core comparison of decoders on every rotation of AV-Everyday's folds.

    RESULTS/records and RESULTS/tables get the records of the runs and the estimates.
    """
    from leap.experiments.rotations import run_rotations

    print(run_rotations(stores, results))


@app.command("readme")
def study_readme(
    readme: Annotated[Path, typer.Argument(help="The README.")] = Path("README.md"),
    results: Results = Path("results"),
) -> None:
    """Write the committed results into the README's table."""
    from leap.experiments.readme import update_file

    update_file(readme, results)
    print(readme)


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise LeapError(f"parameter {text!r}: write NAME=VALUE")
    return name, value

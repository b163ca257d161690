"""The ``leap`` command."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from leap.errors import LeapError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
data_app = typer.Typer(no_args_is_help=True, help="Build, fetch and measure data sets.")
study_app = typer.Typer(no_args_is_help=True, help="Runs, notebooks and records of the studies.")
app.add_typer(data_app, name="data")
app.add_typer(study_app, name="study")

Config = Annotated[Path, typer.Argument(help="Run config, a JSON file; - for standard input.")]
Data = Annotated[str, typer.Option(help="Name of a data set or path of its store.")]
Model = Annotated[Path, typer.Option(help="Folder of a trained parser.")]
Out = Annotated[Path, typer.Option(help="Folder or file to write.")]
Results = Annotated[Path, typer.Option(help="Folder of results.")]
Split = Annotated[str, typer.Option(help="train, val or test.")]


@app.command()
def run(config: Config, data: Data = "", results: Results = Path("results")) -> None:
    """Make one run: train, evaluate, write its record; prints the record's path."""
    from leap.config import read_config
    from leap.data.store import open_dataset
    from leap.study.runs import RECORD, make_run, run_folder

    settings = read_config(config)
    store = open_dataset(data or settings.dataset)
    make_run(settings, store, results)
    print(run_folder(settings, store, results) / RECORD)


@app.command()
def train(config: Config, out: Out, data: Data = "") -> None:
    """Train a parser and save it in a folder; goes on from a checkpoint found there."""
    from leap.config import read_config
    from leap.data.store import open_dataset
    from leap.study.runs import save_run_parser
    from leap.study.runs import train as train_parser

    settings = read_config(config)
    store = open_dataset(data or settings.dataset)
    parser, progress = train_parser(settings, store, out)
    print(save_run_parser(parser, settings, store, out))
    print(f"best epoch {progress.best_epoch}: val segment Type@AV {progress.best_score:.2f}")


@app.command()
def evaluate(model: Model, data: Data = "av-digits", split: Split = "test") -> None:
    """Score a trained parser on a split; prints the ten scores as JSON."""
    from leap.data.store import open_dataset
    from leap.engine import evaluate as evaluate_parser
    from leap.models.checkpoint import check_fit, load_parser

    store = open_dataset(data)
    parser, description = load_parser(model)
    check_fit(description, store.classes, store.widths)
    print(json.dumps(evaluate_parser(parser, store.videos(split), description.protocol), indent=2))


@app.command()
def parse(
    store: Annotated[str, typer.Argument(metavar="INPUT", help="Name of a data set or path of its store.")],
    model: Model,
    out: Out,
    video: Annotated[str, typer.Option(help="Video id; the first of the split if not given.")] = "",
    split: Split = "test",
) -> None:
    """Parse one video of a store and draw its timeline; prints the figure's path."""
    from leap.data.store import open_dataset
    from leap.study.parsed import parse_to_figure

    print(parse_to_figure(model, open_dataset(store), split, video, out))


@data_app.command("build")
def data_build(
    dataset: Annotated[str, typer.Argument(help="Only av-digits is built from raw signals.")],
    recordings: Annotated[Path, typer.Option(help="Folder of the Free Spoken Digit Dataset's wav files.")],
    out: Annotated[Path, typer.Option(help="Folder for the store and the networks.")] = Path("av_digits"),
    seed: int = 0,
) -> None:
    """Build a data set from its raw signals."""
    from leap.data.digits import build_av_digits

    _only_av_digits(dataset)
    print(build_av_digits(recordings, out, seed))


@data_app.command("fetch")
def data_fetch(
    dataset: Annotated[str, typer.Argument(help="Only av-digits has raw signals to fetch.")],
    out: Annotated[Path, typer.Option(help="Folder for the recordings.")] = Path("recordings"),
) -> None:
    """Download a data set's raw signals, checked by SHA-256."""
    from leap.data.digits import fetch_recordings

    _only_av_digits(dataset)
    print(fetch_recordings(out))


@data_app.command("measure-layouts")
def data_measure_layouts(
    annotations: Annotated[Path, typer.Option(help="Folder of LLP's annotation files.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
) -> None:
    """Measure the event layouts of LLP that the sampler imitates."""
    from leap.data.layouts import measure_layouts

    measure_layouts(annotations, out)
    print(out)


@study_app.command("notebook")
def study_notebook(
    notebook: Annotated[Path, typer.Argument(help="A parameterised notebook.")],
    out: Annotated[Path, typer.Option(help="Where the executed copy goes.")],
    parameter: Annotated[list[str] | None, typer.Option("-p", help="NAME=VALUE, repeatable.")] = None,
) -> None:
    """Execute a notebook with papermill; an unknown parameter or a failing cell is an error."""
    from leap.study.notebooks import execute

    execute(notebook, out, dict(_pair(text) for text in parameter or []))
    print(out)


@study_app.command("search")
def study_search(data: Data = "av-digits", results: Results = Path("results")) -> None:
    """Choose every system's hyper-parameters on val and write them to the package."""
    from importlib.resources import files

    from leap.data.store import open_dataset
    from leap.study.search import select

    path = Path(str(files("leap.study").joinpath("selected.json")))
    select(open_dataset(data), results, path)
    print(path)


@study_app.command("readme")
def study_readme(
    readme: Annotated[Path, typer.Argument(help="The README.")] = Path("README.md"),
    results: Results = Path("results"),
) -> None:
    """Write the committed results into the README's table."""
    from leap.files import atomic_write
    from leap.study.readme import update

    atomic_write(readme, update(readme.read_text(encoding="utf-8"), results))
    print(readme)


def main() -> None:
    """Run the command; what a user can mend is one line on stderr and exit status 2."""
    try:
        app()
    except (LeapError, OSError) as error:
        print(f"leap: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def _only_av_digits(dataset: str) -> None:
    if dataset != "av-digits":
        raise LeapError(f"unknown data set {dataset!r}; the raw signals of av-digits are known")


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise LeapError(f"parameter {text!r}: write NAME=VALUE")
    return name, value

"""``leap data``: commands that make and examine data sets."""

import json
from pathlib import Path
from typing import Annotated

import typer

from leap.errors import LeapError

app = typer.Typer(no_args_is_help=True, help="Build, fetch and measure data sets.")


@app.command("build")
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


@app.command("fetch")
def data_fetch(
    dataset: Annotated[str, typer.Argument(help="Only av-digits has raw signals to fetch.")],
    out: Annotated[Path, typer.Option(help="Folder for the recordings.")] = Path("recordings"),
) -> None:
    """Download a data set's raw signals, checked by SHA-256."""
    from leap.data.digits import fetch_recordings

    _only_av_digits(dataset)
    print(fetch_recordings(out))


@app.command("check")
def data_check(
    dataset: Annotated[str, typer.Argument(help="Only llp has annotation files to check.")],
    annotations: Annotated[Path, typer.Option(help="Folder of LLP's annotation files.")],
    strict: Annotated[bool, typer.Option("--strict", help="Findings are an error.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every finding as JSON.")] = False,
) -> None:
    """Count and name the defects of a data set's annotation files."""
    from leap.data.llp.check import check_annotations, report

    if dataset != "llp":
        raise LeapError(f"unknown data set {dataset!r}; the annotation files of llp are known")
    findings = check_annotations(annotations)
    print(json.dumps([finding._asdict() for finding in findings], indent=2) if as_json else report(findings))
    if strict and findings:
        raise SystemExit(2)


@app.command("measure-layouts")
def data_measure_layouts(
    annotations: Annotated[Path, typer.Option(help="Folder of LLP's annotation files.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
) -> None:
    """Measure the event layouts of LLP that the sampler imitates."""
    from leap.data.layouts import measure_layouts

    measure_layouts(annotations, out)
    print(out)


def _only_av_digits(dataset: str) -> None:
    if dataset != "av-digits":
        raise LeapError(f"unknown data set {dataset!r}; the raw signals of av-digits are known")

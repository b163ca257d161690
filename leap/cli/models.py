"""``leap models``: the trained parsers that ship with the package."""

import typer

app = typer.Typer(no_args_is_help=True, help="Trained parsers that ship with the package.")


@app.callback()
def _group() -> None:
    """Keep the name of the only command."""


@app.command("list")
def list_models() -> None:
    """List the shipped parsers, whose names leap parse takes: number of classes, size and model card."""
    from leap.models.checkpoint import load_parser
    from leap.models.shipped import model_card, shipped_parsers

    for name, path in shipped_parsers().items():
        _, description = load_parser(name)
        size = round(path.stat().st_size / 1000)
        print(f"{name}: {len(description.classes)} classes, {size} KB; {model_card(name)}")

"""Copies a script and a font from installed packages into the book, which then needs no network."""

from importlib.resources import files
from pathlib import Path

from sphinx.application import Sphinx

ASSETS = {
    "bokeh.min.js": ("bokeh", "server/static/js/bokeh.min.js"),  # interactive.js loads it
    "STIXTwoMath-Regular.ttf": ("ziamath", "fonts/STIXTwoMath-Regular.ttf"),  # leap.css names it
}
"""Name in the book → package and file."""


def _copy(app: Sphinx, error: Exception | None) -> None:
    if error is None:
        for name, (package, file) in ASSETS.items():
            Path(app.outdir, "_static", name).write_bytes(files(package).joinpath(file).read_bytes())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the copy at the end of a build."""
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

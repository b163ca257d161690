"""Copies Bokeh's script from the installed package into the book, which then draws without a network."""

from pathlib import Path
from shutil import copyfile

from bokeh.util.paths import bokehjs_path
from sphinx.application import Sphinx

SCRIPT = "bokeh.min.js"
"""The script that ``interactive.js`` loads."""


def _copy(app: Sphinx, error: Exception | None) -> None:
    if error is None:
        copyfile(bokehjs_path() / "js" / SCRIPT, Path(app.outdir, "_static", SCRIPT))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the copy at the end of a build."""
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

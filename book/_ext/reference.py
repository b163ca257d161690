"""Sphinx hooks for the API pages, which autosummary makes from the docstrings: one page per module."""

import re
import shutil
from pathlib import Path

from docutils import nodes
from numpy.typing import ArrayLike
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import stringify_annotation

OMITTED = ["leap.cli", "leap.__main__"]
"""Modules without a page: the command line documents itself by ``leap --help``."""

PAGES = "book/_api"
"""Where autosummary writes the pages, as ``book/api.md`` says."""

NDARRAY = re.compile(r"~?numpy\.ndarray\[.*?dtype\[[^]]*]]")
ARRAY_LIKE = stringify_annotation(ArrayLike, "smart")


def _start(app: Sphinx, config: Config) -> None:
    """Remove the pages of an earlier build, and tell the template which modules have none.

    The pages are not in ``_toc.yml``: what is there when the table of contents is read is left out.
    """
    shutil.rmtree(Path(app.srcdir, PAGES), ignore_errors=True)
    config.autosummary_context = {"omitted": OMITTED}


def _shorten(app, what, name, obj, options, signature, returns):
    """Write NumPy's aliases by their names, not by what they stand for."""
    return tuple(
        text and NDARRAY.sub("~numpy.ndarray", text.replace(ARRAY_LIKE, "ArrayLike"))
        for text in (signature, returns)
    )


def _skip(app, what, name, obj, skip, options):
    """Leave out the fields of named tuples, which their class's docstring describes."""
    return True if str(obj.__doc__).startswith("Alias for field") else None


def _no_mail(app: Sphinx, document: nodes.document) -> None:
    """Keep ``Type@AV`` as text: docutils reads it as a mail address, and the book has none."""
    for link in list(document.findall(nodes.reference)):
        if link.get("refuri", "").startswith("mailto:"):
            link.replace_self(link.children)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks."""
    app.connect("config-inited", _start, priority=0)
    app.connect("autodoc-process-signature", _shorten)
    app.connect("autodoc-skip-member", _skip)
    app.connect("doctree-read", _no_mail)
    return {"parallel_read_safe": True}

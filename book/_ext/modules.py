"""Sphinx hooks for the API page.

A line ``[modules]`` becomes one section per module of the package, so that none can be forgotten.
The command line is left out: it documents itself by ``leap --help``.
"""

import pkgutil
import re
from collections.abc import Iterator

from numpy.typing import ArrayLike
from sphinx.application import Sphinx
from sphinx.util.typing import stringify_annotation

import leap

SECTION = """
{heading} {name}

```{{eval-rst}}
.. automodule:: {name}
```
"""
NDARRAY = re.compile(r"~?numpy\.ndarray\[.*?dtype\[[^]]*]]")
ARRAY_LIKE = stringify_annotation(ArrayLike, "smart")


def _names() -> Iterator[str]:
    """Names of the modules, each package before its contents."""
    for module in pkgutil.walk_packages(leap.__path__, "leap."):
        if not module.name.startswith(("leap.cli", "leap.__main__")):
            yield module.name


def _expand(app: Sphinx, docname: str, source: list[str]) -> None:
    sections = (SECTION.format(heading="#" * (name.count(".") + 1), name=name) for name in _names())
    source[0] = source[0].replace("\n[modules]\n", "\n".join(sections))


def _shorten(app, what, name, obj, options, signature, returns):
    """Write NumPy's aliases by their names, not by what they stand for."""
    return tuple(
        text and NDARRAY.sub("~numpy.ndarray", text.replace(ARRAY_LIKE, "ArrayLike"))
        for text in (signature, returns)
    )


def _skip(app, what, name, obj, skip, options):
    """Leave out the fields of named tuples, which their class's docstring describes."""
    return True if str(obj.__doc__).startswith("Alias for field") else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks."""
    app.connect("source-read", _expand)
    app.connect("autodoc-process-signature", _shorten)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True}

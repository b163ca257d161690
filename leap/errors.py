"""The one error class for what a user can correct, and imports that belong to an optional extra."""

from __future__ import annotations

import importlib
from types import ModuleType


class LeapError(Exception):
    """A bad file, value or request; the message is one line: what is wrong, where, what to do.

    Characters that cannot be printed on one line, such as a line end in a name read from a file, are
    escaped. The command line prints the message and exits with status 2.
    """

    def __str__(self) -> str:
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in super().__str__())


def require(module: str, extra: str) -> ModuleType:
    """Import a module that an optional extra of the package installs.

    The result has no static type: in code that mypy should follow, import the names it needs for typing
    under ``TYPE_CHECKING``.

    Args:
        module: dotted name of the module, such as ``"scipy.io.wavfile"``.
        extra: the extra that installs it: ``"media"``, ``"text"``, ``"book"``, ``"cluster"`` or ``"dev"``.

    Returns:
        The imported module.

    Raises:
        LeapError: the module's package is not installed; the message names the extra.

    Example:
        >>> require("json", "media").dumps([1])
        '[1]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).split(".")[0]
        if missing == "leap":
            raise
        raise LeapError(f"{missing} is not installed: pip install 'leap-avvp[{extra}]'") from None

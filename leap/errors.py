"""The exception for problems that a user can correct, and imports from optional extras."""

from __future__ import annotations

import importlib
from types import ModuleType


class LeapError(Exception):
    """Invalid file, value or request; its one-line message says what is wrong, where, and what to do.

    Characters that cannot be printed on one line, such as a line break in a name read from a file, are
    escaped. The command line prints the message and exits with status 2.
    """

    def __str__(self) -> str:
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in super().__str__())


def require(module: str, extra: str) -> ModuleType:
    """Import a module that an optional extra of the package installs.

    The result has no static type. For type checking, also import the module's types under ``TYPE_CHECKING``.

    Args:
        module: dotted name of the module, such as ``"scipy.io.wavfile"``.
        extra: the extra that installs it: ``"media"``, ``"text"``, ``"book"``, ``"watch"``, ``"sweep"``,
            ``"cluster"`` or ``"dev"``.

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

"""One line of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from leap.io.reason import reason


class Finding(NamedTuple):
    """What is known about one thing.

    Attributes:
        section: title of the section of the report.
        subject: the thing.
        state: what is known about it.
        remedy: command that gets it, or repairs it; empty if nothing is missing.
        stops_core: whether the core of the package does not work because of it.
    """

    section: str
    subject: str
    state: str
    remedy: str = ""
    stops_core: bool = False


Check = Callable[[], Iterable[Finding]]


def guarded(section: str, subject: str, check: Check, core: bool = False) -> Iterator[Finding]:
    """The findings of a check; whatever it raises becomes a finding.

    Args:
        section: section of the failure.
        subject: subject of the failure.
        check: the check.
        core: whether the core does not work if the check fails.

    Raises:
        KeyboardInterrupt: the user interrupts the check.
    """
    try:
        yield from check()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a broken import may raise anything, SystemExit too
        yield Finding(section, subject, f"cannot be examined ({failure(error)})", stops_core=core)


def failure(error: BaseException) -> str:
    """The type of an error and the first line of its message."""
    message = reason(error) if isinstance(error, Exception) else str(error)
    name = type(error).__name__
    return name if message in ("", name) else f"{name}: {message}"

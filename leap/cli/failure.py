"""What the command prints and returns when it fails: one line to stderr, and an exit status."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from leap.errors import LeapError
from leap.io.reason import describe, reason

USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""Base class of the errors in a command line, which typer does not export."""

FAILED, INTERRUPTED, PIPE_CLOSED = 2, 130, 1
"""Exit statuses: a correctable error; Ctrl-C; a reader of stdout that left, such as ``head``."""


def exit_status(command: Callable[[], int | None]) -> int:
    """Run a command and report its failure in one line.

    Returns:
        The exit status.

    Raises:
        Exception: a fault of the program, whose traceback is needed.
    """
    try:
        status = command() or 0
        _flush()
    except BrokenPipeError:
        _discard_output()
        return PIPE_CLOSED
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:
        line = _line(error)
        if line is None:
            raise
        _report(line)
        return FAILED
    if status == INTERRUPTED:
        _report("interrupted")
    return status


def _line(error: Exception) -> str | None:
    """What to tell the user; empty if the help was printed instead, None for a fault of the program."""
    if isinstance(error, USAGE):
        return _usage(error)
    return str(error) if isinstance(error, LeapError) else describe(error) or None


def _usage(error: Exception) -> str:
    """The error of a command line, in words."""
    message = error.format_message().replace("Value error, ", "").rstrip(".")  # type: ignore[attr-defined]
    if not message or "\n" in message:  # a command without arguments: its help
        return ""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "leap"
    hint = _file_hint(getattr(error, "option_name", None) or "")
    return f"{message}; {hint or f'see {command} --help'}"


def _file_hint(option: str) -> str:
    """Advice if an unknown option is a file, such as a video whose id begins with a dash."""
    files = [text for text in sys.argv[1:] if option and text.startswith(option) and Path(text).suffix]
    return f"write ./{files[0]} for a file of that name" if files else ""


def _report(line: str) -> None:
    if line:
        print(f"leap: {LeapError(line)}", file=sys.stderr)


def _flush() -> None:
    """Flush stdout now, because Python cannot report a failure once it exits.

    Raises:
        BrokenPipeError: nobody reads stdout any more.
        LeapError: stdout cannot be written, for example because a disk is full.
    """
    try:
        if sys.stdout:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard_output()
        raise LeapError(f"standard output: {reason(error)}") from None


def _discard_output() -> None:
    """Let the rest of stdout go nowhere, or Python would try to write it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

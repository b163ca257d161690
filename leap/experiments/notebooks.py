"""Execution of notebooks with papermill; unknown parameters are refused, and output is written atomically."""

import warnings
from collections.abc import Mapping
from pathlib import Path

from leap.errors import LeapError, require
from leap.io.atomic import atomic_path

KERNEL, LANGUAGE = "python3", "python"
QUIET = ["--log-level=50"]  # silences the kernel, including the message that it was stopped


def execute(notebook: str | Path, output: str | Path, parameters: Mapping[str, str]) -> None:
    """Execute a parameterised notebook and write the executed copy.

    A failed execution leaves ``output`` unchanged and writes the executed cells to ``<output>.failed``.

    Args:
        notebook: the notebook.
        output: path of the executed copy.
        parameters: values for its parameters cell.

    Raises:
        LeapError: the notebook is missing or unreadable, lacks a parameter, or a cell fails.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # papermill's own deprecations
        papermill = require("papermill", "book")
    check_parameters(notebook, parameters)
    failed = failed_copy(output)
    failed.unlink(missing_ok=True)
    with atomic_path(output) as temporary:
        try:
            papermill.execute_notebook(
                _literal(notebook),
                _literal(temporary),
                dict(parameters),
                kernel_name=KERNEL,
                language=LANGUAGE,
                progress_bar=False,
                extra_arguments=QUIET,
            )
        except papermill.PapermillExecutionError as error:
            temporary.rename(failed)
            reason = f"cell {error.exec_count}: {error.ename}: {' '.join(error.evalue.split())}"
            raise LeapError(f"{notebook}: {reason}; see the executed cells in {failed}") from None


def failed_copy(output: str | Path) -> Path:
    """Path of the executed cells of a notebook that failed."""
    return Path(f"{output}.failed")


def check_parameters(notebook: str | Path, parameters: Mapping[str, str]) -> None:
    """Refuse parameters that the notebook's parameters cell does not have.

    Raises:
        LeapError: the notebook is missing or unreadable, a parameter is unknown, or a value is not UTF-8.
    """
    nbformat, papermill = require("nbformat", "book"), require("papermill", "book")
    if not Path(notebook).is_file():
        raise LeapError(f"{notebook}: no such notebook; see notebooks/")
    try:
        read = nbformat.read(notebook, as_version=4)
        nbformat.validate(read)
        nbformat.writes(read).encode()  # fails for a lone surrogate
        known = papermill.inspect_notebook(_literal(notebook))
    except Exception as error:  # papermill and nbformat raise many types of exceptions
        raise LeapError(f"{notebook}: not a readable notebook ({type(error).__name__})") from None
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise LeapError(f"{notebook}: unknown parameter {unknown[0]!r}; it has {', '.join(known)}")
    for name, value in parameters.items():
        if value.encode(errors="ignore").decode() != value:
            raise LeapError(f"{notebook}: {name}={value!r} holds bytes that are not UTF-8; write it in UTF-8")


def _literal(path: str | Path) -> str:
    """A path with its braces escaped, because papermill formats paths with the parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")

"""Execution of notebooks with papermill; unknown parameters are refused, and output is written atomically."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leap.errors import LeapError, require
from leap.io.atomic import atomic_path
from leap.io.reason import os_reason, reason

KERNEL, LANGUAGE = "python3", "python"
INJECTED = "injected-parameters"
"""Papermill's tag of the cell with the values of the parameters."""

BAR: dict[str, Any] = {"desc": "cells", "disable": None, "leave": False}
"""Options of papermill's progress bar: shown only on a terminal."""

QUIET = ["--log-level=50"]  # silences the kernel, including the message that it was stopped


def execute(notebook: str | Path, output: str | Path, parameters: Mapping[str, str]) -> None:
    """Execute a parameterised notebook and write the executed copy.

    A failed execution leaves ``output`` unchanged and writes the executed cells to ``<output>.failed``.

    Args:
        notebook: the notebook.
        output: path of the executed copy.
        parameters: values for its parameters cell.

    Raises:
        LeapError: the notebook is missing or unreadable, lacks a parameter, or a cell or its kernel fails.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # papermill's own deprecations
        papermill = require("papermill", "book")
    for name in ("papermill", "traitlets"):
        logging.getLogger(name).addHandler(logging.NullHandler())  # else they print what the error says
    check_parameters(notebook, parameters)
    _check_kernel()
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
                progress_bar=BAR,
                extra_arguments=QUIET,
            )
            _leave_out_parameters(temporary)
        except Exception as error:  # papermill, nbclient and jupyter_client raise many types
            what = f"{notebook}: {_failure(error)}"
            if not temporary.exists():
                raise LeapError(what) from None
            temporary.rename(failed)
            raise LeapError(f"{what}; see the executed cells in {failed}") from None


def _leave_out_parameters(path: Path) -> None:
    """Leave the cell of parameters that papermill adds out of the book, as the notebook's own cell is."""
    nbformat = require("nbformat", "book")
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if INJECTED in cell.metadata.get("tags", []):
            cell.metadata.tags.append("remove-cell")
    nbformat.write(notebook, path)


def _failure(error: Any) -> str:
    """Why an execution failed: an error of a cell, or of the kernel."""
    if hasattr(error, "ename"):  # PapermillExecutionError
        return f"cell {error.exec_count}: {error.ename}: {' '.join(error.evalue.split())}"
    if type(error).__name__ == "DeadKernelError":
        return "its kernel died, perhaps for lack of memory"
    return os_reason(error) or f"cannot be executed ({type(error).__name__}: {reason(error)})"


def _check_kernel() -> None:
    kernels = require("jupyter_client.kernelspec", "book")
    if KERNEL not in kernels.find_kernel_specs():
        raise LeapError(f"there is no Jupyter kernel {KERNEL}; `pip install ipykernel` makes one")


def failed_copy(output: str | Path) -> Path:
    """Path of the executed cells of a notebook that failed."""
    return Path(f"{output}.failed")


def check_parameters(notebook: str | Path, parameters: Mapping[str, str]) -> None:
    """Refuse parameters that the notebook's parameters cell does not have.

    Raises:
        LeapError: the notebook is missing or unreadable, a parameter is unknown, or a value is not UTF-8.
    """
    nbformat, translators = require("nbformat", "book"), require("papermill.translators", "book")
    if not Path(notebook).exists():
        raise LeapError(f"{notebook}: no such notebook; see notebooks/")
    try:
        read = nbformat.read(notebook, as_version=4)
        nbformat.validate(read)
        nbformat.writes(read).encode()  # fails for a lone surrogate
        cells = [cell for cell in read.cells if "parameters" in cell.metadata.get("tags", ())]
        known = [found.name for cell in cells[:1] for found in translators.PythonTranslator.inspect(cell)]
    except Exception as error:  # papermill and nbformat raise many types of exceptions
        why = (
            os_reason(error) or f"not a readable notebook ({type(error).__name__}); save it in Jupyter again"
        )
        raise LeapError(f"{notebook}: {why}") from None
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise LeapError(f"{notebook}: unknown parameter {unknown[0]!r}; it has {', '.join(known) or 'none'}")
    for name, value in parameters.items():
        if value.encode(errors="ignore").decode() != value:
            raise LeapError(f"{notebook}: {name}={value!r} holds bytes that are not UTF-8; write it in UTF-8")


def _literal(path: str | Path) -> str:
    """A path with its braces escaped, because papermill formats paths with the parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")

"""Store the outputs that nbval checks: ``python -m tests.notebooks.store [NOTEBOOK …]``.

Executes the notebooks as they are, at profile smoke, and keeps the outputs of the cells that are tagged
``nbval-check-output``. All other cells stay stripped.
"""

import sys
from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.tree import ROOT

CHECKED = "nbval-check-output"
"""Tag of a cell whose output is stored."""


def is_checked(cell) -> bool:
    """Whether a cell's output is stored, and compared by nbval."""
    return CHECKED in cell.metadata.get("tags", [])


def store(path: Path) -> None:
    """Execute a notebook and store the outputs of its checked cells."""
    notebook = nbformat.read(path, as_version=4)
    executed = deepcopy(notebook)
    NotebookClient(executed, resources={"metadata": {"path": str(path.parent)}}).execute()
    for cell, done in zip(notebook.cells, executed.cells, strict=True):
        if is_checked(cell):
            cell.outputs, cell.execution_count = done.outputs, 1
            for output in cell.outputs:
                output.update({"execution_count": 1} if output.output_type == "execute_result" else {})
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted((ROOT / "notebooks").glob("*.ipynb")):
        store(Path(name))

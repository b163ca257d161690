"""The notebooks as files: stripped but for checked outputs, parameterised alike, short, and in the book."""

import subprocess
import sys

import nbformat
import pytest
import yaml

from tests.notebooks.store import is_checked
from tests.tree import ROOT, copy_tree

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SMALL = "13_performance.ipynb"
"""A notebook that makes no run."""

PARAMETERS = {"profile": '"smoke"', "dataset": '"av-digits"', "data": '""', "results": '""'}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def cells(request):
    return nbformat.read(request.param, as_version=4).cells


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def test_output_is_stripped_but_where_it_is_checked(cells):
    stored = [cell for cell in code(cells) if cell.outputs or cell.execution_count]
    assert stored == [cell for cell in cells if is_checked(cell)]


def test_some_text_is_checked(cells):
    checked = [cell for cell in cells if is_checked(cell)]
    assert checked
    for cell in checked:
        assert cell.execution_count == 1  # nbval compares nothing of a cell that never ran
        assert cell.outputs
        kinds = {kind for output in cell.outputs for kind in output.get("data", {"text/plain": ""})}
        assert kinds <= {"text/plain", "text/html", "text/markdown"}
        assert len(nbformat.v4.writes(nbformat.v4.new_notebook(cells=[cell]))) < 10_000


@pytest.mark.parametrize("change", ["", "more"])
def test_nbval_fails_where_a_stored_output_differs(change, tmp_path):
    copy_tree(tmp_path)
    path = tmp_path / "notebooks" / SMALL
    notebook = nbformat.read(path, as_version=4)
    (checked,) = (cell for cell in notebook.cells if is_checked(cell))
    checked.outputs[-1].data["text/html"] += change
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "--nbval", path]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == (1 if change else 0), result.stdout
    assert ("Cell outputs differ" in result.stdout) == bool(change)
    assert ("1 failed" in result.stdout) == bool(change)


def test_parameters_are_the_four_and_nothing_else(cells):
    (parameters,) = (cell for cell in cells if "parameters" in cell.metadata.get("tags", []))
    lines = [line.split("#")[0].strip() for line in parameters.source.splitlines()]
    assert lines == [f"{name}: str = {value}" for name, value in PARAMETERS.items()]
    assert cells.index(parameters) == 1


def test_the_book_leaves_parameters_out_and_shows_prose_without_its_code(cells):
    for cell in code(cells):
        tags = cell.metadata.tags
        if "parameters" in tags:
            assert tags == ["parameters", "remove-cell"]
        elif cell.id in ("short-answer", "closing", "front"):
            assert tags == ["remove-input"]
        else:
            assert tags[0] in ("hide-input", "hide-cell")


def test_few_and_short_cells(cells):
    shown = [cell for cell in code(cells) if "remove-input" not in cell.metadata.get("tags", [])]  # no prose
    assert len(shown) <= 10  # with the parameters
    assert max(len(cell.source.splitlines()) for cell in shown) <= 15


def test_every_notebook_is_a_chapter():
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text())
    chapters = {chapter["file"] for part in toc["parts"] for chapter in part["chapters"]}
    assert {f"results/notebooks/{path.stem}" for path in NOTEBOOKS} <= chapters

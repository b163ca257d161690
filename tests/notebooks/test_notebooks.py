"""The notebooks as files: stripped, parameterised alike, short, and in the book."""

import nbformat
import pytest
import yaml

from tests.tree import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PARAMETERS = {"profile": '"smoke"', "dataset": '"av-digits"', "data": '""', "results": '""'}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def cells(request):
    return nbformat.read(request.param, as_version=4).cells


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def test_output_is_stripped(cells):
    assert [cell for cell in code(cells) if cell.outputs or cell.execution_count] == []


def test_parameters_are_the_four_and_nothing_else(cells):
    (parameters,) = (cell for cell in cells if "parameters" in cell.metadata.get("tags", []))
    lines = [line.split("#")[0].strip() for line in parameters.source.splitlines()]
    assert lines == [f"{name}: str = {value}" for name, value in PARAMETERS.items()]
    assert cells.index(parameters) == 1


def test_few_and_short_cells(cells):
    assert len(code(cells)) <= 9
    assert max(len(cell.source.splitlines()) for cell in code(cells)) <= 15


def test_every_notebook_is_a_chapter():
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text())
    chapters = {chapter["file"] for part in toc["parts"] for chapter in part["chapters"]}
    assert {f"results/notebooks/{path.stem}" for path in NOTEBOOKS} <= chapters

"""Every notebook runs on AV-Everyday, whatever data set it was written about."""

import nbformat
import pytest

from leap.experiments.notebooks import execute
from tests.tree import ROOT

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OWN = {"03_llp": "LLP", "12_scale": "LLP-Sim"}
"""Notebook → the only data set that it shows."""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """One folder of results, so that notebooks share their runs."""
    return tmp_path_factory.mktemp("results")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs_on_av_everyday(notebook, results, tmp_path, monkeypatch):
    monkeypatch.setenv("LEAP_MATERIAL", str(tmp_path / "none"))
    made = tmp_path / notebook.name
    execute(notebook, made, {"profile": "smoke", "dataset": "av-everyday", "results": str(results)})
    text = nbformat.writes(nbformat.read(made, as_version=4))
    said = f"This chapter is about {OWN.get(notebook.stem)}, whatever the parameter dataset says."
    assert (said in text) == (notebook.stem in OWN)

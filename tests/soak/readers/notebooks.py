"""Notebooks and their parameters, up to the kernel: what would be executed, and on what."""

import io
import json
from contextlib import chdir, redirect_stdout
from functools import cache, partial
from pathlib import Path
from unittest import mock

import nbformat
import papermill
from nbformat.v4 import new_code_cell, new_notebook

from leap.cli.study import study_notebook
from leap.experiments.notebooks import execute
from leap.experiments.study import open_study
from tests.soak.fuzzing import Kind
from tests.soak.mutations import mutated_json, mutated_text
from tests.soak.readers import stores

DEFAULTS = {"profile": "smoke", "dataset": "kitchen", "data": "plain.h5", "results": "results"}
PREPARED = partial(papermill.execute_notebook, prepare_only=True)
TAGS = ("parameters", "injected-parameters")


@cache
def notebook(folder) -> str:
    """A notebook with our four parameters, beside stores."""
    stores.samples(folder)
    parameters = "\n".join(f"{name}: str = {value!r}" for name, value in DEFAULTS.items())
    cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]}), new_code_cell("print(profile)")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.writes(new_notebook(cells=cells, metadata=kernel))


def parameters_of(path: Path) -> dict[str, str]:
    """What the cells of parameters of a notebook set."""
    names: dict[str, str] = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if set(TAGS) & set(cell.metadata.get("tags", ())):
            exec(cell.source, names)
    return {name: value for name, value in names.items() if name in DEFAULTS}


def read_parameters(folder, rng):
    """Some parameters on the command line, of which one is damaged."""
    (path := folder / "x.ipynb").write_text(notebook(folder))
    profile, data = rng.choice(("smoke", "full", "paper")), f"{folder}/plain.h5"
    given = {"profile": profile, "dataset": "kitchen", "data": data, "results": "some/where"}
    texts = [f"{name}={given[name]}" for name in rng.sample(sorted(given), rng.randrange(1, 5))]
    place = rng.randrange(len(texts))
    texts[place] = mutated_text(rng, texts[place].encode()).decode(errors="surrogateescape")
    with mock.patch.object(papermill, "execute_notebook", PREPARED), redirect_stdout(io.StringIO()):
        study_notebook(path, folder / "out.ipynb", texts)
    found = parameters_of(folder / "out.ipynb")
    with chdir(folder):
        return texts, found, open_study("02_leap_vs_mmil", **found)


def check_parameters(texts, found, study):
    """The study is on what the command line says, and where it says nothing on the defaults."""
    given = {text.split("=")[0]: text[text.index("=") + 1 :] for text in texts}
    assert found == DEFAULTS | given
    with study.store as store:
        assert (study.profile, store.dataset) == (found["profile"], found["dataset"])
        assert (store.path, study.results) == (Path(found["data"]), Path(found["results"]))


def read_notebook(folder, rng):
    text = notebook(folder)
    damaged = mutated_json(rng, json.loads(text)) if rng.random() < 0.5 else mutated_text(rng, text.encode())
    (path := folder / "x.ipynb").write_bytes(damaged)
    with mock.patch.object(papermill, "execute_notebook", PREPARED):
        execute(path, folder / "out.ipynb", {"profile": "full"})
    return (folder / "out.ipynb",)


def check_notebook(output):
    """The parameter is set right after the defaults."""
    cells = nbformat.read(output, as_version=4).cells
    tags = [set(TAGS) & set(cell.metadata.get("tags", ())) for cell in cells]
    place = tags.index({"injected-parameters"})
    exec(cells[place].source, names := {})
    assert names["profile"] == "full"
    assert place == 0 or tags[place - 1] == {"parameters"}


KINDS = {
    "notebooks: parameters": Kind(100, 10_000, read_parameters, check_parameters),
    "notebooks: files": Kind(100, 10_000, read_notebook, check_notebook),
}

"""The distributions: built, checked, installed into an empty environment and used without the repository."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

import leap as package
from tests.tree import ROOT


def run(*command, folder):
    """Run a command in a folder; returns its output."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = list(map(str, command))
    result = subprocess.run(command, cwd=folder, env=inherited, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"
    return result.stdout


def test_every_statement_of_the_version_agrees():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]
    newest = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert version("leap-avvp") == package.__version__ == cited == newest.split()[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, made of the source distribution; both pass twine's checks."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", out, ROOT, folder=out)
    source, built = sorted(out.iterdir(), key=lambda path: path.suffix)
    assert (source.suffix, built.suffix) == (".gz", ".whl")
    assert "WARNING" not in run(sys.executable, "-m", "twine", "check", "--strict", source, built, folder=out)
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Folder of the programs of an environment with the wheel and what it requires, and nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "venv", folder, folder=folder)
    programs = folder / "bin"
    run(programs / "pip", "install", "--constraint", ROOT / "constraints.txt", wheel, folder=folder)
    return programs


@pytest.mark.slow
def test_the_wheel_parses_scores_and_trains_without_the_repository(installed, tmp_path):
    where = run(installed / "python", "-c", "import leap; print(leap.__file__)", folder=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    scores = json.loads(
        run(
            *(installed / "leap", "evaluate", "--model", "av-everyday/leap", "--data", "av-everyday"),
            folder=tmp_path,
        )
    )
    ours = json.loads(
        run(
            *(sys.executable, "-m", "leap", "evaluate", "--model", "av-everyday/leap"),
            *("--data", "av-everyday"),
            folder=ROOT,
        )
    )
    assert scores == ours
    (tmp_path / "config.json").write_text('{"train": {"epochs": 1, "videos": 64}}')
    run(installed / "leap", "train", "config.json", "--out", "model", folder=tmp_path)
    trained = run(installed / "leap", "evaluate", "--model", "model", folder=tmp_path)
    assert len(json.loads(trained)) == len(scores)

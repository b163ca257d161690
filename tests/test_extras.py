"""The core works without the optional packages, and what needs one of them names its extra."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
CORE = (
    "io",
    "data",
    "label_embeddings",
    "models",
    "metrics",
    "diagnosis",
    "inference",
    "training",
    "releases",
    "features",
    "experiments",
    "doctor",
    "cli",
)
"""Rooms whose modules, except `REFUSED`, are imported without an extra, as are those beside the rooms."""

REFUSED = {
    "av": {
        "leap.features.audio_features",
        "leap.features.av_digits_features",
        "leap.features.clap_features",
        "leap.features.clip_parsers",
        "leap.features.extraction",
        "leap.features.extractors",
        "leap.features.media",
        "leap.features.parse_clip",
        "leap.features.parsed_clip",
        "leap.features.pseudo_labels",
        "leap.features.taggers",
    },
    "PIL": {
        "leap.experiments.tagger_thresholds",
        "leap.features.av_everyday_features",
        "leap.features.image_preprocessing",
        "leap.features.tagger_features",
        "leap.features.visual_features",
    },
    "matplotlib": {"leap.experiments.pages"},
}
"""Modules of these rooms that need a package when they are imported."""

WITHOUT = """
import importlib, json, pkgutil, sys
from importlib.machinery import PathFinder

packages, distributions = json.loads(sys.argv.pop(1))


class Without(PathFinder):
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        return None if fullname.partition(".")[0] in packages else super().find_spec(fullname, path, target)

    @classmethod
    def find_distributions(cls, *context):
        found = PathFinder.find_distributions(*context)
        return [distribution for distribution in found if distribution.name not in distributions]


sys.meta_path[:] = [Without if finder is PathFinder else finder for finder in sys.meta_path]
"""
"""Start of a program that finds neither the packages nor the distributions of ``argv[1]``."""

IMPORT = """
import leap
rooms = sys.argv[1:]
failed = {}
for module in pkgutil.walk_packages(leap.__path__, "leap.", onerror=lambda name: None):
    room = module.name.split(".")[1]
    if room != "__main__" and (room in rooms or not (module.ispkg or module.name.count(".") > 1)):
        try:
            importlib.import_module(module.name)
        except Exception as error:
            failed[module.name] = str(error)
print(json.dumps({"failed": failed, "imported": [name for name in sys.modules if name.startswith("leap.")]}))
"""

CALLS = {
    "av": "import leap.features.media",
    "huggingface_hub": "from leap.models.hub import snapshot; snapshot('someone/leap')",
    "matplotlib": "import leap.visualization.figures",
    "optuna": "from leap.experiments.sweeps.study import SweepStudy; SweepStudy(Path('nowhere'), (), {}, 0)",
    "nbformat": "from leap.experiments.notebooks import check_parameters; check_parameters('x.ipynb', {})",
    "papermill": "from leap.experiments.notebooks import execute; execute('x.ipynb', 'y.ipynb', {})",
    "requests": "from leap.io.download import download; download('http://127.0.0.1:9/x', Path('nowhere/x'))",
    "scipy": "from leap.data.av_digits import sources; sources.load_sounds(Path('nowhere'), 'test')",
    "sklearn": "from leap.data.av_digits import sources; sources.load_images('test')",
    "tensorboard": "from leap.cli import loggers as l; l.opened(l.Logger.TENSORBOARD, None, None, None)",
    "transformers": "from leap.label_embeddings import encoders; encoders.encoder_embeddings(['a'], '.')",
}
"""What needs the package."""

REFUSE = """
from pathlib import Path
from leap.errors import LeapError
try:
    exec(sys.argv[1])
except LeapError as error:
    print(error)
"""


providers = cache(packages_distributions)


def closure(requirements):
    """Names of the distributions that the requirements install, with their dependencies."""
    found, waiting = set(), list(requirements)
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            try:
                waiting += requires(name) or []
            except PackageNotFoundError:
                continue
            found.add(name)
    return found


@pytest.fixture(scope="module")
def absent():
    """Packages and distributions that are installed here and not needed by the core."""
    core = closure(PROJECT["dependencies"]) | {"leap-avvp"}
    packages = [name for name, found in providers().items() if core.isdisjoint(map(canonicalize_name, found))]
    return packages, sorted({distribution for name in packages for distribution in providers()[name]})


@pytest.fixture
def without(absent):
    """Run a program that finds the core's packages only; returns what it prints."""

    def run(program, *arguments):
        command = [sys.executable, "-c", WITHOUT + program, json.dumps(absent), *arguments]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


def test_the_optional_packages_are_absent_and_the_core_is_not(absent):
    optional = {*CALLS, "IPython", "seaborn"}
    core = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert set(absent[0]) & (optional | core) == optional


def test_every_module_of_the_core_is_imported_without_the_extras(without):
    answer = json.loads(without(IMPORT, *CORE))
    messages = {
        module: re.match(r"(\w+) is not installed", text) for module, text in answer["failed"].items()
    }
    assert {module: found and found[1] for module, found in messages.items()} == {
        module: package for package, modules in REFUSED.items() for module in modules
    }
    some = {
        "config",
        "models.parser",
        "training.trainer",
        "inference.parsed_video",
        "metrics",
        "data.registry",
        "features.weights",
        "experiments.records",
        "experiments.grid",
        "experiments.workflow",
    }
    assert {f"leap.{name}" for name in some} <= set(answer["imported"])


@pytest.mark.parametrize("package", CALLS)
def test_what_needs_an_extra_names_it_in_one_line(package, without):
    line = without(REFUSE, CALLS[package])
    found = re.fullmatch(
        r"(?:someone/leap: .*: )?(\w+) is not installed: pip install 'leap-avvp\[(\w+)\]'\n", line
    )
    assert found, line
    assert found[1] == package
    assert provides(found[2], package)


def test_every_required_module_belongs_to_the_extra_that_is_named():
    calls = [call for path in (ROOT / "leap").rglob("*.py") for call in ast.walk(ast.parse(path.read_text()))]
    calls = [
        c
        for c in calls
        if isinstance(c, ast.Call) and isinstance(c.func, ast.Name) and c.func.id == "require"
    ]
    named = {tuple(ast.literal_eval(argument) for argument in call.args) for call in calls}
    assert len(named) >= len(CALLS)
    assert [(module, extra) for module, extra in named if not provides(extra, module)] == []


def provides(extra, module):
    """Whether an extra installs a module."""
    found = map(canonicalize_name, providers()[module.partition(".")[0]])
    return not closure(EXTRAS[extra]).isdisjoint(found)

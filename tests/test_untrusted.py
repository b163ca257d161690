"""Nothing in the code can execute what a file holds."""

import ast

import pytest

from tests.tree import ROOT

SOURCES = sorted([*(ROOT / "leap").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")])
FORBIDDEN = {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
HARMLESS = {"pickle.UnpicklingError"}
EXECUTING = {"eval", "exec", "compile", "__import__"}


def imported(tree):
    """All that is imported, with its module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree):
    """What is called, as written, and the values of its keyword arguments, as written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), {word.arg: ast.unparse(word.value) for word in node.keywords}


def dangers(source):
    """What in some code could execute what a file holds."""
    tree = ast.parse(source)
    found = [name for name in imported(tree) if name.split(".")[0] in FORBIDDEN and name not in HARMLESS]
    for name, words in calls(tree):
        if name in EXECUTING or (name == "torch.load" and words.get("weights_only") != "True"):
            found.append(name)
        if name in ("np.load", "numpy.load") and words.get("allow_pickle") != "False":
            found.append(name)
        if words.get("shell") == "True" or words.get("trust_remote_code") == "True":
            found.append(name)
    return found


def test_the_code_is_found():
    assert len(SOURCES) > 100


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_reads_pickles_or_executes(path):
    assert dangers(path.read_text()) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import UnpicklingError, loads",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(text, shell=True)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
        "eval(text)",
    ],
)
def test_the_scan_finds(code):
    assert dangers(code)

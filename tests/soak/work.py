"""The commands that are killed: what each needs, and what it makes."""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import numpy as np
from safetensors import safe_open

from leap.config import RunConfig, TrainConfig, to_dict
from leap.experiments.records import read_record
from tests.custom_tree import make_custom_tree
from tests.official_tree import make_up_tree
from tests.soak.processes import complete
from tests.tree import ROOT, copy_tree

Made = dict[str, Any]

CHAPTER = "06_overlap"
"""A chapter of few runs that shows no times."""

CIRCUMSTANCES = ("code", "libraries", "device", "seconds")
"""What a record says about where and when it was made."""


class Work(NamedTuple):
    """A command, and what it has made, by file."""

    command: list[str]
    made: Callable[[], Made]


def leap(*arguments: object) -> list[str]:
    """A command line of the package."""
    return [sys.executable, "-m", "leap", *map(str, arguments)]


def train(folder: Path) -> Work:
    """A training, epoch by epoch."""
    config(folder)
    command = leap("train", "config.json", "--out", "model")
    return Work(command, lambda: tensors(folder / "model"))


def run(folder: Path) -> Work:
    """A run, from its config to its record."""
    config(folder)
    return Work(leap("run", "config.json", "--results", "results"), lambda: records(folder))


def pack(folder: Path) -> Work:
    """LLP's official files, packed in blocks."""
    root = make_up_tree(folder, {"train": 300, "val": 60, "test": 60})
    return Work(leap("data", "pack", "llp", "--root", root), lambda: digests(root, "llp.h5"))


def pack_custom(folder: Path) -> Work:
    """A custom data set, packed."""
    make_custom_tree(folder)
    command = leap("data", "pack-custom", "kitchen", "--root", folder)
    return Work(command, lambda: digests(folder, "kitchen.h5"))


def build(folder: Path) -> Work:
    """AV-Digits from sounds, small."""
    command = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "tests.soak.small_digits", str(folder)]
    return Work(command, lambda: digests(folder / "built", "*"))


def simulate(folder: Path) -> Work:
    """A simulated data set."""
    command = leap("data", "simulate", "--videos", 20, "--out", "sim.h5")
    return Work(command, lambda: digests(folder, "sim.h5"))


def notebook(folder: Path) -> Work:
    """A chapter with its runs."""
    copy_tree(folder)
    source, out = "notebooks/02_leap_vs_mmil.ipynb", "results/notebooks/02_leap_vs_mmil.ipynb"
    command = leap("study", "notebook", source, "--out", out, "-p", "profile=smoke")
    return Work(command, lambda: records(folder) | outputs(folder / out))


def study(folder: Path) -> Work:
    """A chapter with its runs, by the engine of ``make book``."""
    copy_tree(folder)
    target = f"results/notebooks/{CHAPTER}.ipynb"
    return Work(snakemake(target), lambda: records(folder) | outputs(folder / target))


def book(folder: Path) -> Work:
    """The book, from its chapters, which are made once."""
    chapters = folder.parent / "chapters"
    if not chapters.exists():
        copy_tree(chapters)
        complete(snakemake("book", "--until", "notebook"), chapters)
    shutil.copytree(chapters, folder, dirs_exist_ok=True)
    command = snakemake("book", "--rerun-triggers", "mtime")  # where it lies is no reason to make them again
    return Work(command, lambda: records(folder) | pages(folder))


def config(folder: Path) -> None:
    """A run config of some seconds."""
    settings = replace(RunConfig(), train=TrainConfig(epochs=8, videos=256))
    (folder / "config.json").write_text(json.dumps(to_dict(settings)))


def snakemake(target: str, *others: str) -> list[str]:
    """What ``make book PROFILE=smoke`` runs."""
    options = ["--cores", "2", "--nolock", "--rerun-incomplete", "--keep-going", "--config", "profile=smoke"]
    return ["snakemake", *options, *others, "--", target]


def digests(folder: Path, pattern: str) -> Made:
    """SHA-256 of files; what begins with a dot is no result."""
    paths = [path for path in sorted(folder.glob(pattern)) if not path.name.startswith(".")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def tensors(folder: Path) -> Made:
    """What parsers and checkpoints hold; the order in their files is chance."""
    made = {}
    for path in sorted(folder.glob("[!.]*.safetensors")):
        with safe_open(path, "np") as file:
            values = {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118 (no mapping)
            made[path.name] = (file.metadata(), values)
    return made


def records(folder: Path) -> Made:
    """What does not depend on time and place in all records."""
    made = {}
    for path in sorted(folder.glob("results/runs/*/record.json")):
        record = asdict(read_record(path))
        made[path.parent.name] = {key: value for key, value in record.items() if key not in CIRCUMSTANCES}
        with np.load(path.with_name("predictions.npz"), allow_pickle=False) as predictions:
            made[f"{path.parent.name}/predictions"] = {k: predictions[k].tobytes() for k in predictions.files}
    return made


def outputs(path: Path) -> Made:
    """What the cells of an executed notebook show, but for bars of progress."""
    cells = nbformat.read(path, as_version=4).cells
    shown = [[o for o in cell.get("outputs", []) if o.output_type != "stream"] for cell in cells]
    return {path.name: json.dumps(shown, sort_keys=True)}


def pages(folder: Path) -> Made:
    """The pages of the book, and whether they are whole; some of them show times."""
    html = folder / "_build" / "html"
    paths = [*html.glob("book/*.html"), *html.glob("results/notebooks/*.html")]
    return {str(path.relative_to(html)): path.read_text().rstrip().endswith("</html>") for path in paths}

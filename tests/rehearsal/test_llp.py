"""``make book DATASET=llp PROFILE=paper``, rehearsed in a copy of the repository on a small official tree.

The features are made up, the runs are short and narrow, and everything stays in a temporary folder: nothing
of it is a result. What is tested is the way to the book on LLP: packing, every chapter's runs, the published
files with their names, and the pages. The annotations are LLP's own if ``LEAP_LLP`` names a folder of LLP's
files.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from leap.data.annotations import EVENT_FILES, SPLIT_FILES, write_events
from leap.data.classes import LLP
from leap.data.llp.sources import GLOVE_FILE
from leap.data.llp_sim.build import simulate_labels
from leap.experiments.chapters import CHAPTERS, own_runs
from leap.experiments.records import read_records
from tests.official_tree import SPLITS, make_tree, write_table
from tests.tree import ROOT, copy_tree

pytestmark = pytest.mark.slow

VIDEOS = {"train": 64, "val": 24, "test": 48}
SMALL = """

whole = with_seeds


def with_seeds(config: RunConfig, profile: Profile, count: int, first: int = 0) -> list[RunConfig]:
    \"\"\"At profile ``paper``, two seeds of a short training at width 16.\"\"\"
    if profile != "paper":
        return whole(config, profile, count, first)
    model = replace(config.model, width=16, ffn=16)
    train = replace(config.train, epochs=2, batch=16)
    return whole(replace(config, model=model, train=train), profile, min(count, 2), first)
"""
"""Appended to ``leap/experiments/grid.py`` of the copy; all chapters take their seeds from there."""

ON_LLP = [chapter for chapter in CHAPTERS if chapter.data_in_book("paper", "llp", "")[0] == "llp"]
WITH_RUNS = [chapter for chapter in ON_LLP if chapter.grid("paper", "llp")]
KEEPING = [chapter.notebook for chapter in WITH_RUNS if own_runs(chapter, "paper", "llp")]
"""Chapters that publish records of their own."""


def sampled_annotations(folder):
    """Annotation files in the official format whose events have LLP's layouts."""
    folder.mkdir()
    names, cubes = {}, {}
    for split in SPLITS:
        labels = simulate_labels(split, 0, 0, len(LLP))
        cubes[split] = labels.true_audio[: VIDEOS[split]], labels.true_visual[: VIDEOS[split]]
        names[split] = [f"{split:_<5}{index:06d}_0_10" for index in range(VIDEOS[split])]
    rows = {
        split: [
            f"{name}\t{','.join(np.array(LLP)[weak])}"
            for name, weak in zip(names[split], np.maximum(*cubes[split]).max(1).astype(bool), strict=True)
        ]
        for split in SPLITS
    }
    rows["full"] = [*rows["train"], *rows["val"], *rows["test"]]
    for split, file in SPLIT_FILES.items():
        write_table(folder / file, ["filename\tevent_labels", *rows[split]])
    for modality, file in enumerate(EVENT_FILES.values()):
        dense = [cubes[split][modality] for split in ("val", "test")]
        write_events(folder / file, names["val"] + names["test"], np.concatenate(dense))
    return folder


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """A root in the official layout, with features, pseudo-labels and word vectors made up."""
    folder = tmp_path_factory.mktemp("official")
    own = os.environ.get("LEAP_LLP")
    annotations = Path(own) / "annotations" if own else sampled_annotations(folder / "annotations")
    make_tree(folder / "llp", annotations, VIDEOS)
    (folder / "llp" / GLOVE_FILE).parent.mkdir()
    vectors = torch.randn(len(LLP), 300, generator=torch.Generator().manual_seed(0))
    torch.save(dict(zip(LLP, vectors, strict=True)), folder / "llp" / GLOVE_FILE)
    return folder / "llp"


@pytest.fixture(scope="module")
def make_book(official, tmp_path_factory):
    """Make the book in a copy of the repository whose grids are small; returns the copy."""
    folder = tmp_path_factory.mktemp("rehearsal")
    copy_tree(folder)
    with (folder / "leap" / "experiments" / "grid.py").open("a") as file:
        file.write(SMALL)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "installed").touch()  # this environment, with the package of the copy
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = ["make", "book", "DATASET=llp", f"LEAP_DATA={official}", "PROFILE=paper"]

    def make():
        result = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return folder

    return make


@pytest.fixture(scope="module")
def book(make_book):
    """The copy of the repository with the book in it."""
    return make_book()


def test_every_chapter_has_a_page_and_those_with_runs_on_llp_say_so(book):
    for chapter in CHAPTERS:
        path = book / "_build" / "html" / "results" / "notebooks" / f"{chapter.notebook}.html"
        page = path.read_text(encoding="utf-8")
        made = re.search(r"LLP \(test\), [^;]*; profile paper; ", page)
        assert bool(made) == (chapter in WITH_RUNS), chapter.notebook


def test_records_are_published_under_the_name_of_llp(book):
    paths = {path.name for path in (book / "results" / "records").glob("*_llp.jsonl.gz")}
    assert paths == {f"{name}_llp.jsonl.gz" for name in KEEPING}
    for path in paths:
        for record in read_records(book / "results" / "records" / path):
            assert record.data["name"] == "llp"
            assert (record.config["model"]["width"], len(record.history)) == (16, 2)


def test_tables_and_figures_of_other_data_sets_stay(book):
    for folder in ("records", "tables", "figures"):
        for path in (ROOT / "results" / folder).iterdir():
            assert (book / "results" / folder / path.name).read_bytes() == path.read_bytes(), path.name


def test_tables_bear_the_name_of_llp(book):
    made = {path.name for path in (book / "results" / "tables").iterdir()}
    new = made - {path.name for path in (ROOT / "results" / "tables").iterdir()}
    assert {name.split("_")[0] for name in new} >= {name.split("_")[0] for name in KEEPING}
    assert all(name.endswith("_llp.csv") for name in new)


def test_a_later_call_makes_nothing(book, make_book):
    files = [book / "_build/html/index.html", *book.glob("results/notebooks/*"), *book.glob("results/runs/*")]
    before = {path: path.stat().st_mtime_ns for path in files}
    make_book()
    assert {path: path.stat().st_mtime_ns for path in files} == before

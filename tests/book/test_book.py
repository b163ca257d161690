"""The book, built at profile smoke in a copy of the tree, as ``make book PROFILE=smoke`` builds it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {
    "book/intro": "What is tested",
    "book/method": "<math",
    "results/notebooks/01_data": "Floors",
    "results/notebooks/02_leap_vs_mmil": "Paired differences",
    "book/reproduce": "make book",
    "book/api": "leap.losses.eiou",
    "book/bibliography": "Label-Anticipated",
}
FIGURES = {"results/notebooks/01_data": 4, "results/notebooks/02_leap_vs_mmil": 3}
SMOKE = "snakemake --cores 2 --nolock --quiet all --config profile=smoke -- book"


def tracked_files():
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def snakemake(folder, *arguments):
    return subprocess.run(
        [*SMOKE.split(), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    for name in tracked_files():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    result = snakemake(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


@pytest.fixture(scope="module")
def pages(tree):
    html = tree / "_build" / "html"
    return {name: (html / f"{name}.html").read_text(encoding="utf-8") for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_there(name, pages):
    assert PAGES[name] in pages[name]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_there(name, pages, tree):
    images = re.findall(r'<img[^>]*src="([^"]+\.png)"', pages[name])
    assert len(images) >= FIGURES[name]
    for image in images:
        path = (tree / "_build" / "html" / name).parent / image
        assert path.read_bytes().startswith(b"\x89PNG")


def test_first_page_opens_the_introduction(tree):
    assert "book/intro.html" in (tree / "_build" / "html" / "index.html").read_text(encoding="utf-8")


def test_introduction_shows_the_notebooks_numbers(pages):
    text = re.sub(r"<[^>]+>", "", pages["book/intro"])
    assert re.search(r"Type@AV\s+'?[+−]\d+\.\d \[[+−]\d+\.\d,\s[+−]\d+\.\d\]", text)
    assert "LEAP is" in text


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_from_elsewhere(name, pages):
    assert re.findall(r'(?:src|href)="https?://[^"]+\.(?:js|css|woff2?)[^"]*"', pages[name]) == []


def test_second_call_has_nothing_to_do(tree):
    result = snakemake(tree, "--dry-run")
    assert "Nothing to be done" in result.stdout + result.stderr


def test_unknown_profile_is_refused(tree):
    result = subprocess.run(
        [*SMOKE.replace("smoke", "smoker").split()], cwd=tree, capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert "unknown profile 'smoker'" in result.stderr

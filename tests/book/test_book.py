"""The book, built at profile smoke in a copy of the tree, as ``make book PROFILE=smoke`` builds it."""

import base64
import pkgutil
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

import leap
from leap.experiments.chapters import ledger
from tests.book.building import snakemake
from tests.tree import ROOT

PAGES = {
    "book/intro": "Findings",
    "book/method": "Decoder: LEAP",
    "results/notebooks/01_data": "What the splits do not share",
    "results/notebooks/02_leap_vs_mmil": "Paired differences",
    "results/notebooks/03_llp": "One file instead of fifty thousand",
    "results/notebooks/04_encoders": "Beside the published results",
    "results/notebooks/05_systems": "LEAP minus the others",
    "results/notebooks/06_overlap": "Threshold or ranking?",
    "results/notebooks/07_blocks": "The gain by one more block",
    "results/notebooks/08_labels": "not run here",
    "results/notebooks/09_losses": "Does similarity follow the EIoU?",
    "results/notebooks/10_interpretability": "Does attention peak inside the event?",
    "results/notebooks/11_pseudo_labels": "Does weighting by confidence help?",
    "results/notebooks/12_scale": "Against MMIL",
    "results/notebooks/13_performance": "More classes, longer videos",
    "results/notebooks/14_decoder_or_loss": "Registered claims",
    "results/notebooks/15_denoised_labels": "What the rule decides",
    "results/notebooks/16_label_semantics": "Unseen classes",
    "results/notebooks/17_baselines": "Both data sets",
    "results/notebooks/18_failures": "Which events are hard",
    "results/notebooks/19_gallery": "One video, both decoders",
    "results/notebooks/20_presets": "Cost",
    "results/notebooks/21_audit": "The same on LLP-Sim",
    "results/notebooks/30_ledger": "not testable here",
    "results/notebooks/31_leaderboard": "Systems trained with this package",
    "book/limitations": "The data are not LLP",
    "book/data_card": "What it is not for",
    "book/av_everyday": "Quality of the pseudo-labels",
    "book/model_card": "Not intended",
    "book/reproduce": "make book",
    "book/releases": "What is dropped",
    "book/extending": "A new decoder",
    "book/labels": "Making a file",
    "book/videos": "A folder of videos",
    "book/custom": "A report",
    "book/training": "Searching for settings",
    "book/diagnosis": "What fixing would gain",
    "book/security": "Untrusted files",
    "book/command_line": "What works here",
    "book/llp": "Without the features: LLP-Sim",
    "book/api": "one page per module",
    "book/_api/leap.metrics.functional": "per_video_scores",
    "book/bibliography": "Label-anticipated event disentanglement",
}
FIGURES = {
    "results/notebooks/01_data": 4,
    "results/notebooks/02_leap_vs_mmil": 3,
    "results/notebooks/03_llp": 4,
    "results/notebooks/04_encoders": 1,
    "results/notebooks/05_systems": 1,
    "results/notebooks/06_overlap": 1,
    "results/notebooks/07_blocks": 2,
    "results/notebooks/08_labels": 1,
    "results/notebooks/09_losses": 2,
    "results/notebooks/10_interpretability": 4,
    "results/notebooks/11_pseudo_labels": 5,
    "results/notebooks/12_scale": 4,
    "results/notebooks/13_performance": 1,
    "results/notebooks/14_decoder_or_loss": 1,
    "results/notebooks/15_denoised_labels": 1,
    "results/notebooks/16_label_semantics": 2,
    "results/notebooks/18_failures": 3,
    "results/notebooks/19_gallery": 2,
    "results/notebooks/21_audit": 1,
}
INTERVAL = r"[+−]\d+\.\d \[[+−]\d+\.\d,\s[+−]\d+\.\d\]"


@pytest.fixture(scope="module")
def pages(tree):
    html = tree / "_build" / "html"
    return {name: (html / f"{name}.html").read_text(encoding="utf-8") for name in PAGES}


def references(path):
    """Links and images of a page that lead to files of the book, and the names of its anchors."""
    links, anchors = [], {"", "top"}

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attributes):
            given = dict(attributes)
            anchors.update(given[name] for name in ("id", "name") if given.get(name))
            links.extend(given[name] for name in ("href", "src") if given.get(name))

    Parser().feed(path.read_text(encoding="utf-8"))
    return [link for link in links if not re.match(r"[a-z]+:|//", link)], anchors


def text(page):
    """A page without its tags."""
    return unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize("name", PAGES)
def test_page_is_there(name, pages):
    assert PAGES[name] in text(pages[name])


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_there(name, pages):
    images = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="[^"]+">', pages[name])
    assert len(images) >= FIGURES[name]
    assert all(base64.b64decode(image).startswith(b"\x89PNG") for image in images)


@pytest.mark.parametrize("name", [name for name in PAGES if "notebooks" in name])
def test_figures_and_tables_are_numbered_and_have_captions(name, pages):
    shown = re.findall(
        r'<figure class="numbered" id="(figure|table)-(\d+)">.*?<strong>(\w+) (\d+)\.</strong> \S',
        pages[name],
        re.DOTALL,
    )
    assert len(shown) == pages[name].count("<figure")
    assert shown
    for kind in ("figure", "table"):
        numbers = [(int(anchor), title, int(number)) for of, anchor, title, number in shown if of == kind]
        assert numbers == [(n, kind.title(), n) for n in range(1, len(numbers) + 1)]
    outside = re.sub(r"<figure.*?</figure>", "", pages[name], flags=re.DOTALL)
    assert 'class="dataframe"' not in outside


def test_every_link_within_the_book_leads_somewhere(tree):
    html = tree / "_build" / "html"
    pages = [path for path in html.rglob("*.html") if "_static" not in path.parts]  # the theme's templates
    found = {path: references(path) for path in pages}
    assert len(found) > 100
    for path, (links, _) in found.items():
        for link in links:
            address, _, anchor = link.partition("#")
            file = unquote(address.partition("?")[0])
            target = (path.parent / file).resolve() if file else path
            assert target.exists(), (path.name, link)
            if anchor and target in found:
                assert unquote(anchor) in found[target][1], (path.name, link)


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_light(name, pages):
    """Three megabytes beside the scripts that all pages share."""
    assert len(pages[name].encode()) <= 3 * 2**20


def test_first_page_opens_the_introduction(tree):
    assert "book/intro.html" in (tree / "_build" / "html" / "index.html").read_text(encoding="utf-8")


def test_introduction_shows_the_notebooks_numbers(pages):
    introduction = text(pages["book/intro"])
    assert len(re.findall(INTERVAL, introduction)) == len(ledger.FRONT_PAGE)
    assert re.search(rf"LEAP minus MMIL is {INTERVAL} on AV-Digits", introduction)
    assert re.search(r"On AV-Everyday, \d+ of \d+ claims have runs", introduction)
    assert f"Version {leap.__version__}, " in introduction


def test_every_module_but_the_command_line_is_in_the_reference(tree):
    folder = tree / "_build" / "html" / "book" / "_api"
    modules = pkgutil.walk_packages(leap.__path__, "leap.")
    described = {
        module.name for module in modules if not module.name.startswith(("leap.cli", "leap.__main__"))
    }
    pages = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}
    assert pages.keys() == {"leap"} | described
    for name in described:
        assert f'id="module-{name}"' in pages[name]
        assert "mailto:" not in pages[name]


def test_equations_are_mathml(pages):
    assert len(re.findall(r"<math\b", pages["book/method"])) > 30


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_from_elsewhere(name, pages):
    assert re.findall(r'(?:src|href)="https?://[^"]+\.(?:js|css|woff2?)[^"]*"', pages[name]) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_shows_a_path_or_a_warning(name, pages, tree):
    assert str(ROOT) not in pages[name]
    assert str(tree) not in pages[name]
    assert not re.search(r"\w+Warning: ", text(pages[name]))


def test_second_call_has_nothing_to_do(tree):
    result = snakemake(tree, "--dry-run")
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout + result.stderr


def test_unknown_profile_is_refused(tree):
    result = snakemake(tree, profile="smoker")
    assert result.returncode != 0
    assert "unknown profile 'smoker'" in result.stderr

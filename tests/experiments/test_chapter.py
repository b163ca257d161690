"""What a chapter tells the workflow, and that every notebook has one."""

import pytest

from leap.errors import LeapError
from leap.experiments.chapter import Chapter
from leap.experiments.chapters import CHAPTERS, find_chapter
from tests.tree import ROOT


def test_every_notebook_is_a_chapter_in_the_order_of_the_book():
    assert [chapter.notebook for chapter in CHAPTERS] == sorted(
        p.stem for p in ROOT.glob("notebooks/*.ipynb")
    )


def test_every_chapter_has_a_module_of_the_name_of_its_notebook():
    modules = {path.stem for path in (ROOT / "leap/experiments/chapters").glob("[!_]*.py")}
    assert {chapter.notebook.split("_", 1)[1] for chapter in CHAPTERS} == modules


def test_a_chapter_is_found_by_its_notebook():
    assert find_chapter("12_scale").dataset == "llp-sim"
    with pytest.raises(LeapError, match="no chapter '99_none'; known are 01_data, "):
        find_chapter("99_none")


@pytest.mark.parametrize(
    ("chapter", "shown"),
    [
        (Chapter("x"), {"laptop", "trial"}),
        (Chapter("x", made_afresh=True), set()),
        (Chapter("x", dataset="llp-sim"), {"laptop", "trial"}),
        (Chapter("x", dataset="llp-sim", only=("llp-sim",)), {"laptop", "trial", "paper"}),
    ],
)
def test_committed_records_are_shown_at_profiles(chapter, shown):
    profiles = ("smoke", "laptop", "full", "trial", "paper")
    assert {profile for profile in profiles if chapter.from_records(profile)} == shown


def test_the_data_of_a_chapter_in_a_book():
    book = ("kitchen", "kitchen.h5")
    assert Chapter("x").data_in_book("full", *book) == book
    assert Chapter("x").data_in_book("laptop", *book) == ("av-digits", "")  # of the committed records
    assert Chapter("x", made_afresh=True).data_in_book("laptop", *book) == book
    assert Chapter("x", dataset="llp-sim").data_in_book("full", *book) == ("llp-sim", "")
    assert Chapter("x", dataset="llp-sim").data_in_book("paper", *book) == book
    assert Chapter("x", dataset="llp-sim", only=("llp-sim",)).data_in_book("paper", *book) == ("llp-sim", "")
    assert Chapter("x", only=("av-digits", "kitchen")).data_in_book("full", *book) == book
    assert Chapter("x", only=("av-digits",)).data_in_book("full", *book) == ("av-digits", "")


def test_results_on_another_data_set_bear_its_name():
    chapter = Chapter("21_audit", dataset="av-digits")
    assert chapter.result_name("21_scores", "av-digits") == "21_scores"
    assert chapter.result_name("21_scores", "llp-sim") == "21_scores_llp_sim"
    assert Chapter("12_scale", dataset="llp-sim").result_name("12_scores", "llp-sim") == "12_scores"


def test_runs_are_each_listed_once(tiny_config):
    chapter = Chapter("x", lambda profile, dataset: {"A": [tiny_config], "B": [tiny_config]})
    assert chapter.configs("full", "tiny") == [tiny_config]

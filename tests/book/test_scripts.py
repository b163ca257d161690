"""What the book's own scripts do in a browser: tables are sorted and filtered, difference plots drawn."""

import pytest
from playwright.sync_api import sync_playwright

from tests.browser import CHROMIUM, PATIENCE, needs_chromium

pytestmark = needs_chromium

COLUMN = """(table, title) => {
  const titles = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
  return [...table.tBodies[0].rows].map(row => row.cells[titles.indexOf(title)].textContent);
}"""
"""Texts of a column of a table, from top to bottom."""


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, tree):
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)

    def open_page(notebook):
        """A page of the book, as a file."""
        page.goto((tree / "_build" / "html" / "results" / "notebooks" / f"{notebook}.html").as_uri())
        return page

    yield open_page
    page.close()


def test_a_click_on_a_title_sorts_rows_and_another_reverses_them(open_page):
    table = open_page("31_leaderboard").locator("figure#table-1 table")
    table.get_by_role("button", name="seg A", exact=True).click()
    ascending = table.evaluate(COLUMN, "seg A")
    values = [float(text) for text in ascending if text != "–"]
    assert values == sorted(values)
    assert len(values) > 20
    assert ascending[len(values) :] == ["–"] * (len(ascending) - len(values))
    table.get_by_role("button", name="seg A", exact=True).click()
    descending = table.evaluate(COLUMN, "seg A")
    assert [float(text) for text in descending if text != "–"] == sorted(values, reverse=True)
    assert descending[-1] == ascending[-1] == "–"
    assert table.locator("th[aria-sort]").count() == 1


def test_the_filter_keeps_the_rows_with_all_words(open_page):
    page = open_page("31_leaderboard")
    rows = page.locator("figure#table-1 tbody tr")
    page.get_by_label("Filter the rows of Table 1").fill("uwav clip")
    shown = [
        text.lower()
        for text in rows.evaluate_all("all => all.filter(r => !r.hidden).map(r => r.textContent)")
    ]
    assert shown
    assert all("uwav" in text and "clip" in text for text in shown)
    assert page.get_by_role("status").first.text_content() == f" {len(shown)} of {rows.count()} rows"
    page.get_by_label("Filter the rows of Table 1").fill("")
    assert rows.locator("visible=true").count() == rows.count()


def test_the_ledger_can_be_filtered_by_verdict(open_page):
    page = open_page("30_ledger")
    page.get_by_label("Filter the rows of Table 1").fill("inconclusive")
    assert "inconclusive" in page.locator("figure#table-1 tbody tr:visible").first.text_content()


def test_difference_plots_are_drawn_in_place_of_their_pictures(open_page):
    page = open_page("30_ledger")
    plot = page.locator("figure.numbered [role=img]").first
    plot.locator("canvas").first.wait_for(state="attached")
    assert page.locator("figure.numbered:has(script.interactive) > img").count() == 0
    assert plot.get_attribute("aria-label")

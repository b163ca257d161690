"""The book in a browser: scripts, accessibility in light and dark, and a narrow screen."""

from typing import NamedTuple

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import sync_playwright

from tests.book.test_book import PAGES
from tests.browser import CHROMIUM, PATIENCE, needs_chromium

pytestmark = needs_chromium

GENERATED = ["genindex", "py-modindex", "search", "book/_api/leap.config", "book/_api/leap.data.store.writer"]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

THEME = [
    ["region", ".sidebar-primary-item", "the book's name stands in the sidebar, outside its landmark"],
    ["summary-name", ".bd-sidenav summary", "a chevron without a name unfolds a chapter's pages"],
    ["definition-list", "dt.sig > dl", "Sphinx lays the parameters of a long signature out as a list"],
]
"""Violations by elements that the theme and Sphinx make: rule, elements, and what they are."""

AUDIT = """async ([rules, theme]) => {
  const {violations, incomplete} = await axe.run({
    runOnly: rules, preload: false, resultTypes: ["violations", "incomplete"],
  });
  const unseen = node => node.any.some(check => check.data?.messageKey === "equalRatio");
  const nodes = [
    ...violations.flatMap(rule => rule.nodes.map(node => [rule.id, node])),
    ...incomplete.flatMap(rule => rule.nodes.filter(unseen).map(node => [rule.id, node])),
  ];
  return nodes.map(([rule, node]) => {
    const element = document.querySelector(node.target[0]);
    const known = theme.findIndex(([of, selector]) => of === rule && element.matches(selector));
    return [known, `${rule}: ${node.target} ${node.html.slice(0, 200)}`];
  });
}"""
"""What axe finds, each with the number of its entry in `THEME` or -1; text in its background's colour is
to axe not a violation but a doubt."""


class Visit(NamedTuple):
    """A page: messages of errors, what axe finds in light and dark, and its width on a phone."""

    errors: list[str]
    light: list[tuple[int, str]]
    dark: list[tuple[int, str]]
    width: int


def audit(page, *rules):
    return page.evaluate(AUDIT, [rules, THEME])


def visit(page, address):
    errors = []
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.goto(address)
    page.evaluate(AXE_SCRIPT)
    light = audit(page, "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    dark = audit(page, "color-contrast")
    page.set_viewport_size(PHONE)
    return Visit(errors, light, dark, page.evaluate("document.documentElement.scrollWidth"))


@pytest.fixture(scope="module")
def visits(tree):
    """Every page's visit; of the reference, three pages."""
    found = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name in [*PAGES, *GENERATED]:
            page = browser.new_page(viewport=DESK, reduced_motion="reduce")
            found[name] = visit(page, (tree / "_build" / "html" / f"{name}.html").as_uri())
            page.close()
        browser.close()
    return found


def test_no_script_fails(visits):
    assert {name: page.errors for name, page in visits.items() if page.errors} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible(theme, visits):
    found = {
        name: [what for known, what in getattr(page, theme) if known < 0] for name, page in visits.items()
    }
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_the_theme_has_every_violation_that_is_excused(visits):
    seen = {known for page in visits.values() for known, _ in page.light + page.dark}
    assert seen - {-1} == set(range(len(THEME)))


def test_no_page_scrolls_sideways_on_a_phone(visits):
    wide = {name: page.width for name, page in visits.items() if page.width > PHONE["width"]}
    assert wide == {}

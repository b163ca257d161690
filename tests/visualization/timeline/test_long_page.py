"""The page of a long video in a real browser."""

import pytest
from playwright.sync_api import sync_playwright

from leap.features.media import open_clip
from leap.visualization.timeline.page import player_page
from tests.browser import CHROMIUM, PATIENCE, needs_chromium
from tests.features.media.clips import tone, write_clip

pytestmark = needs_chromium

EVENTS = [
    ("visual", "dog", 3000, 3001),
    ("visual", "cat", 10, 20),
    ("audio", "dog", 1800, 1801),
]


@pytest.fixture(params=[1200, 390])
def page(request, tmp_path):
    """An hour with three events, on a screen and on a phone."""
    clip = open_clip(write_clip(tmp_path / "hour.mkv", samples=tone(1)))
    names = ("modality", "label", "onset", "offset")
    events = [dict(zip(names, event, strict=True)) for event in EVENTS]
    parsed = {"segments": 3600, "events": events, "truth": None}
    (tmp_path / "hour.html").write_text(player_page(clip, parsed), encoding="utf-8")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": request.param, "height": 900})
        page.set_default_timeout(PATIENCE)
        errors = []
        page.on("pageerror", lambda error: errors.append(error))
        page.goto((tmp_path / "hour.html").as_uri())
        yield page
        browser.close()
        assert not errors


def width(page, selector):
    return page.locator(selector).first.bounding_box()["width"]


def test_short_events_are_visible_and_the_page_does_not_scroll_sideways(page):
    assert width(page, ".audio .event") >= 2  # its second has a fifth of a pixel on a screen
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".event").first.get_attribute("title") == "dog, 30:00 to 30:01"


def test_the_timeline_zooms_about_the_cursor_and_back(page):
    before = width(page, ".track")
    marks = page.locator(".mark").all_text_contents()
    assert marks[0] == "0:00"
    page.evaluate("place = (at => time => at(1800))(place)")  # as if the video were there
    for _ in range(3):
        page.get_by_role("button", name="Show less time in more detail").click()
    assert width(page, ".track") == pytest.approx(8 * before, rel=0.01)
    assert page.locator("#shown").text_content() == "7:30 at a time"
    assert len(page.locator(".mark").all()) > len(marks)
    event, view = (page.locator(what).first.bounding_box() for what in (".audio .event", "#view"))
    assert view["x"] <= event["x"] <= view["x"] + view["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for _ in range(9):
        page.get_by_role("button", name="Show more time").click()
    assert width(page, ".track") == pytest.approx(before, abs=1)


def test_events_are_listed_by_time(page):
    page.locator("summary").click()
    rows = page.locator("#list tr")
    rows.first.wait_for()
    assert page.locator("summary").text_content() == "3 events by time"
    assert [row.locator("td").all_text_contents() for row in rows.all()] == [
        ["0:10 to 0:20", "seen", "cat"],
        ["30:00 to 30:01", "heard", "dog"],
        ["50:00 to 50:01", "seen", "dog"],
    ]

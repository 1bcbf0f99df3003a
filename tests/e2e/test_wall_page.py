import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import browsing, complaints, findings, screenshot
from tests.e2e.walls import PEOPLE, TOKEN, Wall

KEPT = Path(__file__).parents[2] / "build" / "screenshots"
SECONDS = 30_000  # Playwright counts in milliseconds


@contextmanager
def looking(wall: Wall, *, dark: bool = False) -> Iterator[Page]:
    """The wall's page, once all cameras are live on it."""
    with browsing(dark=dark) as page:
        page.set_default_timeout(SECONDS)
        page.goto(wall.url)
        page.get_by_label("Token of this wall").fill(TOKEN)
        page.get_by_role("button", name="Show the cameras").click()
        for name in PEOPLE:
            expect(picture(page, name)).to_have_js_property("naturalWidth", 640, timeout=SECONDS)
        yield page
        assert complaints(page) == []


def picture(page: Page, camera: str) -> Locator:
    return page.get_by_role("img", name=f"{camera}: ")


def events(page: Page) -> list[str]:
    """Which events the page lists, newest first."""
    ids = page.locator("#events li").evaluate_all("items => items.map(item => item.dataset.event)")
    return [str(told) for told in ids]


def test_it_shows_every_camera_and_what_happened(wall: Wall) -> None:
    with looking(wall) as page:
        assert sorted(page.locator("h3").all_inner_texts()) == sorted(PEOPLE)
        expect(page.locator("#events li").nth(3)).to_be_attached(timeout=SECONDS)
        hall = picture(page, "hall")
        expect(hall).to_have_accessible_name(re.compile("hall: #1 no mask"), timeout=SECONDS)
        expect(hall).not_to_have_attribute("src", hall.get_attribute("src") or "", timeout=SECONDS)
        screenshot(page, KEPT / "wall.png", 1360, 900)


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_used_by_all(wall: Wall, *, dark: bool) -> None:
    with looking(wall, dark=dark) as page:
        expect(page.locator("#events li.violation")).not_to_have_count(0, timeout=SECONDS)
        assert findings(page) == []
        screenshot(page, KEPT / f"wall-phone-{'dark' if dark else 'light'}.png", 390, 844)
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        expect(page.locator("#events")).to_have_attribute("aria-live", "polite")
        page.locator("#cameras").focus()
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        expect(focused).to_have_accessible_name("Enlarge hall")
        expect(focused).to_have_css("outline-style", "solid")


def test_it_connects_again_and_tells_nothing_twice(wall: Wall) -> None:
    with looking(wall) as page:
        expect(page.locator("#events li")).not_to_have_count(0, timeout=SECONDS)
        before = events(page)
        page.evaluate("socket.close()")
        expect(page.locator("body")).to_have_class("offline")
        expect(page.locator("body")).not_to_have_class("offline", timeout=SECONDS)
        expect(page.get_by_role("status")).to_have_text("Live")
        after = events(page)
        assert set(after) >= set(before)
        assert len(set(after)) == len(after)


def test_cameras_are_removed_and_added_on_it(wall: Wall, wall_videos: dict[str, Path]) -> None:
    with looking(wall) as page:
        page.get_by_role("button", name="Remove lift").click()
        page.get_by_role("button", name="Really remove lift?").click()
        expect(page.locator(".tile")).to_have_count(3, timeout=SECONDS)
        page.get_by_text("Add a camera").click()
        page.get_by_label("Source").fill(str(wall_videos["lift"]))
        page.get_by_label("Name (optional)").fill("<b>lift</b>")
        page.get_by_role("button", name="Add").click()
        expect(page.locator("h3", has_text="<b>lift</b>")).to_be_visible(timeout=SECONDS)
        expect(page.locator(".tile b")).to_have_count(0)

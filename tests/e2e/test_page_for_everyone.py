"""The try-it page for those who use a keyboard, a screen reader, a phone, or the dark; axe-core looks too."""

import itertools
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import findings
from tests.e2e.browser import screenshot as keep
from tests.e2e.pageserver import PageServer, Refusal
from tests.e2e.pagetools import KEPT, board, hand_over, judged, looking, notice, steady
from tests.videos import EXAMPLES, walk, write_mjpeg

PEOPLE = ["hopper", "collins-mask", "hopper-mask-on-chin"]
PHONE, DESKTOP = (390, 844), (1360, 900)
"""Width and height of a window."""
LEAST_TARGET = 44
"""Pixels of a touch target (WCAG 2.2, 2.5.5)."""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mjpeg(tmp_path_factory.mktemp("camera") / "people.mjpeg", walk(PEOPLE, 90))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious(server: PageServer, video: Path, *, dark: bool) -> None:
    with looking(server, quiet=False, video=video, dark=dark) as page:
        expect(page.get_by_role("switch")).to_be_visible()
        assert findings(page) == [], "as it opens"
        page.get_by_role("button", name="Open the camera").click()
        steady(page, len(PEOPLE))
        assert findings(page) == [], "with the camera"
        page.get_by_role("button", name="Stop the camera").click()
        hand_over(page, [EXAMPLES / "group.jpg", EXAMPLES / "ORIGIN.md"])
        judged(board(page, "group.jpg"), 6)
        expect(board(page, "ORIGIN.md")).to_contain_text("is not a picture")
        assert findings(page) == [], "with pictures"
        server.gateway.refusal = Refusal(401, message="Unauthorized")
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        expect(page.get_by_label("API key")).to_be_focused()
        assert findings(page) == [], "with a problem and the key's form"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_screenshots(server: PageServer, video: Path, size: tuple[int, int], *, dark: bool) -> None:
    name = f"page-{'phone' if size is PHONE else 'desktop'}-{'dark' if dark else 'light'}"
    with looking(server, video=video, dark=dark, width=size[0], height=size[1]) as page:
        keep(page, KEPT / f"{name}-start.png")
        page.get_by_role("button", name="Open the camera").click()
        steady(page, len(PEOPLE))
        keep(page, KEPT / f"{name}-camera.png")
        assert not is_wider_than_the_window(page)
        page.get_by_role("button", name="Stop the camera").click()
        hand_over(page, [EXAMPLES / "group.jpg"])
        judged(board(page, "group.jpg"), 6)
        board(page, "group.jpg").scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        keep(page, KEPT / f"{name}-pictures.png")
        assert not is_wider_than_the_window(page)


def is_wider_than_the_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_targets_on_a_phone_are_large_enough(server: PageServer, video: Path) -> None:
    with looking(server, video=video, width=PHONE[0], height=PHONE[1]) as page:
        page.get_by_role("button", name="Open the camera").click()
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        judged(board(page, "hopper.jpg"), 1)
        targets = page.locator("button:visible, select:visible, label:visible:is(.button, .tick)")
        assert targets.count() >= 6
        for target in targets.all():
            box = target.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= LEAST_TARGET, target.inner_text()


def test_all_can_be_done_with_the_keyboard(server: PageServer, video: Path) -> None:
    with looking(server, video=video) as page:
        # From now on the browser hands choosers over; else the key might be quicker than that.
        page.on("filechooser", lambda _chooser: None)
        visited = [press_tab(page) for _ in range(4)]
        assert visited == ["To the controls", "Open the camera", "files", "extras"]
        press_tab(page, back=True)
        assert (
            page.evaluate("getComputedStyle(document.querySelector('#files + label')).outlineStyle")
            == "solid"
        )
        with page.expect_file_chooser() as chosen:
            page.keyboard.press("Enter")
        chosen.value.set_files(EXAMPLES / "hopper.jpg")
        judged(board(page, "hopper.jpg"), 1)
        assert press_tab(page, back=True) == "Open the camera"
        page.keyboard.press("Enter")
        steady(page, len(PEOPLE))
        assert focused(page) == "Stop the camera"
        page.keyboard.press("Enter")
        assert focused(page) == "Open the camera"
        visited = [press_tab(page) for _ in range(3)]
        assert visited == ["files", "Remove all", "Remove hopper.jpg"]
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Pictures")).to_be_hidden()
        assert focused(page) == "files"
        assert press_tab(page) == "extras"
        page.keyboard.press("Space")
        expect(page.get_by_role("switch")).to_be_checked()


def press_tab(page: Page, *, back: bool = False) -> str:
    page.keyboard.press("Shift+Tab" if back else "Tab")
    return focused(page)


def focused(page: Page) -> str:
    """What has the focus, which must be seen to have it."""
    seen = page.evaluate("""() => {
      const it = document.activeElement;
      const name = it.getAttribute("aria-label") || it.textContent.trim() || it.id;
      return it.matches(":focus-visible") && name;
    }""")
    return str(seen)


def test_changes_are_told_and_nothing_else(server: PageServer, video: Path) -> None:
    listen = """() => {
      window.heard = [];
      const place = document.querySelector("#changes");
      new MutationObserver(() => window.heard.push(place.textContent)).observe(place, { childList: true });
    }"""
    with looking(server, video=video) as page:
        assert page.locator("#changes").get_attribute("role") == "status"
        expect(page.locator("#changes")).to_have_css("width", "1px")  # heard, and never seen
        page.evaluate(listen)
        page.get_by_role("button", name="Open the camera").click()
        steady(page, len(PEOPLE))
        page.wait_for_timeout(4000)
        heard = ". ".join(page.evaluate("window.heard")).split(". ")
        assert sorted(heard) == ["#1 no mask", "#2 mask", "#3 mask worn badly"]
        hand_over(page, [EXAMPLES / "group.jpg"])
        judged(board(page, "group.jpg"), 6)
        expect(page.locator("#changes")).to_have_text("group.jpg: 2 mask, 4 no proper mask")
        name = board(page, "group.jpg").get_by_role("img").get_attribute("aria-label")
        assert name is not None
        assert name.startswith("group.jpg: no mask 9")


def test_problems_are_read_aloud(server: PageServer) -> None:
    with looking(server) as page:
        assert page.locator("#notices").get_attribute("role") == "alert"
        page.get_by_role("button", name="Open the camera").click()
        expect(notice(page, "camera")).to_be_visible()


def test_landmarks_and_headings(server: PageServer) -> None:
    with looking(server) as page:
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        judged(board(page, "hopper.jpg"), 1)
        for landmark in ("banner", "main", "contentinfo"):
            expect(page.get_by_role(landmark)).to_have_count(1)
        levels = page.locator("h1, h2, h3, h4").evaluate_all(
            "all => all.filter(it => it.checkVisibility()).map(it => Number(it.tagName[1]))"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_who_wants_less_motion_gets_none(server: PageServer) -> None:
    with looking(server) as page:
        page.emulate_media(reduced_motion="reduce")
        moving = "all => all.filter(it => getComputedStyle(it).transitionDuration !== '0s').length"
        assert page.locator("button, .button").evaluate_all(moving) == 0

"""The try-it page in Chromium, and what is done with it."""

import base64
import mimetypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from maskinfra import layout, website
from maskinfra.errors import InfraError
from tests.e2e.browser import browsing, complaints
from tests.e2e.pageserver import PageServer

SECONDS = 30_000
"""How long things may take; Playwright counts in milliseconds."""
KEPT = Path(__file__).parents[2] / "build" / "screenshots"

_DROP = """([place, files]) => {
  const carried = new DataTransfer();
  for (const { name, type, text } of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type }));
  }
  const event = place === "drop"
    ? new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true })
    : new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


def built_site() -> Path:
    """The site of the present sources; skips the test where it cannot be built."""
    try:
        website.build(layout.SITE)
    except InfraError as error:
        pytest.skip(f"needs the try-it page: {error}")
    return layout.SITE


@contextmanager
def looking(server: PageServer, *, quiet: bool = True, **how: Any) -> Iterator[Page]:
    """The page, ready; in the end it must have asked nobody else, and complained of nothing if `quiet`."""
    with browsing(**how) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.set_default_timeout(SECONDS)
        expect.set_options(timeout=SECONDS)
        page.goto(server.url)
        expect(page.get_by_role("button", name="Open the camera")).to_be_visible()
        yield page
        assert [url for url in asked if not url.startswith((server.url, "blob:", "data:"))] == []
        if quiet:
            assert complaints(page) == []


def hand_over(page: Page, files: Sequence[Path], place: str = "drop") -> None:
    """Drop files onto the page, or paste them."""
    told = [
        {
            "name": file.name,
            "type": mimetypes.guess_type(file.name)[0] or "",
            "text": base64.b64encode(file.read_bytes()).decode(),
        }
        for file in files
    ]
    page.evaluate(_DROP, [place, told])


def board(page: Page, name: str) -> Locator:
    """A picture's part of the page."""
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=name, exact=True))


def judged(place: Locator, count: int) -> list[tuple[str, str]]:
    """Verdict and words of each face, once so many are judged."""
    faces = place.locator(".faces li")
    expect(faces).to_have_count(count)
    expect(place.locator('.faces li[data-verdict="asked"]')).to_have_count(0)
    return told(place)


def steady(page: Page, count: int) -> list[tuple[str, str]]:
    """Verdict and words of each face before the camera, once so many have a verdict."""
    expect(page.locator('#live .faces li:not([data-verdict="uncertain"])')).to_have_count(count)
    return told(page.locator("#live"))


def told(place: Locator) -> list[tuple[str, str]]:
    """Verdict and words of each face as they are now."""
    read = "items => items.map(item => [item.dataset.verdict, item.querySelector('.words').textContent])"
    return [(verdict, words) for verdict, words in place.locator(".faces li").evaluate_all(read)]


def notice(page: Page, kind: str) -> Locator:
    """What the page says about a problem."""
    return page.locator(f'#notices [data-kind="{kind}"]')


def until(page: Page, done: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that is not on the page."""
    for _ in range(int(seconds * 10)):
        if done():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not in {seconds:g} s")

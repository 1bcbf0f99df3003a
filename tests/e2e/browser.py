"""This machine's Chromium through Playwright: nothing is downloaded, and only the page is asked for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

# Playwright itself turns background networking, updates and first-run pages off.
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--disable-domain-reliability",
    "--no-pings",
    "--safebrowsing-disable-auto-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_AXE = Path(__file__).parents[2] / "client" / "web" / "node_modules" / "axe-core" / "axe.min.js"

_complaints: "WeakKeyDictionary[Page, list[str]]" = WeakKeyDictionary()


@contextmanager
def browsing(
    *,
    video: Path | None = None,
    camera: bool = True,
    width: int = 1360,
    height: int = 900,
    dark: bool = False,
) -> Iterator[Page]:
    """A page of Chromium without a window; skips the test where there is none.

    `video`, an .mjpeg or .y4m, is what its camera sees, and pages may use the camera unasked. Without it
    the camera shows Chromium's own test picture, and pages are refused it unless the test grants it
    (`page.context.grant_permissions(["camera"])`). With `camera` false there is none.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=[*_SWITCHES, *_camera_switches(video, camera=camera)]
        )
        try:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
            )
            page = context.new_page()
            _listen(page)
            yield page
        finally:
            browser.close()


def complaints(page: Page) -> list[str]:
    """What went wrong on the page so far: errors in its console or its code, and what its policy forbids."""
    page.evaluate("0")  # what has already been said arrives before the answer
    return list(_complaints[page])


def screenshot(page: Page, path: Path, width: int | None = None, height: int | None = None) -> None:
    """Keep a picture of what is seen, where given in a window of another size."""
    if width is not None and height is not None:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)  # until the page has found its new shape
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)


def _camera_switches(video: Path | None, *, camera: bool) -> list[str]:
    if not camera:
        return ["--use-fake-device-for-media-stream=device-count=0"]
    if video is None:
        return ["--use-fake-device-for-media-stream"]
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ]


def _listen(page: Page) -> None:
    noted = _complaints.setdefault(page, [])

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and "favicon" not in message.location.get("url", ""):
            noted.append(f"{message.text} {message.location.get('url', '')}".strip())

    page.on("console", said)
    page.on("pageerror", lambda error: noted.append(str(error)))


def findings(page: Page) -> list[str]:
    """What axe-core finds serious or critical about the page as it stands now: the rule and where."""
    if not _AXE.is_file():
        pytest.skip("needs axe-core: make web")
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    told = page.evaluate("axe.run()")
    assert told["passes"], "axe-core looked at nothing"
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in told["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]

"""What the try-it page says when something is wrong, and how it goes on by itself."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pageserver import PageServer, Refusal
from tests.e2e.pagetools import (
    SECONDS,
    board,
    hand_over,
    judged,
    looking,
    notice,
    steady,
    told,
    until,
)
from tests.videos import EXAMPLES, walk, write_mjpeg

KEY = "a-key-for-the-tests"
OPEN = "Open the camera"

NO_SECURE_CONTEXT = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
CAMERA_IN_USE = """navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException("Could not start video source", "NotReadableError");
};"""
NO_OFFSCREEN_CANVAS = "delete window.OffscreenCanvas;"
NO_MODULE_WORKERS = """window.Worker = class {
  constructor(address, options) { this.known = options && "name" in options; }
  terminate() {}
};"""
STORED = (
    """() => [Object.entries(sessionStorage), Object.entries(localStorage), document.cookie, location.href]"""
)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mjpeg(tmp_path_factory.mktemp("camera") / "one.mjpeg", walk(["hopper-mask"], 60))


def ask_for_camera(page: Page) -> None:
    page.get_by_role("button", name=OPEN).click()


def test_a_refused_camera_is_explained_and_pictures_work(server: PageServer) -> None:
    with looking(server) as page:
        ask_for_camera(page)
        expect(notice(page, "camera")).to_contain_text("does not let this page use the camera. Allow it")
        expect(page.get_by_role("button", name=OPEN)).to_be_visible()
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        assert judged(board(page, "hopper.jpg"), 1)[0][0] == "violation"
        page.context.grant_permissions(["camera"])
        ask_for_camera(page)
        expect(page.get_by_role("button", name="Stop the camera")).to_be_visible()
        expect(notice(page, "camera")).to_have_count(0)


def test_no_camera(server: PageServer) -> None:
    with looking(server, camera=False) as page:
        page.context.grant_permissions(["camera"])
        ask_for_camera(page)
        expect(notice(page, "camera")).to_contain_text("No camera was found. Connect one")


@pytest.mark.parametrize(
    ("browser", "kind", "words"),
    [
        (CAMERA_IN_USE, "camera", "another program may be using it. Close that program"),
        (NO_SECURE_CONTEXT, "camera", "Open this page at an https address"),
    ],
)
def test_a_camera_that_cannot_be_had(server: PageServer, browser: str, kind: str, words: str) -> None:
    with looking(server) as page:
        page.add_init_script(browser)
        page.reload()
        ask_for_camera(page)
        expect(notice(page, kind)).to_contain_text(words)


@pytest.mark.parametrize("browser", [NO_OFFSCREEN_CANVAS, NO_MODULE_WORKERS])
def test_an_old_browser_is_told_of(server: PageServer, browser: str) -> None:
    with looking(server) as page:
        page.add_init_script(browser)
        page.reload()
        expect(page.locator("#notices")).to_contain_text("This browser is too old for this page")


def test_a_camera_that_is_unplugged(server: PageServer, video: Path) -> None:
    unplug = """() => {
      const [track] = document.querySelector("#live video").srcObject.getVideoTracks();
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }"""
    with looking(server, video=video) as page:
        ask_for_camera(page)
        steady(page, 1)
        page.evaluate(unplug)
        expect(notice(page, "camera")).to_contain_text("The camera stopped")
        ask_for_camera(page)
        steady(page, 1)
        expect(notice(page, "camera")).to_have_count(0)


def test_a_camera_without_a_picture(server: PageServer, video: Path) -> None:
    with looking(server, video=video) as page:
        ask_for_camera(page)
        steady(page, 1)
        page.evaluate("document.querySelector('#live video').pause()")
        expect(notice(page, "camera")).to_contain_text("The camera delivers no picture")
        expect(page.locator("#live .faces li")).to_have_count(0)
        page.evaluate("document.querySelector('#live video').play()")
        steady(page, 1)
        expect(notice(page, "camera")).to_have_count(0)


def test_verdicts_fade_while_the_api_is_away_and_come_back(server: PageServer, video: Path) -> None:
    with looking(server, quiet=False, video=video) as page:
        ask_for_camera(page)
        assert steady(page, 1)[0][0] == "compliant"
        server.stop()
        expect(notice(page, "api")).to_contain_text("The API does not answer. Faces are still found")
        expect(page.locator("#live .faces")).to_have_text("#1 unsure")
        server.start()
        assert steady(page, 1)[0][0] == "compliant"
        expect(notice(page, "api")).to_have_count(0)


def test_pictures_wait_for_the_api(server: PageServer) -> None:
    server.gateway.refusal = Refusal(503, message="Service Unavailable")
    with looking(server, quiet=False) as page:
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        expect(notice(page, "api")).to_contain_text(
            "cannot answer at present (HTTP 503: Service Unavailable)"
        )
        assert told(board(page, "hopper.jpg")) == [("asked", "asking")]
        server.gateway.refusal = None
        assert judged(board(page, "hopper.jpg"), 1)[0][0] == "violation"
        expect(notice(page, "api")).to_have_count(0)


def test_a_key_is_asked_for_once_and_kept_for_the_session_only(server: PageServer) -> None:
    server.gateway.key = KEY
    with looking(server, quiet=False) as page:
        field = page.get_by_label("API key")
        expect(field).to_be_hidden()
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        expect(notice(page, "api")).to_contain_text("The API wants a key (HTTP 403: Forbidden)")
        expect(field).to_be_focused()
        field.fill("a-wrong-key")
        field.press("Enter")
        expect(notice(page, "api")).to_contain_text("The API refused this key")
        field.fill(KEY)
        page.get_by_role("button", name="Use this key").click()
        assert judged(board(page, "hopper.jpg"), 1)[0][0] == "violation"
        expect(field).to_be_hidden()
        session, local, cookies, address = page.evaluate(STORED)
        assert session == [["maskcheck-api-key", KEY]]
        assert (local, cookies) == ([], "")
        assert KEY not in address
        page.reload()
        hand_over(page, [EXAMPLES / "hopper-mask.jpg"])
        judged(board(page, "hopper-mask.jpg"), 1)
        expect(field).to_be_hidden()
        page.get_by_role("button", name="Forget the key").click()
        assert page.evaluate(STORED)[0] == []
        hand_over(page, [EXAMPLES / "collins.jpg"])
        expect(field).to_be_visible()
    assert {post.key for post in server.gateway.posted} <= {KEY, None}


def test_too_large(server: PageServer) -> None:
    with looking(server, quiet=False) as page:
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        judged(board(page, "hopper.jpg"), 1)
        server.gateway.refusal = Refusal(413, message="Request Too Long")
        hand_over(page, [EXAMPLES / "collins.jpg"])
        told_there = board(page, "collins.jpg").locator(".state")
        expect(told_there).to_contain_text("too large (HTTP 413: Request Too Long). Take a smaller picture")
        assert told(board(page, "collins.jpg")) == [("rejected", "not judged")]
        server.gateway.refusal = None
        hand_over(page, [EXAMPLES / "hopper-mask.jpg"])
        assert judged(board(page, "hopper-mask.jpg"), 1)[0][0] == "compliant"


def test_the_pause_that_the_api_asks_for_is_kept(server: PageServer) -> None:
    with looking(server, quiet=False) as page:
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        judged(board(page, "hopper.jpg"), 1)
        server.gateway.refusal = Refusal(429, {"Retry-After": "3"}, "Too Many Requests")
        hand_over(page, [EXAMPLES / "hopper-mask.jpg"])
        expect(notice(page, "api")).to_contain_text("The page asks again in 3 s")
        server.gateway.refusal = None
        assert judged(board(page, "hopper-mask.jpg"), 1)[0][0] == "compliant"
        expect(notice(page, "api")).to_have_count(0)
    refused, answered = server.gateway.posted[-2:]
    assert 2.9 < answered.at - refused.at < 10


def test_a_slow_api_is_told_of(server: PageServer, video: Path) -> None:
    with looking(server, video=video) as page:
        ask_for_camera(page)
        steady(page, 1)
        server.gateway.delay = 11.0
        expect(notice(page, "api")).to_contain_text("The API has not answered yet")
        expect(notice(page, "api")).to_have_count(0, timeout=SECONDS)


def test_offline_and_back(server: PageServer, video: Path) -> None:
    with looking(server, quiet=False, video=video) as page:
        ask_for_camera(page)
        steady(page, 1)
        page.context.set_offline(True)
        expect(notice(page, "api")).to_contain_text("This device is offline")
        asked = len(server.gateway.posted)
        page.context.set_offline(False)
        expect(notice(page, "api")).to_have_count(0)
        until(page, lambda: len(server.gateway.posted) > asked)
        steady(page, 1)


def test_a_face_finder_that_is_missing_comes_back(server: PageServer) -> None:
    with looking(server, quiet=False) as page:
        page.route("**/face_detector.onnx", lambda route: route.fulfill(status=502))
        page.reload()
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        expect(notice(page, "finder")).to_contain_text("The face finder could not be loaded")
        page.unroute("**/face_detector.onnx")
        assert judged(board(page, "hopper.jpg"), 1)[0][0] == "violation"
        expect(notice(page, "finder")).to_have_count(0)


def test_not_the_address_of_an_api(server: PageServer) -> None:
    server.gateway.refusal = Refusal(404, message="Not Found")
    with looking(server, quiet=False) as page:
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        expect(notice(page, "api")).to_contain_text("There is no MaskCheck API beside this page (HTTP 404")
        expect(board(page, "hopper.jpg").locator(".state")).to_contain_text("Open the page at the address")

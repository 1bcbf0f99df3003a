"""What rarely happens to the try-it page, in Chromium: parts of it alone, where it is hard to bring about."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.pageserver import PageServer
from tests.e2e.pagetools import board, hand_over, judged, looking, notice, steady
from tests.videos import EXAMPLES, walk, write_mjpeg

KEY = "a-key-for-the-tests"

ALBUM_OF_THREE = """async () => {
  const { Album } = await import("./web/album.js");
  const { ApiProblem, PageProblem } = await import("./web/problems.js");
  const extras = { on: false, guess: async () => ({ words: "about 40", contour: [] }) };
  const judging = { async judge({ name }, { read, found }) {
    if (name === "waiting") { await new Promise(() => {}); }
    if (name === "broken") { throw new PageProblem("no-picture"); }
    read(await createImageBitmap(new ImageData(40, 40)));
    found([{ box: { x1: 5, y1: 5, x2: 30, y2: 30 }, judgement: null, error: null, asked: true }], [40, 40]);
    throw new ApiProblem("too-large", { status: 413 });
  } };
  const nobody = { show() {}, clear() {}, tell() {} };
  const album = new Album(judging, nobody, nobody, extras);
  album.add(["refused", "broken", "waiting"].map((name) => new File([], name)));
  window.turnExtrasOn = () => { extras.on = true; album.extrasChanged(); };
}"""
NO_COPIES = """() => {
  const make = window.createImageBitmap;
  window.createImageBitmap = async (source, ...how) => {
    if (source instanceof ImageBitmap) { throw new DOMException("No memory", "InvalidStateError"); }
    return make(source, ...how);
  };
}"""
NOTHING_KEPT = """Object.defineProperty(window, "sessionStorage", {
  get() { throw new DOMException("Access is denied", "SecurityError"); },
});"""
WATCH = """async ({ own, newFrames, searchSeconds, seconds }) => {
  const { Watch } = await import("./web/watching.js");
  let [now, act, tick] = [0, null, null];
  const told = { silent: [], people: 0 };
  const video = { videoWidth: 8, currentTime: 0 };
  if (own) { video.requestVideoFrameCallback = (step) => { act = step; }; }
  window.requestAnimationFrame = (step) => { act = step; };
  window.createImageBitmap = async () => ({});
  window.setInterval = (look) => { tick = look; };
  const face = { x1: 1, y1: 1, x2: 6, y2: 6 };
  const pixels = { data: new Uint8ClampedArray(256), width: 8, height: 8 };
  const moment = () => {
    now += 0.5;
    if (newFrames) { video.currentTime = now; }
    if (newFrames || !own) { act(); }
  };
  const finder = {
    busy: searchSeconds === null, // it never gets round to the camera
    async find() {
      for (const end = now + searchSeconds; now < end;) { moment(); }
      return { faces: [{ box: face }], pixels, seconds: searchSeconds };
    },
  };
  const listener = { seen() {}, failed() {}, looked() {}, silent: (silent) => told.silent.push(silent) };
  const watch = new Watch(video, finder, { idle: false }, listener, () => now);
  watch.start();
  while (now < seconds) {
    moment();
    await new Promise((done) => { setTimeout(done); });
    tick();
  }
  return { ...told, people: watch.people };
}"""
CAMERAS = """async () => {
  const { Camera } = await import("./web/camera.js");
  const { PageProblem } = await import("./web/problems.js");
  window.asked = [];
  navigator.mediaDevices.getUserMedia = () => new Promise((give, refuse) => {
    window.asked.push({ give: () => give(document.createElement("canvas").captureStream()), refuse });
  });
  window.video = document.createElement("video");
  window.camera = new Camera(window.video, () => {});
}"""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mjpeg(tmp_path_factory.mktemp("camera") / "one.mjpeg", walk(["hopper-mask"], 60))


def test_extras_take_no_words_away(server: PageServer) -> None:
    with looking(server) as page:
        page.evaluate(ALBUM_OF_THREE)
        refused = board(page, "refused").locator(".state")
        expect(refused).to_contain_text("too large (HTTP 413)")
        expect(board(page, "broken").locator(".state")).to_contain_text("it is not a picture")
        before = page.locator("#album .state").all_inner_texts()
        page.evaluate("window.turnExtrasOn()")
        expect(board(page, "refused").locator(".guess")).to_have_text("Guess: about 40")
        assert page.locator("#album .state").all_inner_texts() == before


@pytest.mark.parametrize("answer", ["none", "a sign-in", "another's"])
def test_parts_that_cannot_be_read_are_told_of_and_asked_for_calmly(
    server: PageServer, video: Path, answer: str
) -> None:
    asked = []

    def fail(route: Route) -> None:
        asked.append(route.request.url)
        if answer == "none":
            route.abort()
        else:
            route.fulfill(status=200, body="<p>Sign in</p>" if answer == "a sign-in" else '{"name": "x"}')

    with looking(server, quiet=False, video=video) as page:
        broken = pageerrors(page)
        page.route("**/parts.json", fail)
        page.reload()
        page.get_by_role("button", name="Open the camera").click()
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        expect(notice(page, "finder")).to_contain_text("The face finder could not be loaded")
        asked.clear()
        page.wait_for_timeout(2000)
        assert len(asked) <= 4  # the camera, the picture, and the page itself, which wait for seconds
        page.unroute("**/parts.json")
        assert judged(board(page, "hopper.jpg"), 1)[0][0] == "violation"
        steady(page, 1)
        expect(notice(page, "finder")).to_have_count(0)
        assert broken == []


def pageerrors(page: Page) -> list[str]:
    """What goes wrong in the page's code from now on."""
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    return broken


def test_a_picture_too_large_for_the_browser_is_told_of(server: PageServer) -> None:
    with looking(server) as page:
        page.evaluate(NO_COPIES)
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        expect(board(page, "hopper.jpg").locator(".state")).to_contain_text("it is not a picture that this")
        expect(page.locator("#notices p")).to_have_count(0)  # the face finder is well


@pytest.mark.parametrize("canvas", ["HTMLCanvasElement", "OffscreenCanvas"])
def test_so_is_one_for_which_there_is_no_canvas(server: PageServer, canvas: str) -> None:
    with looking(server) as page:
        expect(page.locator("#versions")).not_to_be_empty()
        page.evaluate(f"{canvas}.prototype.getContext = () => null")
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        expect(board(page, "hopper.jpg").locator(".state")).to_contain_text("it is not a picture that this")


@pytest.mark.parametrize("own", [True, False], ids=["told of frames", "told of repaints"])
@pytest.mark.parametrize("searching", [None, 0.5], ids=["finder busy", "finder free"])
def test_only_a_camera_without_frames_is_silent(
    server: PageServer, searching: float | None, *, own: bool
) -> None:
    with looking(server) as page:
        for frames in (True, False):
            how = {"own": own, "newFrames": frames, "searchSeconds": searching, "seconds": 6}
            silent = page.evaluate(WATCH, how)["silent"]
            assert len(silent) >= 3
            assert silent[-1] is not frames
            assert silent[0] is False


@pytest.mark.parametrize("seconds", [0.5, 5.0])
def test_a_slow_search_counts_nobody_twice(server: PageServer, seconds: float) -> None:
    with looking(server) as page:
        how = {"own": True, "newFrames": True, "searchSeconds": seconds, "seconds": 30}
        assert page.evaluate(WATCH, how)["people"] == 1


def test_a_camera_that_is_closed_while_it_begins_is_not_open(server: PageServer) -> None:
    late = """async () => {
      let begin;
      video.play = () => new Promise((done) => { begin = done; });
      const opened = camera.open();
      asked[0].give();
      while (!begin) { await new Promise((done) => { setTimeout(done); }); }
      camera.close();
      begin();
      return opened;
    }"""
    with looking(server) as page:
        page.evaluate(CAMERAS)
        assert page.evaluate(late) is None


def test_a_camera_that_fails_late_leaves_the_next_one_open(server: PageServer) -> None:
    late = """async () => {
      video.play = async () => {};
      const [first, second] = [camera.open(), camera.open()];
      asked[1].give();
      await second;
      asked[0].refuse(new DOMException("Could not start video source", "NotReadableError"));
      return [await first, video.srcObject.getVideoTracks()[0].readyState];
    }"""
    with looking(server) as page:
        page.evaluate(CAMERAS)
        assert page.evaluate(late) == [None, "live"]


def test_a_browser_that_keeps_nothing_can_use_a_key(server: PageServer) -> None:
    server.gateway.key = KEY
    with looking(server, quiet=False) as page:
        page.add_init_script(NOTHING_KEPT)
        page.reload()
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        page.get_by_label("API key").fill(KEY)
        page.get_by_role("button", name="Use this key").click()
        assert judged(board(page, "hopper.jpg"), 1)[0][0] == "violation"
        server.gateway.posted.clear()
        page.get_by_role("button", name="Forget the key").click()
        hand_over(page, [EXAMPLES / "collins.jpg"])
        expect(page.get_by_label("API key")).to_be_visible()
        assert {post.key for post in server.gateway.posted} == {None}


def test_a_late_refusal_does_not_cost_the_new_key(server: PageServer) -> None:
    server.gateway.key = KEY
    with looking(server, quiet=False) as page:
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        field = page.get_by_label("API key")
        expect(field).to_be_visible()
        server.gateway.delay = 2.0
        with page.expect_request("**/v1/model"):
            page.evaluate("window.dispatchEvent(new Event('online'))")  # asks again, without a key
        field.fill(KEY)
        field.press("Enter")
        assert judged(board(page, "hopper.jpg"), 1)[0][0] == "violation"
        assert page.evaluate("Object.values(sessionStorage)") == [KEY]
        expect(notice(page, "api")).to_have_count(0)

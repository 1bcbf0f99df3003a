"""The try-it page in Chromium, with a camera that the project makes, before the real function."""

import io
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from maskclient.api import MaskCheckClient
from maskclient.crop import CAMERA, cut_crop
from maskclient.owndetector import load_own_detector
from maskclient.wire import Judgement
from maskclient.wording import label_words
from tests.e2e.pageserver import PageServer, serving
from tests.e2e.pagetools import board, built_site, hand_over, judged, looking, steady, told, until
from tests.videos import EXAMPLES, walk, write_mjpeg

PEOPLE = ["hopper", "collins-mask", "hopper-mask-on-chin"]
TWO_CAMERAS = """
window.wanted = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
let facing = "user";
navigator.mediaDevices.getUserMedia = async ({ video }) => {
  window.wanted.push(video.deviceId?.exact ?? video.facingMode);
  facing = video.deviceId?.exact === "back" || video.facingMode === "environment" ? "environment" : "user";
  return open({ video: true });
};
navigator.mediaDevices.enumerateDevices = async () => ["front", "back"].map((name) => (
  { kind: "videoinput", deviceId: name, label: `The ${name} one` }));
MediaStreamTrack.prototype.getSettings = () => (
  { deviceId: facing === "user" ? "front" : "back", facingMode: facing });
"""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mjpeg(tmp_path_factory.mktemp("camera") / "people.mjpeg", walk(PEOPLE, 90))


def test_people_before_the_camera_get_the_verdict_that_the_function_gives(
    server: PageServer, video: Path
) -> None:
    with looking(server, video=video) as page:
        page.get_by_role("button", name="Open the camera").click()
        seen = steady(page, len(PEOPLE))
        assert len(server.gateway.posted) >= 3  # a consensus takes as many answers
        page.get_by_role("button", name="Stop the camera").click()
        page.wait_for_timeout(500)
        asked = len(server.gateway.posted)
        page.wait_for_timeout(2000)
        assert len(server.gateway.posted) == asked
    first = next(walk(PEOPLE, 1))
    with MaskCheckClient(server.url) as client:
        model = client.model()
        faces = load_own_detector().detect(first)
        crops = [cut_crop(first, face.box, model.crop_margin, model.input_size, CAMERA) for face in faces]
        outcomes = [result.outcome for result in client.classify(crops).results]
    answers = [outcome for outcome in outcomes if isinstance(outcome, Judgement)]
    assert [verdict for verdict, _ in seen] == [answer.verdict for answer in answers]
    words = [f"#{number} {label_words(answer)}" for number, answer in enumerate(answers, 1)]
    assert [said.rsplit(" ", 1)[0] for _, said in seen] == words


def test_only_small_crops_of_faces_are_sent(server: PageServer, video: Path) -> None:
    with looking(server, video=video) as page:
        page.get_by_role("button", name="Open the camera").click()
        steady(page, len(PEOPLE))
        page.get_by_role("button", name="Stop the camera").click()
        from_camera = list(server.gateway.posted)
        hand_over(page, [EXAMPLES / "group.jpg"])
        judged(board(page, "group.jpg"), 6)
        from_pictures = server.gateway.posted[len(from_camera) :]
    with MaskCheckClient(server.url) as client:
        side = max(client.model().input_size)
    for posts, most in ((from_camera, side), (from_pictures, 2 * side)):
        assert posts
        for post in posts:
            assert 1 <= len(post.crops) <= 16
            assert {*post.names} == {"crops"}
            assert {*post.types} == {"image/jpeg"}
            for crop in post.crops:
                picture = Image.open(io.BytesIO(crop))
                assert picture.format == "JPEG"
                assert max(picture.size) <= most
                assert not picture.getexif()


def test_never_more_than_one_request_at_a_time_and_no_backlog(server: PageServer, video: Path) -> None:
    server.gateway.delay = 1.0
    with looking(server, video=video) as page:
        page.get_by_role("button", name="Open the camera").click()
        hand_over(page, [EXAMPLES / "group.jpg", EXAMPLES / "hopper.jpg"])
        until(page, lambda: len(server.gateway.posted) >= 5)
        server.gateway.delay = 0
        judged(board(page, "hopper.jpg"), 1)
    assert server.gateway.most_at_a_time == 1
    assert all(len(post.crops) <= 6 for post in server.gateway.posted)  # nothing was saved up


def test_extras_are_guessed_here_and_never_sent(server: PageServer) -> None:
    with looking(server) as page:
        loaded: list[str] = []
        page.on("request", lambda request: loaded.append(request.url))
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        before = judged(board(page, "hopper.jpg"), 1)
        assert white_in_the_box(page) == 0
        assert not any("human" in url for url in loaded)
        asked = len(server.gateway.posted)
        page.get_by_role("switch", name="Guess contour, age, gender and emotion").check()
        expect(board(page, "hopper.jpg").locator(".guess")).to_contain_text("Guess: about ", timeout=90_000)
        assert any("human" in url for url in loaded)
        assert white_in_the_box(page) > 20  # the contour
        assert len(server.gateway.posted) == asked
        assert told(board(page, "hopper.jpg")) == before  # no verdict uses them
        assert page.evaluate("indexedDB.databases()") == []
        page.get_by_role("switch").uncheck()
        expect(board(page, "hopper.jpg").locator(".guess")).to_have_text("")


def white_in_the_box(page: Page) -> int:
    """How many pixels inside the face's box, which is in the middle, are painted white or nearly so."""
    count = """(marks) => {
      const [left, top] = [0.36 * marks.width, 0.27 * marks.height];
      const { data } = marks.getContext("2d").getImageData(left, top, 0.3 * marks.width, 0.25 * marks.height);
      let white = 0;
      for (let at = 0; at < data.length; at += 4) { white += data[at] + data[at + 1] + data[at + 2] > 700; }
      return white;
    }"""
    return int(board(page, "hopper.jpg").locator(".marks").evaluate(count))


def test_a_page_without_extras_does_not_offer_them(tmp_path: Path) -> None:
    lean = tmp_path / "site"
    shutil.copytree(built_site(), lean, ignore=shutil.ignore_patterns("human"))
    parts = json.loads((lean / "web" / "parts.json").read_text(encoding="utf-8"))
    (lean / "web" / "parts.json").write_text(json.dumps({**parts, "extras": False}), encoding="utf-8")
    with serving(lean) as server, looking(server) as page:
        hand_over(page, [EXAMPLES / "hopper.jpg"])
        judged(board(page, "hopper.jpg"), 1)
        expect(page.locator("#extras")).to_be_hidden()


def test_words_are_not_mirrored_with_the_picture(server: PageServer, video: Path) -> None:
    with looking(server, video=video) as page:
        page.get_by_role("button", name="Open the camera").click()
        steady(page, len(PEOPLE))
        turned = "it => new DOMMatrix(getComputedStyle(it).transform).a"
        assert page.locator("#live video").evaluate(turned) == -1
        assert page.locator("#live .marks").evaluate(turned) == 1
        page.get_by_role("checkbox", name="Mirror").uncheck()
        assert page.locator("#live video").evaluate(turned) == 1


def test_the_other_camera_can_be_chosen(server: PageServer, video: Path) -> None:
    with looking(server, video=video) as page:
        page.add_init_script(TWO_CAMERAS)
        page.reload()
        page.get_by_role("button", name="Open the camera").click()
        chooser = page.get_by_role("combobox", name="Camera")
        expect(chooser).to_have_value("front")
        expect(page.get_by_role("checkbox", name="Mirror")).to_be_checked()
        chooser.select_option("The back one")
        expect(page.get_by_role("checkbox", name="Mirror")).not_to_be_checked()
        steady(page, len(PEOPLE))
        page.get_by_role("button", name="Other side").click()
        expect(chooser).to_have_value("front")
        expect(page.get_by_role("checkbox", name="Mirror")).to_be_checked()
        assert page.evaluate("window.wanted") == ["user", "back", "user"]

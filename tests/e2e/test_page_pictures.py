"""Pictures that are given to the try-it page, in Chromium and before the real function."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from maskclient.api import MaskCheckClient
from maskclient.detector import Box
from maskclient.judge import Judge, JudgedFace
from maskclient.owndetector import load_own_detector
from maskclient.pictures import PictureFile, read_picture
from maskclient.wording import caption
from tests.e2e.pageserver import PageServer
from tests.e2e.pagetools import board, hand_over, judged, looking, notice
from tests.videos import EXAMPLES

PICTURES = sorted(EXAMPLES.glob("*.jpg"))
VERDICT_BEHIND = {"with_mask": "compliant", "without_mask": "violation", "incorrect_mask": "violation"}


def client_says(server: PageServer, picture: Path) -> list[JudgedFace]:
    with MaskCheckClient(server.url) as client:
        return list(next(iter(Judge(client, load_own_detector()).judge([PictureFile(picture)]))).faces)


@pytest.mark.parametrize("place", ["drop", "paste"])
def test_a_group_is_judged_as_by_the_client(server: PageServer, place: str) -> None:
    with looking(server) as page:
        hand_over(page, [EXAMPLES / "group.jpg"], place)
        seen = judged(board(page, "group.jpg"), 6)
        counts = board(page, "group.jpg").locator(".counters dd").all_inner_texts()
    there = client_says(server, EXAMPLES / "group.jpg")
    assert [verdict for verdict, _ in seen] == [face.judgement and face.judgement.verdict for face in there]
    assert [words for _, words in seen] == [caption(face) for face in there]
    assert counts == ["2", "4", "0", "0"]
    drawn = json.loads((EXAMPLES / "faces.json").read_text(encoding="utf-8"))["group.jpg"]
    expected = [VERDICT_BEHIND[state] for state in states_in_order(drawn, [face.face.box for face in there])]
    assert [verdict for verdict, _ in seen] == expected


def states_in_order(drawn: list[dict[str, object]], boxes: list[Box]) -> list[str]:
    """Which of the drawn faces each box is."""
    middles = [((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2) for box in boxes]
    states = []
    for across, down in middles:
        for face in drawn:
            x1, y1, x2, y2 = np.array(face["box"], dtype=float)
            if x1 < across < x2 and y1 < down < y2:
                states.append(str(face["state"]))
    return states


def test_faces_are_found_where_the_client_finds_them(server: PageServer) -> None:
    script = """async (files) => {
      const { Finder } = await import("./web/finder.js");
      const { readPicture } = await import("./web/pictures.js");
      const finder = new Finder(async () => (await fetch("web/parts.json")).json());
      const found = [];
      for (const bytes of files) {
        const picture = await readPicture(new Blob([Uint8Array.from(bytes)]));
        const { faces } = await finder.find(await picture.copy());
        found.push(faces.map(({ box }) => [box.x1, box.y1, box.x2, box.y2]));
      }
      return found;
    }"""
    with looking(server) as page:
        here = page.evaluate(script, [list(file.read_bytes()) for file in PICTURES])
    detector = load_own_detector()
    for file, boxes in zip(PICTURES, here, strict=True):
        there = np.array([face.box for face in detector.detect(read_picture(file).rgb)])
        assert len(there) >= 1
        assert np.abs(np.array(boxes) - there).max() <= 1


def test_large_and_turned_pictures_are_judged_like_small_upright_ones(
    server: PageServer, tmp_path: Path
) -> None:
    picture = Image.open(EXAMPLES / "group.jpg")
    large = picture.resize((3600, 2400), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees
    large.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", quality=92, exif=exif)
    with looking(server) as page:
        page.locator("#files").set_input_files(tmp_path / "turned.jpg")
        seen = judged(board(page, "turned.jpg"), 6)
        shape = board(page, "turned.jpg").get_by_role("img").evaluate("it => [it.width, it.height]")
    assert shape == [1600, 1067]
    there = client_says(server, tmp_path / "turned.jpg")
    assert [words.rsplit(" ", 1)[0] for _, words in seen] == [
        caption(face).rsplit(" ", 1)[0] for face in there
    ]


def test_a_file_that_is_no_picture_costs_no_other_its_answer(server: PageServer, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes((EXAMPLES / "hopper.jpg").read_bytes()[:300])
    (tmp_path / "notes.txt").write_text("not a picture")
    with looking(server) as page:
        hand_over(page, [broken, tmp_path / "notes.txt", EXAMPLES / "hopper-mask.jpg"])
        assert judged(board(page, "hopper-mask.jpg"), 1)[0][0] == "compliant"
        for name in ("broken.jpg", "notes.txt"):
            expect(board(page, name).get_by_text(f"{name}: it is not a picture")).to_be_visible()


def test_more_pictures_than_are_kept_are_told_of(server: PageServer, tmp_path: Path) -> None:
    for number in range(26):
        Image.new("RGB", (32, 32), (number, 0, 0)).save(tmp_path / f"{number:02}.png")
    with looking(server) as page:
        hand_over(page, sorted(tmp_path.glob("*.png")))
        expect(notice(page, "pictures")).to_contain_text("Only the first 24 pictures were taken")
        expect(page.locator("#album article")).to_have_count(24)
        expect(board(page, "00.png")).to_contain_text("No face was found")
        page.get_by_role("button", name="Remove all").click()
        expect(page.locator("#album article")).to_have_count(0)
        expect(page.get_by_role("heading", name="Pictures")).to_be_hidden()
    assert server.gateway.posted == []

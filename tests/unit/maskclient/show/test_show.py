import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from maskclient.camera.consensus import Shown
from maskclient.camera.courier import Traffic
from maskclient.camera.grabber import State
from maskclient.camera.summary import Summary
from maskclient.camera.views import CameraView, TrackView
from maskclient.detector import Box
from maskclient.errors import RecordingFailed
from maskclient.overlay import OTHER_COLOUR, VERDICT_COLOURS
from maskclient.show.lines import JsonLines
from maskclient.show.listeners import Newest, Recorder
from maskclient.show.panel import ALARM, caption_of, draw_view
from maskclient.show.recording import Recording, path_for
from maskclient.show.status import Status

COMPLIANT = Shown("compliant", "with_mask", 0.97)


def view(*tracks: TrackView, camera: str = "door", state: State = "live", number: int = 1) -> CameraView:
    rgb = np.full((240, 320, 3), 128, np.uint8)
    return CameraView(camera, number, rgb, tracks, len(tracks), 29.7, 14.0, state)


def track(shown: Shown = COMPLIANT, number: int = 1) -> TrackView:
    return TrackView(number, Box(100, 80, 180, 180), shown)


def colours(picture: Image.Image) -> set[tuple[int, int, int]]:
    return {colour for _, colour in picture.getcolors(1 << 20) or []}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("shown", "caption"),
    [
        (COMPLIANT, "#1 mask 97%"),
        (Shown("violation", "incorrect_mask", 0.91), "#1 mask worn badly 91%"),
        (Shown(), "#1 unsure"),
        (Shown(reasons=("too-dark", "too-small")), "#1 unsure: too dark, too small"),
        (Shown("rejected", "without_mask", 0.5, ("too-blurred",)), "#1 too blurred"),
    ],
)
def test_captions(shown: Shown, caption: str) -> None:
    assert caption_of(track(shown)) == caption


@pytest.mark.parametrize("verdict", ["compliant", "violation", "uncertain"])
def test_each_verdict_has_its_colour(verdict: str) -> None:
    drawn = colours(draw_view(view(track(Shown(verdict, "with_mask", 0.9))), Status()))
    assert VERDICT_COLOURS[verdict] in drawn
    assert not (set(VERDICT_COLOURS.values()) - {VERDICT_COLOURS[verdict]}) & drawn


def test_what_is_no_face_has_a_thin_grey_box_without_words() -> None:
    with_words = draw_view(view(track(Shown("rejected", "too_new", 0.9))), Status())
    without = draw_view(view(track(Shown("rejected", "not_face", 0.9))), Status())
    count = [np.all(np.asarray(picture) == OTHER_COLOUR, axis=2).sum() for picture in (with_words, without)]
    assert count[1] < count[0] / 3


def test_words_can_be_left_away_and_the_picture_fitted() -> None:
    small = draw_view(view(track()), Status(), (160, 500), labels=False)
    assert small.size == (160, 120)
    assert VERDICT_COLOURS["compliant"] in colours(small)


def test_an_outage_is_shown_in_the_colour_of_alarm() -> None:
    assert ALARM not in colours(draw_view(view(), Status()))
    assert ALARM in colours(draw_view(view(), Status(problem="The API cannot be reached.")))
    assert ALARM in colours(draw_view(view(state="lost"), Status()))


def test_the_status_in_words() -> None:
    traffic = Traffic(calls=3, crops=22, bytes=90_400)
    traffic.answered(0.0241, "1.1.0")
    assert (
        Status.of(traffic, None, "1.0.0").words() == "model 1.1.0 · answers in 24 ms · 22 crops, 90 kB sent"
    )
    assert Status().words() == "0 crops, 0 kB sent"


def test_a_recording_plays_in_real_time_whatever_the_camera_does(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "new" / "out.mp4", fps=25)
    picture = Image.new("RGB", (321, 241), "red")
    for now in (10.0, 10.01, 10.02, 10.5, 11.0):
        recording.add(picture, now)
    recording.close()
    video = cv2.VideoCapture(str(tmp_path / "new" / "out.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 26
    assert (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (320, 240)
    there, frame = video.read()
    assert there
    assert frame[100, 100, 2] > 200  # red is where OpenCV has it
    video.release()


def test_a_recording_that_cannot_be_written_ends_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "out.mp4"
    with pytest.raises(RecordingFailed, match="cannot be written"):
        Recording(path).add(Image.new("RGB", (32, 32)), 0.0)
    told: list[str] = []
    recorder = Recorder(path, ["door"], Status, told.append)
    recorder.seen(view(), 0.0)
    recorder.seen(view(), 1.0)
    recorder.close()
    assert len(told) == 1


def test_several_cameras_are_recorded_side_by_side(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out.mp4", ["a", "b"], Status, pytest.fail)
    for camera in ("a", "b"):
        recorder.seen(view(camera=camera), 0.0)
    recorder.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out-1.mp4", "out-2.mp4"]
    assert path_for(Path("x.mp4"), 1, 1) == Path("x.mp4")


def test_the_newest_views_are_kept_in_order() -> None:
    newest = Newest(["a", "b"])
    newest.seen(view(camera="b", number=1), 0.0)
    newest.seen(view(camera="a", number=1), 0.0)
    newest.seen(view(camera="a", number=2), 0.0)
    assert [(name, seen.number) for name, seen in newest.views().items()] == [("a", 2), ("b", 1)]


class Printed:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.json = JsonLines(self.lines.append, lambda: datetime(2026, 11, 25, tzinfo=UTC))

    def documents(self) -> list[dict[str, object]]:
        documents = [json.loads(line) for line in self.lines]
        self.lines.clear()
        return documents


def test_a_line_is_printed_when_a_verdict_changes_and_when_a_face_is_gone() -> None:
    printed = Printed()
    printed.json.seen(view(track(Shown())), 0.0)
    printed.json.seen(view(track(Shown())), 0.0)
    printed.json.seen(view(track()), 0.0)
    printed.json.seen(view(), 0.0)
    first, second, third = printed.documents()
    assert (first["type"], first["verdict"], first["label"]) == ("verdict", "uncertain", None)
    assert second == {
        "type": "verdict",
        "time": "2026-11-25T00:00:00.000Z",
        "camera": "door",
        "track": 1,
        "verdict": "compliant",
        "label": "with_mask",
        "confidence": 0.97,
        "reasons": [],
        "box": [100, 80, 180, 180],
    }
    assert (third["type"], third["track"]) == ("gone", 1)


def test_outages_are_printed_once() -> None:
    printed = Printed()
    for problem in (None, "It is gone.", "It is still gone.", None, None):
        printed.json.service(problem)
    assert [line["state"] for line in printed.documents()] == ["offline", "online"]
    printed.json.seen(view(state="lost"), 0.0)
    printed.json.seen(view(state="live"), 0.0)
    assert [line["state"] for line in printed.documents()] == ["lost", "live"]


def test_the_summary_counts_and_prices() -> None:
    traffic = Traffic(calls=1_000_000, crops=16_000_000, bytes=64_000)
    summary = Summary(60.0, 4, Counter(compliant=3, violation=1), traffic)
    assert summary.dollars == pytest.approx(0.29 * 16, rel=0.03)  # the README's price per million crops
    assert str(summary).splitlines()[0] == "60 s, 4 people seen: compliant 3 (75%), violation 1 (25%)"
    assert summary.to_json()["verdicts"] == {"compliant": 3, "violation": 1}
    assert str(Summary(1.0, 1, Counter(), Traffic())).startswith("1 s, 1 person seen\n0 calls")

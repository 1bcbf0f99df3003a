import argparse
import json
import shutil
from pathlib import Path

import pytest

from maskclient.camera.grabber import Grabber
from maskclient.commands import capture
from maskclient.errors import CaptureFailed, SourceUnavailable

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    capture.add_parser(parser.add_subparsers())
    options = parser.parse_args(["capture", *map(str, arguments)])
    code: int = options.run(options)
    return code


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("collins.jpg", "group.jpg", "hopper.jpg"):
        shutil.copy(EXAMPLES / name, folder)
    return folder


def test_frames_with_one_face_are_kept_and_counted(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("--label", "without_mask", "--out", out, "--burst", "1", photos) == 0
    assert run("--label", "incorrect_mask", "--out", out, "--burst", "1", "--flip", photos) == 0
    result, messages = capsys.readouterr()
    assert "Kept 1 of 1" in messages
    assert result.splitlines()[-4:] == [
        "with_mask       0",
        "incorrect_mask  1",
        "without_mask    1",
        "not_face        0",
    ]
    # The same face, once as it is and once mirrored.
    boxes = [
        json.loads((out / "frames" / f"{number:06d}.json").read_text())["annotations"][0]["bbox"]
        for number in (1, 2)
    ]
    assert abs(boxes[0][0] - (512 - boxes[1][0] - boxes[1][2])) < 15


def test_a_source_that_ends_early_gives_what_it_has(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run("--label", "without_mask", "--out", tmp_path / "out", "--burst", "9", "--every", "0", photos) == 0
    )
    result, messages = capsys.readouterr()
    assert "photos ended after" in messages
    assert "without_mask" in result


def test_nothing_captured_is_told_with_the_reason(photos: Path, tmp_path: Path) -> None:
    out = ("--label", "with_mask", "--out", tmp_path / "out")
    with pytest.raises(CaptureFailed, match="after the count-down"):
        run(*out, "--countdown", "60", photos)
    for name in ("collins.jpg", "hopper.jpg"):
        (photos / name).unlink()
    with pytest.raises(CaptureFailed, match="--all-faces"):
        run(*out, photos)
    assert run(*out, "--all-faces", photos) == 0


def test_a_camera_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CaptureFailed, match="999"):
        run("--label", "with_mask", "--out", tmp_path, "999")
    with pytest.raises(SourceUnavailable):
        run("--label", "with_mask", "--out", tmp_path, "no-such-thing")


def test_a_silent_camera_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        name, live, patient, fps = "silent", True, True, None

        def check(self) -> None:
            pass

        def open(self) -> None:
            raise SourceUnavailable("silent cannot be opened.")

        def read(self) -> None:
            return None

        def close(self) -> None:
            pass

    monkeypatch.setattr(capture, "SILENCE_SECONDS", 0.3)
    grabber = Grabber(Silent())
    grabber.start()
    assert set(capture._frames(grabber)) == {None}
    assert "cannot be opened" in capture._nothing(grabber, None)
    grabber.close()


@pytest.mark.parametrize(
    "wrong", [("--burst", "0"), ("--burst", "x"), ("--every", "-1"), ("--every", "nan"), ("--countdown", "x")]
)
def test_wrong_numbers_are_refused(
    wrong: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run("--label", "with_mask", "--out", tmp_path, *wrong)
    assert "is no" in capsys.readouterr().err

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskclient.capturing import dataset
from maskclient.capturing.dataset import CaptureWriter, Saved
from maskclient.capturing.eyes import Eyes
from maskclient.detector import Box, Face, Rgb
from maskclient.errors import CaptureFailed

TAKEN = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
RGB = np.random.default_rng(1).integers(0, 256, (240, 320, 3), dtype=np.uint8)
SMALL = Face(Box(100, 80, 140, 120), 0.9)
LARGE = Face(Box(10, 20, 210, 220), 0.8)


class NoEyes:
    def find(self, rgb: Rgb, box: Box) -> Eyes | None:  # noqa: ARG002
        return None


class Killed(BaseException):
    pass


def writer(out: Path, label: str = "with_mask") -> CaptureWriter:
    return CaptureWriter(out, label, NoEyes().find)


def save(out: Path, label: str = "with_mask", *faces: Face) -> Saved:
    return writer(out, label).save(RGB, faces or (SMALL,), TAKEN)


def files(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def test_a_frame_its_annotation_and_its_faces_are_written(tmp_path: Path) -> None:
    saved = save(tmp_path, "with_mask", SMALL, LARGE)
    assert saved.number == 1
    assert saved.eyes == 0
    assert files(tmp_path) == [
        "crops/with_mask/000001-1.jpg",
        "crops/with_mask/000001-2.jpg",
        "frames/000001.jpg",
        "frames/000001.json",
    ]
    with Image.open(saved.frame) as frame:
        assert frame.size == (320, 240)
        assert frame.format == "JPEG"


def test_crops_have_half_a_box_around_them_and_are_never_enlarged(tmp_path: Path) -> None:
    sizes = []
    for crop in save(tmp_path, "with_mask", SMALL, LARGE).crops:
        with Image.open(crop) as picture:
            sizes.append(picture.size)
    assert sizes == [(80, 80), (224, 173)]  # the large one is clamped to the frame, then made smaller


def test_numbers_go_on_whatever_the_label(tmp_path: Path) -> None:
    assert [save(tmp_path, label).number for label in ("with_mask", "not_face", "with_mask")] == [1, 2, 3]
    (tmp_path / "frames" / "000003.json").unlink()
    (tmp_path / "frames" / "000041.jpg").touch()
    assert save(tmp_path).number == 42
    assert writer(tmp_path).tally() == {
        "with_mask": 2,
        "incorrect_mask": 0,
        "without_mask": 0,
        "not_face": 1,
    }


def test_a_number_that_another_has_claimed_is_passed_over(tmp_path: Path) -> None:
    first = writer(tmp_path)
    claim = tmp_path / "frames" / ".000001.jpg.part"
    claim.touch()
    assert first.save(RGB, [SMALL], TAKEN).number == 2
    assert claim.exists()


def test_a_number_that_was_finished_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, looks = writer(tmp_path), []
    look = late._last_number

    def outdated() -> int:
        looks.append(look())
        if len(looks) == 1:
            save(tmp_path)
            return 0
        return look()

    monkeypatch.setattr(late, "_last_number", outdated)
    assert late.save(RGB, [LARGE], TAKEN).number == 2
    assert not list((tmp_path / "frames").glob(".*"))
    assert json.loads((tmp_path / "frames" / "000001.json").read_text())["annotations"][0]["area"] == 1600


@pytest.mark.parametrize("writes", range(4))
def test_a_kill_at_any_moment_leaves_what_was_there(
    writes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    done: list[Path] = []
    write = dataset._write

    def killed_in_time(target: Path, *rest: Any) -> None:
        if len(done) == writes:
            raise Killed
        write(target, *rest)
        done.append(target)

    monkeypatch.setattr(dataset, "_write", killed_in_time)
    with pytest.raises(Killed):
        save(tmp_path, "with_mask", SMALL, LARGE)
    monkeypatch.undo()
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert sum(writer(tmp_path).tally().values()) == 1
    assert save(tmp_path).number == 3  # what was claimed once is not used again
    assert sum(writer(tmp_path).tally().values()) == 2


def test_a_full_disk_leaves_no_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    out = writer(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CaptureFailed, match="No space left"):
        out.save(RGB, [SMALL], TAKEN)
    assert files(tmp_path) == []


def test_eyes_are_looked_for_by_default(tmp_path: Path) -> None:
    saved = CaptureWriter(tmp_path, "with_mask").save(RGB, [SMALL], TAKEN)
    assert saved.eyes in (0, 1)


def test_a_label_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(CaptureFailed, match="incorrect_mask"):
        writer(tmp_path, "masked")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CaptureFailed, match="--out"):
        writer(tmp_path / "file")
    late = writer(tmp_path / "gone")
    (tmp_path / "gone" / "frames").rmdir()
    with pytest.raises(CaptureFailed, match="cannot be written"):
        late.save(RGB, [SMALL], TAKEN)

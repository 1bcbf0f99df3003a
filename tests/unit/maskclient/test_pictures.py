import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskclient.errors import PictureUnreadable
from maskclient.pictures import PictureFile, find_pictures, read_picture
from tests import pictures

UNUSUAL = pictures.unusual()


def saved(path: Path, content: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pictures.jpeg(20, 20) if content is None else content)
    return path


def names(found: list[PictureFile], root: Path) -> list[str]:
    return [picture.path.relative_to(root).as_posix() for picture in found]


@pytest.mark.parametrize("name", sorted(UNUSUAL))
def test_unusual_pictures_are_shown_as_by_a_careful_viewer(name: str, tmp_path: Path) -> None:
    content, (width, height) = UNUSUAL[name]
    picture = read_picture(saved(tmp_path / "picture", content))
    assert picture.rgb.shape == (height, width, 3)
    assert picture.rgb.dtype == np.uint8
    assert picture.turned is (name == "rotated")


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TIFF", "PNG", "WEBP", "JPEG"])
def test_formats(kind: str, tmp_path: Path) -> None:
    red = pictures.encode(Image.new("RGB", (8, 6), (250, 5, 5)), kind)
    picture = read_picture(saved(tmp_path / "picture", red))
    assert picture.rgb.shape == (6, 8, 3)
    assert np.abs(picture.rgb.astype(int) - (250, 5, 5)).max() < 20


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_put_upright(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    corner = np.zeros((40, 60, 3), dtype=np.uint8)
    corner[:20, :20] = 255
    path = saved(tmp_path / "p.png", pictures.encode(Image.fromarray(corner), "PNG", exif=exif))
    picture = read_picture(path)
    assert picture.turned is (orientation != 1)
    assert picture.rgb.shape == ((60, 40, 3) if orientation >= 5 else (40, 60, 3))
    # Where EXIF says that the first row and column are, clockwise from the upper left corner.
    at = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}
    assert picture.rgb[at[orientation]].tolist() == [255, 255, 255]


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    clear = pictures.encode(Image.new("RGBA", (4, 4), (0, 0, 0, 0)), "PNG")
    assert read_picture(saved(tmp_path / "p.png", clear)).rgb.min() == 255


@pytest.mark.parametrize("depth", ["I;16", "I;16B", "I", "F"])
def test_deep_grey_is_scaled(depth: str, tmp_path: Path) -> None:
    values = np.array([[0.0, 0.5, 1.0]], dtype=np.float32)
    kinds: dict[str, np.dtype[Any]] = {
        "I;16": np.dtype("<u2"),
        "I;16B": np.dtype(">u2"),
        "I": np.dtype(np.int32),
    }
    deep = values if depth == "F" else np.rint(values * 65535).astype(kinds[depth])
    path = tmp_path / "p.tiff"
    Image.frombytes(depth, (3, 1), deep.tobytes()).save(path)
    assert read_picture(path).rgb[0].tolist() == [[0, 0, 0], [128, 128, 128], [255, 255, 255]]


@pytest.mark.parametrize("name", ["empty", "text", "truncated-jpeg", "truncated-png", "broken-png"])
def test_broken_pictures_are_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(PictureUnreadable, match="it is "):
        read_picture(saved(tmp_path / "broken.jpg", pictures.undecodable()[name]))


def test_a_picture_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PictureUnreadable, match="no such file"):
        read_picture(tmp_path / "missing.jpg")


def test_a_bomb_is_told(tmp_path: Path) -> None:
    with pytest.raises(PictureUnreadable, match="more pixels than can be read"):
        read_picture(saved(tmp_path / "bomb.png", pictures.png_header(50_000, 50_000)))


def test_a_suspiciously_large_picture_is_tried(tmp_path: Path) -> None:
    with pytest.raises(PictureUnreadable, match="broken or cut short"):
        read_picture(saved(tmp_path / "large.png", pictures.png_header(10_000, 10_000)))


def test_postscript_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(PictureUnreadable, match="not a JPEG"):
        read_picture(saved(tmp_path / "p.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"))


def test_folders_are_walked_in_order(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "sub/c.webp", "sub/deep/d.tif", "other/e.gif"):
        saved(tmp_path / name)
    for name in ("notes.txt", ".hidden.jpg", ".hidden/f.jpg", "sub/g.mp4"):
        saved(tmp_path / name)
    expected = ["a.png", "b.JPG", "other/e.gif", "sub/c.webp", "sub/deep/d.tif"]
    assert names(find_pictures([tmp_path]), tmp_path) == expected


def test_each_picture_is_listed_once(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a.jpg"), saved(tmp_path / "b.jpg")
    found = find_pictures([second, tmp_path, tmp_path / "." / "a.jpg", first])
    assert names(found, tmp_path) == ["b.jpg", "a.jpg"]


def test_a_file_is_tried_whatever_its_name(tmp_path: Path) -> None:
    assert find_pictures([saved(tmp_path / ".photo")]) == [PictureFile(tmp_path / ".photo")]


def test_what_leads_to_no_picture_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    missing, nothing = find_pictures([tmp_path / "missing.jpg", empty])
    assert missing.error == "there is no such file or folder"
    assert nothing.error == "there is no picture in this folder"


def test_the_folder_of_the_copies_is_left_out(tmp_path: Path) -> None:
    saved(tmp_path / "a.jpg")
    saved(tmp_path / "out" / "a.jpg")
    assert names(find_pictures([tmp_path], skip=tmp_path / "x" / ".." / "out"), tmp_path) == ["a.jpg"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_locked_folder_is_told(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    saved(locked / "a.jpg")
    locked.chmod(0)
    try:
        found = find_pictures([tmp_path])
    finally:
        locked.chmod(0o700)
    assert [picture.error for picture in found] == ["the folder cannot be read: Permission denied"]


def test_a_link_in_a_circle_ends(tmp_path: Path) -> None:
    saved(tmp_path / "a.jpg")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert names(find_pictures([tmp_path]), tmp_path) == ["a.jpg"]


def test_a_header_that_lies_is_no_crash(tmp_path: Path) -> None:
    lying = bytearray(pictures.encode(Image.new("L", (4, 4)), "BMP"))
    lying[18:26] = struct.pack("<ii", 400, 400)
    with pytest.raises(PictureUnreadable):
        read_picture(saved(tmp_path / "p.bmp", bytes(lying)))

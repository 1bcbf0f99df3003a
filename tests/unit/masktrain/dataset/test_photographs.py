from pathlib import Path

import pytest

from masktrain.dataset.photographs import check_apart, list_pictures, load_picture
from masktrain.errors import DatasetError
from tests.pictures import jpeg, png_header, rotated_jpeg


def test_pictures_are_listed_by_name(tmp_path: Path) -> None:
    for name in ("b.JPG", "a/c.webp", "a.jpeg", "notes.txt", ".x.jpg", ".hidden/d.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    listed = [path.relative_to(tmp_path).as_posix() for path in list_pictures(tmp_path)]
    assert listed == ["a/c.webp", "a.jpeg", "b.JPG"]
    with pytest.raises(DatasetError, match="no folder"):
        list_pictures(tmp_path / "gone")


def test_pictures_are_upright(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(rotated_jpeg(80, 60, 6))
    assert load_picture(tmp_path / "a.jpg").size == (60, 80)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "cut.jpg").write_bytes(jpeg()[:-400])
    (tmp_path / "huge.png").write_bytes(png_header(20_000, 20_000))
    for name in ("cut.jpg", "huge.png", "gone.jpg"):
        with pytest.raises(DatasetError):
            load_picture(tmp_path / name)


def test_data_lie_outside_the_pictures(tmp_path: Path) -> None:
    check_apart(tmp_path / "photos", tmp_path / "data")
    check_apart(tmp_path / "data" / "photos", tmp_path / "data")
    for data in (tmp_path, tmp_path / "data"):
        with pytest.raises(DatasetError, match="--out"):
            check_apart(tmp_path, data)

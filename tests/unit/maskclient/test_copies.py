from pathlib import Path

import pytest
from PIL import Image

from maskclient.copies import plan_copies, write_copy
from maskclient.errors import PictureUnwritable
from maskclient.pictures import SUFFIXES

OUT = Path("/somewhere/out")


def planned(*sources: str) -> list[str]:
    plan = plan_copies([Path(source) for source in sources], OUT)
    return [target.relative_to(OUT).as_posix() for target in plan.values()]


def test_one_picture_keeps_its_name() -> None:
    assert planned("/a/b/c.jpg") == ["c.jpg"]


def test_folders_are_mirrored() -> None:
    assert planned("/a/x.jpg", "/a/sub/y.jpg", "/a/sub/deep/z.jpg") == [
        "x.jpg",
        "sub/y.jpg",
        "sub/deep/z.jpg",
    ]


def test_the_same_name_in_two_folders_stays_apart() -> None:
    assert planned("/a/one/x.jpg", "/a/two/x.jpg") == ["one/x.jpg", "two/x.jpg"]


def test_paths_that_climb_stay_below_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    assert planned("../x.jpg", "y.jpg") == ["x.jpg", "inner/y.jpg"]


def test_a_name_of_no_known_kind_gets_one() -> None:
    assert planned("/a/photo", "/a/photo.png", "/a/scan.heic") == ["photo.png", "_photo.png", "scan.heic.png"]


def test_no_pictures_need_no_places() -> None:
    assert planned() == []


def test_a_picture_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for out in (tmp_path, tmp_path / "." / "sub" / "..", tmp_path / "link"):
        with pytest.raises(PictureUnwritable, match="overwrite"):
            plan_copies([tmp_path / "x.jpg"], out)


@pytest.mark.parametrize("suffix", sorted(SUFFIXES | {".JPG"}))
def test_each_kind_is_written(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / "new" / "deep" / f"x{suffix}"
    write_copy(Image.new("RGB", (30, 20), "red"), target)
    with Image.open(target) as written:
        assert written.size == (30, 20)
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_an_older_copy_is_replaced(tmp_path: Path) -> None:
    for size in (10, 20):
        write_copy(Image.new("RGB", (size, size)), tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as written:
        assert written.size == (20, 20)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PictureUnwritable, match="cannot be written"):
        write_copy(Image.new("RGB", (2, 2)), tmp_path / "file" / "x.jpg")
    (tmp_path / "x.jpg").mkdir()
    with pytest.raises(PictureUnwritable, match="cannot be written"):
        write_copy(Image.new("RGB", (2, 2)), tmp_path / "x.jpg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "x.jpg"]

from pathlib import Path

import pytest

from masktrain.dataset.importing.annotations import PictureIndex, Problems, checked_box

ROOT = Path("/data")


@pytest.fixture
def index() -> PictureIndex:
    names = ("notes/a.jpg", "photos/a.jpg", "photos/b.v1.png", "photos/sub/c.jpg")
    return PictureIndex([ROOT / name for name in names])


@pytest.mark.parametrize(
    ("folder", "name", "found"),
    [
        ("photos", "a.jpg", "photos/a.jpg"),  # beside the annotation, though the name is there twice
        ("photos", "a", "photos/a.jpg"),
        ("notes", "b.v1.png", "photos/b.v1.png"),
        ("notes", "b.v1", "photos/b.v1.png"),
        ("notes", "C:\\Users\\me\\c.jpg", "photos/sub/c.jpg"),
        ("", "photos/a.jpg", "photos/a.jpg"),
    ],
)
def test_a_picture_is_found_by_its_name(index: PictureIndex, folder: str, name: str, found: str) -> None:
    assert index.find(ROOT / folder, name) == ROOT / found


@pytest.mark.parametrize(
    ("name", "told"), [("a.jpg", "2 pictures of the name a.jpg"), ("../../etc/passwd", "no picture passwd")]
)
def test_a_name_that_is_not_one_picture_is_told(index: PictureIndex, name: str, told: str) -> None:
    with pytest.raises(LookupError, match=told):
        index.find(ROOT, name)


def test_boxes_are_read_from_texts_and_numbers() -> None:
    assert checked_box("1", " 2.5", 3, 4.0) == (1.0, 2.5, 3.0, 4.0)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((None, 0, 1, 1), "is not of numbers"),
        (("nan", 0, 1, 1), "finite"),
        ((0, 0, "inf", 1), "finite"),
        ((5, 0, 5, 9), "is empty"),
        ((0, 9, 5, 3), "is empty"),
    ],
)
def test_what_is_no_box_is_told(values: tuple[object, ...], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        checked_box(*values)


def test_problems_name_files_within_the_folder() -> None:
    problems = Problems(ROOT)
    problems.add(ROOT / "sub" / "a.xml", "broken")
    problems.add(Path("/elsewhere.xml"), "strange")
    assert problems.lines == ["sub/a.xml: broken", "/elsewhere.xml: strange"]

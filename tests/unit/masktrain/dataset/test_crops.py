from pathlib import Path, PurePath

import numpy as np
import pytest
from PIL import Image

from masktrain.dataset.crops import LabelledFace, SourceWriter, cut_face, has_source
from masktrain.dataset.table import read_table
from masktrain.errors import DatasetError
from masktrain.geometry import Box
from tests.pictures import scene

FACE = LabelledFace("with_mask", (10, 10, 40, 40))


def write(data: Path, source: str, *names: str, replace: bool = False) -> None:
    with SourceWriter(data, source, replace=replace) as writer:
        for name in names:
            writer.add(scene(80, 60), PurePath(name), [FACE])
        writer.commit()


def files(data: Path) -> list[str]:
    return sorted(path.relative_to(data / "faces").as_posix() for path in data.rglob("*.jpg"))


@pytest.mark.parametrize(
    ("box", "size", "inside", "short_side"),
    [
        ((100, 100, 140, 150), (80, 100), (20, 25, 60, 75), 40),  # half of the box on each side
        ((0, 0, 40, 40), (60, 60), (0, 0, 40, 40), 40),  # clamped at the corner
        ((0, 0, 400, 300), (224, 168), (0, 0, 224, 168), 300),  # the whole, scaled down
        ((100, 50, 300, 250), (224, 168), (56, 28, 168, 140), 200),
    ],
)
def test_a_face_is_cut_with_its_surroundings(
    box: Box, size: tuple[int, int], inside: Box, short_side: int
) -> None:
    crop = cut_face(Image.new("RGB", (400, 300)), box)
    assert crop.picture.size == size
    assert crop.box == pytest.approx(inside)
    assert crop.orig_box_px == short_side


def test_the_box_lies_on_the_same_pixels_as_before() -> None:
    photograph = Image.new("RGB", (900, 700), "black")
    photograph.paste("white", (300, 200, 620, 560))
    crop = cut_face(photograph, (300, 200, 620, 560))
    pixels = np.asarray(crop.picture.convert("L")) > 127
    ys, xs = np.nonzero(pixels)
    assert crop.box == pytest.approx((xs.min(), ys.min(), xs.max() + 1, ys.max() + 1), abs=1)


def test_sources_stand_side_by_side(tmp_path: Path) -> None:
    write(tmp_path, "one", "a.jpg")
    write(tmp_path, "two", "a.jpg")
    assert [(row.source, row.path) for row in read_table(tmp_path)] == [
        ("one", "faces/one/a-1.jpg"),
        ("two", "faces/two/a-1.jpg"),
    ]
    assert has_source(tmp_path, "two")
    assert not has_source(tmp_path / "elsewhere", "two")


def test_a_source_is_replaced_only_when_asked(tmp_path: Path) -> None:
    write(tmp_path, "one", "a.jpg", "b.jpg")
    with pytest.raises(DatasetError, match="--replace"):
        write(tmp_path, "one", "c.jpg")
    assert files(tmp_path) == ["one/a-1.jpg", "one/b-1.jpg"]
    write(tmp_path, "one", "c.jpg", replace=True)
    assert files(tmp_path) == ["one/c-1.jpg"]
    assert len(read_table(tmp_path)) == 1


def test_a_folder_that_no_row_tells_of_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "faces" / "one").mkdir(parents=True)
    with pytest.raises(DatasetError, match="--replace"):
        write(tmp_path, "one", "a.jpg")


def test_an_interruption_leaves_everything_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, "one", "a.jpg")
    with SourceWriter(tmp_path, "one", replace=True) as writer:
        writer.add(scene(), PurePath("b.jpg"), [FACE])  # and no commit
    assert files(tmp_path) == ["one/a-1.jpg"]
    with pytest.raises(DatasetError, match="as it was"):
        write(tmp_path, "one", replace=True)
    assert files(tmp_path) == ["one/a-1.jpg"]


def test_names_never_meet(tmp_path: Path) -> None:
    names = ("a/b.jpg", "a-b.png", "A-B.webp", "\u00fc \u00df.jpg", "..jpg", "sub/.x.jpg")
    write(tmp_path, "one", *names)
    written = [row.path for row in read_table(tmp_path)]
    assert len({path.lower() for path in written}) == len(names)
    assert all(path.isascii() and (tmp_path / path).is_file() for path in written)
    assert read_table(tmp_path)[0].note == "a/b.jpg"


def test_faces_of_one_photograph_are_a_group(tmp_path: Path) -> None:
    with SourceWriter(tmp_path, "one") as writer:
        writer.add(scene(), PurePath("a.jpg"), [FACE, LabelledFace("not_face", (50, 50, 90, 90), "haar")])
        writer.add(scene(), PurePath("b.jpg"), [FACE])
        rows = writer.commit()
    assert [row.group for row in rows] == ["one/a", "one/a", ""]
    assert [row.note for row in rows] == ["a.jpg", "a.jpg, haar", "b.jpg"]


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "two words"])
def test_a_source_name_is_a_folder_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot name a source"):
        write(tmp_path, name, "a.jpg")

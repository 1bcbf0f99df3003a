import shutil
from pathlib import Path

import pytest
from PIL import Image

from masktrain.dataset.sheet import draw_sheets
from masktrain.dataset.table import FaceRow, write_table
from masktrain.errors import DatasetError


def test_every_class_has_its_pages(data: Path, tmp_path: Path) -> None:
    files = draw_sheets(data, tmp_path / "sheets", per_page=5)
    names = [file.name for file in files]
    assert names == [
        "incorrect_mask-01.jpg",
        "incorrect_mask-02.jpg",
        "not_face-01.jpg",
        "not_face-02.jpg",
        "not_face-03.jpg",
        "not_face-04.jpg",
        "with_mask-01.jpg",
        "with_mask-02.jpg",
        "without_mask-01.jpg",
        "without_mask-02.jpg",
    ]
    with Image.open(files[0]) as page:
        assert (page.format, page.mode) == ("JPEG", "RGB")


def test_label_split_and_source_choose_the_rows(data: Path, tmp_path: Path) -> None:
    files = draw_sheets(data, tmp_path, "with_mask", "val", "source-c", per_page=1)
    assert [file.name for file in files] == ["with_mask-01.jpg"]
    assert len(draw_sheets(data, tmp_path, split="train", per_page=1)) == 12


def test_whole_crops_look_different(data: Path, tmp_path: Path) -> None:
    (seen,) = draw_sheets(data, tmp_path / "seen", "with_mask")
    (whole,) = draw_sheets(data, tmp_path / "whole", "with_mask", whole=True)
    assert seen.read_bytes() != whole.read_bytes()


def test_unlabelled_rows_and_corrections_are_shown(data: Path, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        shutil.copy(data / "faces" / "train-collins.jpg", tmp_path / name)
    labels = {"a.jpg": "", "b.jpg": "with_mask", "c.jpg": "with_mask"}
    write_table(tmp_path, [FaceRow(n, v, "own", "", "", 0, 0, 50, 50) for n, v in labels.items()])
    (tmp_path / "corrections.csv").write_text("path,label,reason\nb.jpg,without_mask,bare\nc.jpg,drop,x\n")
    files = draw_sheets(tmp_path, tmp_path / "out")
    assert [file.name for file in files] == ["unlabelled-01.jpg", "without_mask-01.jpg"]
    assert len(draw_sheets(tmp_path, tmp_path / "out", label="")) == 1


def test_nothing_to_show_is_said(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no row of label 'with_mask', source 'elsewhere'"):
        draw_sheets(data, tmp_path, "with_mask", source="elsewhere")
    write_table(tmp_path, [])
    with pytest.raises(DatasetError, match="no row of any kind"):
        draw_sheets(tmp_path, tmp_path)


def test_an_empty_page_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 pictures on a page"):
        draw_sheets(data, tmp_path, per_page=0)

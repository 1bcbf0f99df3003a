from pathlib import Path

import pytest

from masktrain.dataset.corrections import (
    CORRECTIONS,
    OWN_CORRECTIONS,
    Applied,
    applied_corrections,
    correct,
    read_corrections,
)
from masktrain.dataset.table import FaceRow, read_table, write_table
from masktrain.errors import DatasetError

SHARED = Path(__file__).parents[5] / "shared" / "data"
HEADER = "path,label,reason\n"


def row(path: str, label: str = "with_mask", split: str = "train") -> FaceRow:
    return FaceRow(path, label, "own", split, "", 0.0, 0.0, 9.0, 9.0)


def write(folder: Path, text: str) -> Path:
    file = folder / "corrected.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_rows_get_their_label_or_go(tmp_path: Path) -> None:
    file = write(
        tmp_path, HEADER + 'a.jpg,incorrect_mask,"nose bare, clearly"\nb.jpg,drop,a drawing\nz.jpg,drop,\n'
    )
    rows = [row("a.jpg"), row("b.jpg"), row("c.jpg", split="val")]
    corrected, applied = correct(tmp_path, rows, file)
    assert [(r.path, r.label) for r in corrected] == [("a.jpg", "incorrect_mask"), ("c.jpg", "with_mask")]
    assert corrected[0].note == "with_mask corrected: nose bare, clearly"
    assert corrected[1] == rows[2]
    assert applied == {"train": Applied(relabelled=1, dropped=1)}


def test_a_label_that_is_right_already_is_not_counted(tmp_path: Path) -> None:
    file = write(tmp_path, HEADER + "a.jpg,with_mask,looked at\n")
    assert correct(tmp_path, [row("a.jpg")], file) == ([row("a.jpg")], {})


def test_the_data_folders_own_corrections_win(tmp_path: Path) -> None:
    file = write(tmp_path, HEADER + "a.jpg,drop,blurred\n")
    (tmp_path / OWN_CORRECTIONS).write_text(HEADER + "a.jpg,without_mask,a scarf\n")
    corrected, _ = correct(tmp_path, [row("a.jpg")], file)
    assert [r.label for r in corrected] == ["without_mask"]


def test_no_corrections_change_nothing(tmp_path: Path) -> None:
    (tmp_path / OWN_CORRECTIONS).write_text(HEADER + "a.jpg,drop,blurred\n")
    assert correct(tmp_path, [row("a.jpg")], None) == ([row("a.jpg")], {})


def test_what_was_applied_is_counted_by_split(tmp_path: Path) -> None:
    write_table(tmp_path, [row("a.jpg"), row("b.jpg", split="val"), row("c.jpg", split="val")])
    file = write(tmp_path, HEADER + "a.jpg,drop,x\nb.jpg,without_mask,x\nc.jpg,without_mask,x\n")
    assert applied_corrections(tmp_path, file) == {"train": Applied(0, 1), "val": Applied(2, 0)}


def test_a_path_of_two_rows_cannot_be_corrected(tmp_path: Path) -> None:
    file = write(tmp_path, HEADER + "a.jpg,drop,x\n")
    with pytest.raises(DatasetError, match=r"a\.jpg .* several rows"):
        correct(tmp_path, [row("a.jpg"), row("a.jpg", "not_face")], file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\na.jpg,drop\n", "no column reason"),
        (HEADER + "a.jpg,masked,x\n", "line 2: unknown label 'masked'; use one of with_mask, .*drop"),
        (HEADER + "a.jpg,drop,x\na.jpg,with_mask,x\n", r"line 3: a\.jpg was corrected above"),
    ],
)
def test_faulty_files_are_explained(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        read_corrections(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"none\.csv"):
        read_corrections(tmp_path / "none.csv")


def test_shipped_corrections_can_be_read_and_have_reasons() -> None:
    assert all(correction.reason for correction in read_corrections(CORRECTIONS).values())


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the pictures in ../shared/data")
def test_shipped_corrections_speak_of_the_data_they_were_made_for() -> None:
    rows = {r.path: r for r in read_table(SHARED)}
    for path, correction in read_corrections(CORRECTIONS).items():
        assert correction.label != rows[path].label, f"{path} has this label already"

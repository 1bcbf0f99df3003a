import csv
import json
from pathlib import Path

import pytest

from masktrain.dataset.negatives import mine_negatives
from masktrain.dataset.table import read_table
from masktrain.errors import DatasetError

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"
TEACHER = Path(__file__).parents[5] / "shared" / "weights" / "yunet_n_640_640.onnx"
HEADER = ["path", "split", "label", "x1", "y1", "x2", "y2", "ignore"]


def write_scenes(data: Path, *, labelled: bool) -> Path:
    """A data folder with two of the project's photographs, their faces labelled or forgotten."""
    data.mkdir()
    faces = json.loads((EXAMPLES / "faces.json").read_text())
    with (data / "scenes.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(HEADER)
        for name in ("collins.jpg", "hopper.jpg"):
            (data / name).write_bytes((EXAMPLES / name).read_bytes())
            boxes = [face["box"] for face in faces[name]] if labelled else [["", "", "", ""]]
            for box in boxes:
                writer.writerow([name, "train", "without_mask" if labelled else "", *box, 0])
    return data


def test_a_labelled_face_is_no_negative_and_a_forgotten_one_is(tmp_path: Path) -> None:
    forgotten = mine_negatives(write_scenes(tmp_path / "bare", labelled=False), tmp_path / "all")
    labelled = write_scenes(tmp_path / "labelled", labelled=True)
    try:
        false = mine_negatives(labelled, tmp_path / "false")
    except DatasetError:  # not one false find
        false = 0
    assert forgotten - false == 2
    rows = read_table(tmp_path / "all")
    assert len(rows) == forgotten
    assert {(row.label, row.split, row.source) for row in rows} == {("not_face", "train", "haar-negatives")}
    assert all((tmp_path / "all" / row.path).is_file() for row in rows)


@pytest.mark.skipif(not TEACHER.is_file(), reason="needs YuNet of ../shared/weights")
def test_the_teacher_keeps_forgotten_faces_out(tmp_path: Path) -> None:
    scenes = write_scenes(tmp_path / "scenes", labelled=False)
    alone = mine_negatives(scenes, tmp_path / "alone")
    try:
        taught = mine_negatives(scenes, tmp_path / "taught", TEACHER)
    except DatasetError:
        taught = 0
    assert alone - taught >= 2


def test_only_the_asked_split_is_read(tmp_path: Path) -> None:
    data = write_scenes(tmp_path / "scenes", labelled=False)
    table = data / "scenes.csv"
    table.write_text(table.read_text().replace("hopper.jpg,train", "hopper.jpg,val"))
    mine_negatives(data, tmp_path / "out")
    assert {row.note.split(",")[0] for row in read_table(tmp_path / "out")} == {"collins.jpg"}


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"There is no .*scenes\.csv"):
        mine_negatives(tmp_path, tmp_path / "out")

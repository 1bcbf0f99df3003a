import json
from pathlib import Path

import pytest

from masktrain.dataset.scenes import read_scenes, scene_paths
from masktrain.errors import DatasetError

HEADER = "path,split,width,height,label,x1,y1,x2,y2,ignore\n"


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """A table of a photograph with three boxes, one without a face, and one of another split."""
    rows = (
        "a.png,val,300,100,with_mask,30,30,80,80,0",
        "a.png,val,300,100,without_mask,130,30,160,60,0",
        "a.png,val,300,100,undecidable,230,30,280,80,1",
        "b.png,val,100,100,,,,,,",
        "c.png,test,100,100,with_mask,1,1,9,9,0",
    )
    (tmp_path / "scenes.csv").write_text(HEADER + "\n".join(rows))
    return tmp_path


def test_boxes_are_read_by_photograph(scenes: Path) -> None:
    read = read_scenes(scenes, ("val",))
    assert [box.label for box in read["a.png"]] == ["with_mask", "without_mask", None]
    assert read["b.png"] == []
    assert scene_paths(scenes, ("val", "test")) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a.png,val,1,1,smile,1,1,9,9,0", "line 2: unknown label 'smile'"),
        ("a.png,val,1,1,with_mask,9,1,9,9,0", "line 2: a box of a.png is empty"),
        ("a.png,val,1,1,with_mask,x,1,9,9,0", "line 2: could not convert"),
    ],
)
def test_faulty_rows_are_named(row: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "scenes.csv").write_text(HEADER + row + "\n")
    with pytest.raises(DatasetError, match=told):
        read_scenes(tmp_path, ("val",))


def test_landmarks_go_with_their_boxes(scenes: Path, tmp_path: Path) -> None:
    points = [[40.0, 45.0], [60.0, 45.0], [50.0, 55.0], [43.0, 65.0], [57.0, 65.0]]
    file = tmp_path / "landmarks.json"
    file.write_text(json.dumps({"a.png": [points, None, None], "b.png": []}))
    faces = [box.face for box in read_scenes(scenes, ("val",), file)["a.png"]]
    assert faces[0] is not None
    assert faces[0].as_array().tolist() == points
    assert faces[1:] == [None, None]


@pytest.mark.parametrize("known", [{}, {"a.png": [None], "b.png": []}])
def test_landmarks_older_than_the_table_are_refused(known: object, scenes: Path, tmp_path: Path) -> None:
    file = tmp_path / "landmarks.json"
    file.write_text(json.dumps(known))
    with pytest.raises(DatasetError, match=r"does not fit the boxes of a\.png.*command landmarks"):
        read_scenes(scenes, ("val",), file)


def test_a_missing_table_or_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no whole photographs"):
        read_scenes(tmp_path, ("val",))
    (tmp_path / "scenes.csv").write_text("path,split\n")
    with pytest.raises(DatasetError, match="no column label, x1"):
        read_scenes(tmp_path, ("val",))

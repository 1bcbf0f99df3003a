import json
from pathlib import Path

import pytest

from masktrain.dataset.samples import Sample, read_samples
from masktrain.errors import DatasetError

HEADER = "path,label,source,split,x1,y1,x2,y2\n"


def write(folder: Path, text: str) -> Path:
    (folder / "faces.csv").write_text(text)
    return folder


def test_splits_are_kept_apart(data: Path) -> None:
    everything = read_samples(data, ("train", "val", "test"))
    assert len(everything) == 36
    assert {sample.split for sample in read_samples(data, ("val",))} == {"val"}
    assert {sample.label for sample in everything} == {
        "with_mask", "incorrect_mask", "without_mask", "not_face"
    }  # fmt: skip


def test_picture_is_decoded_upright_rgb(data: Path) -> None:
    picture = read_samples(data, ("train",))[0].load()
    assert (picture.mode, picture.size) == ("RGB", (512, 512))


@pytest.mark.parametrize("content", [b"no picture", None])
def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "face.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"face\.jpg"):
        Sample(path, "with_mask", "own", "train", (0.0, 0.0, 9.0, 9.0)).load()


def test_landmarks_are_joined_by_path(data: Path, tmp_path: Path) -> None:
    points = [[203, 104], [248, 104], [224, 128], [204, 143], [243, 144]]
    file = tmp_path / "landmarks.json"
    file.write_text(json.dumps({"faces/train-collins.jpg": points}))
    faces = {s.path.name: s.face for s in read_samples(data, ("train",), file) if s.label != "not_face"}
    assert faces["train-collins.jpg"] is not None
    assert faces["train-collins.jpg"].nose == (224.0, 128.0)
    assert faces["train-hopper.jpg"] is None


def test_group_and_size_of_the_face_are_told_where_they_are_known(data: Path, tmp_path: Path) -> None:
    header = "path,label,source,split,group,x1,y1,x2,y2,orig_box_px\n"
    write(tmp_path, header + "a.jpg,with_mask,s,train,g1,1,2,9,9,48\n")
    (sample,) = read_samples(tmp_path, ("train",))
    assert (sample.group, sample.face_px, sample.box) == ("g1", 48, (1.0, 2.0, 9.0, 9.0))
    unknown = read_samples(data, ("train",))[0]
    assert (unknown.group, unknown.face_px) == ("", 0)


def test_labels_are_corrected_unless_asked_for_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "a.jpg,with_mask,s,train,0,0,9,9\nb.jpg,with_mask,s,train,0,0,9,9\n")
    file = tmp_path / "mine.csv"
    file.write_text("path,label,reason\na.jpg,incorrect_mask,nose bare\nb.jpg,drop,blurred\n")
    assert [s.label for s in read_samples(tmp_path, ("train",), corrections=file)] == ["incorrect_mask"]
    assert len(read_samples(tmp_path, ("train",), corrections=None)) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\na.jpg,with_mask\n", "no column source"),
        (HEADER + "a.jpg,masked,s,train,0,0,9,9\n", r"unknown label 'masked' of a\.jpg"),
        (HEADER + "a.jpg,with_mask,s,train,0,0,nine,9\n", "line 2"),
        (HEADER + "a.jpg,with_mask,s,train,9,0,9,9\n", "box of a.jpg is empty"),
        (HEADER + "a.jpg,with_mask,s,test,0,0,9,9\n", "no row of split train"),
    ],
)
def test_faulty_tables_are_explained(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        read_samples(write(tmp_path, text), ("train",))


def test_missing_table_says_which_option_names_it(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="--data"):
        read_samples(tmp_path, ("train",))

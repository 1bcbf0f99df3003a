import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from masktrain.dataset.landmarks import find_landmarks
from masktrain.dataset.scenes import read_scenes
from masktrain.errors import DatasetError
from masktrain.geometry import overlap

TEACHER = Path(__file__).parents[5] / "shared" / "weights" / "yunet_n_320_320.onnx"
EXAMPLES = Path(__file__).parents[4] / "client" / "examples"


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1.0
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (20, 20, 30, 30)) == 0.0


@pytest.mark.skipif(not TEACHER.is_file(), reason="needs YuNet's weights in ../shared/weights")
def test_teacher_finds_the_landmarks_of_all_train_faces(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "landmarks.json"
    shares = find_landmarks(data, TEACHER, out)
    found = json.loads(out.read_text())
    names = (
        "collins",
        "collins-mask",
        "collins-mask-under-nose",
        "hopper",
        "hopper-mask",
        "hopper-mask-on-chin",
    )
    assert set(found) == {f"faces/train-{name}.jpg" for name in names}
    assert list(out.parent.iterdir()) == [out]
    expected = [(203, 104), (248, 104), (224, 128), (204, 143), (243, 144)]
    np.testing.assert_allclose(found["faces/train-collins.jpg"], expected, atol=6)
    np.testing.assert_allclose(found["faces/train-collins-mask.jpg"][:2], expected[:2], atol=8)
    assert shares.shape == (5, 2)
    assert 0.2 < shares[0, 0] < 0.5 < shares[1, 0] < 0.8


@pytest.mark.skipif(not TEACHER.is_file(), reason="needs YuNet's weights in ../shared/weights")
def test_boxes_that_hold_no_face_are_told(data: Path, tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "grey.png").write_bytes((data / "faces" / "train-hopper.jpg").read_bytes())
    rows = [
        ["path", "label", "source", "split", "x1", "y1", "x2", "y2"],
        ["faces/grey.png", "without_mask", "a", "train", "0", "500", "60", "590"],
    ]
    (tmp_path / "faces.csv").write_text("\n".join(",".join(row) for row in rows))
    with pytest.raises(DatasetError, match="No bare face"):
        find_landmarks(tmp_path, TEACHER, tmp_path / "landmarks.json")


@pytest.mark.skipif(not TEACHER.is_file(), reason="needs YuNet's weights in ../shared/weights")
def test_landmarks_of_photographs_come_by_box(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    shutil.copy(EXAMPLES / "group.jpg", folder / "group.jpg")
    boxes = [face["box"] for face in json.loads((EXAMPLES / "faces.json").read_text())["group.jpg"]]
    rows = ["path,split,width,height,label,x1,y1,x2,y2,ignore"]
    rows += [f"group.jpg,train,0,0,with_mask,{','.join(map(str, box))},0" for box in boxes]
    (folder / "scenes.csv").write_text("\n".join([*rows, "group.jpg,train,0,0,unlabelled,0,0,9,9,1"]))
    find_landmarks(folder, TEACHER, tmp_path / "landmarks.json")
    faces = [
        known.face for known in read_scenes(folder, ("train",), tmp_path / "landmarks.json")["group.jpg"]
    ]
    assert faces.pop() is None
    assert sum(face is not None for face in faces) >= 4
    for face, (x1, y1, x2, y2) in zip(faces, boxes, strict=True):
        if face is not None:
            x, y = face.as_array().T
            assert x1 < x.min() < x.max() < x2
            assert y1 < y.min() < y.max() < y2

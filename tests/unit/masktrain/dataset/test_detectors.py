import json
from pathlib import Path

import onnx
import pytest
from PIL import Image

from masktrain.dataset.detectors import Find, HaarDetector, distinct, make_detector
from masktrain.errors import DatasetError
from masktrain.geometry import overlap

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"
YUNET = Path(__file__).parents[5] / "shared" / "weights" / "yunet_n_320_320.onnx"
needs_yunet = pytest.mark.skipif(not YUNET.is_file(), reason="needs YuNet's weights in ../shared/weights")


@pytest.mark.parametrize("name", ["haar", pytest.param(str(YUNET), marks=needs_yunet)])
def test_faces_of_a_group_are_found_from_left_to_right(name: str) -> None:
    detector = make_detector(name)
    with Image.open(EXAMPLES / "group.jpg") as picture:
        boxes = detector.detect(picture.convert("RGB"))
    known = [face["box"] for face in json.loads((EXAMPLES / "faces.json").read_text())["group.jpg"]]
    assert sum(max(overlap(face, box) for box in boxes) > 0.5 for face in known) >= 5
    assert boxes == sorted(boxes)
    assert all(0 <= x1 < x2 <= 720 and 0 <= y1 < y2 <= 480 for x1, y1, x2, y2 in boxes)


@pytest.mark.parametrize("name", ["haar", pytest.param(str(YUNET), marks=needs_yunet)])
@pytest.mark.parametrize("factor", [0.5, 2.5])
def test_boxes_are_in_the_photographs_pixels(name: str, factor: float) -> None:
    with Image.open(EXAMPLES / "hopper.jpg") as picture:
        photograph = picture.convert("RGB").resize([round(side * factor) for side in picture.size])
    best = max(
        overlap(box, (177, 123, 355, 335)) for box in _scaled(make_detector(name).detect(photograph), factor)
    )
    assert best > 0.5


def _scaled(
    boxes: list[tuple[float, float, float, float]], by: float
) -> list[tuple[float, float, float, float]]:
    return [(x1 / by, y1 / by, x2 / by, y2 / by) for x1, y1, x2, y2 in boxes]


@pytest.mark.parametrize("name", ["haar", pytest.param(str(YUNET), marks=needs_yunet)])
@pytest.mark.parametrize("size", [(1, 1), (300, 2), (200, 200)])
def test_a_picture_without_a_face_has_none(name: str, size: tuple[int, int]) -> None:
    assert make_detector(name).detect(Image.new("RGB", size, "gray")) == []


def test_of_finds_of_one_face_the_weightiest_stays() -> None:
    finds = [
        Find((0, 0, 10, 10), 1.0),
        Find((1, 1, 11, 11), 3.0),  # nearly the same
        Find((3, 3, 7, 7), 2.0),  # inside
        Find((20, 0, 30, 10), 0.5),
        Find((26, 0, 36, 10), 0.4),  # the next face overlaps a little
    ]
    assert distinct(finds) == [(1, 1, 11, 11), (20, 0, 30, 10), (26, 0, 36, 10)]


def test_detectors_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="'haar'"):
        make_detector("yunet")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(DatasetError, match="not an ONNX file"):
        make_detector(str(tmp_path / "text.onnx"))


@pytest.mark.parametrize(
    ("sides", "told"), [([1, 3, None, None], "one fixed size"), ([1, 3, 32, 32], "not a YuNet")]
)
def test_other_networks_are_told(sides: list[int | None], told: str, tmp_path: Path) -> None:
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, sides) for name in "xy"]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", ends[:1], ends[1:])
    onnx.save(
        onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8),
        tmp_path / "m.onnx",
    )
    with pytest.raises(DatasetError, match=told):
        make_detector(str(tmp_path / "m.onnx"))


def test_haar_names_itself() -> None:
    assert HaarDetector().name == "haar"

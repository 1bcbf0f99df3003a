import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

from maskclient.detector import Box, Face
from maskclient.errors import DetectorUnavailable
from maskclient.owndetector import OwnDetector, bundled_detector, load_own_detector

ASTRONAUT = Box(172, 64, 278, 195)
"""Forehead to chin and ear to ear, read off the picture by eye."""
PICTURE = np.zeros((60, 80, 3), np.uint8)


class FixedSession:
    """Finds the same in every picture."""

    def __init__(self, *finds: tuple[list[float], float]) -> None:
        self._finds = finds
        self.seen: list[np.ndarray] = []

    def run(self, output_names: list[str], inputs: dict[str, Any]) -> list[np.ndarray]:
        assert output_names == ["boxes", "scores"]
        self.seen.append(inputs["picture"])
        boxes = np.array([box for box, _ in self._finds], np.float32).reshape(-1, 4)
        return [boxes, np.array([score for _, score in self._finds], np.float32)]


def test_finds_under_the_threshold_are_left_out_and_the_rest_goes_from_left_to_right() -> None:
    session = FixedSession(([40, 5, 60, 30], 0.75), ([10, 5, 30, 30], 0.5), ([0, 0, 9, 9], 0.25))
    faces = OwnDetector(session, 0.5).detect(PICTURE)
    assert faces == [Face(Box(10, 5, 30, 30), 0.5), Face(Box(40, 5, 60, 30), 0.75)]


def test_boxes_are_whole_pixels_inside_the_picture() -> None:
    session = FixedSession(([-3.0, 1.6, 80.4, 61.0], 0.9), ([79.8, 59.9, 80.0, 60.0], 0.8))
    boxes = [face.box for face in OwnDetector(session, 0.5).detect(PICTURE)]
    assert boxes == [Box(0, 2, 80, 60), Box(79, 59, 80, 60)]


def test_the_model_gets_the_picture_in_one_piece() -> None:
    session = FixedSession()
    assert OwnDetector(session, 0.5).detect(PICTURE[:, ::-1]) == []
    assert session.seen[0].flags.c_contiguous


def iou(one: Box, other: Box) -> float:
    width = max(0, min(one.x2, other.x2) - max(one.x1, other.x1))
    height = max(0, min(one.y2, other.y2) - max(one.y1, other.y1))
    return width * height / (one.area + other.area - width * height)


def test_the_shipped_detector_finds_a_face_once() -> None:
    (face,) = load_own_detector().detect(data.astronaut())
    assert iou(face.box, ASTRONAUT) > 0.5


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 300, 3), (200, 200, 3)])
def test_the_shipped_detector_finds_nothing_where_nothing_is(shape: tuple[int, ...]) -> None:
    assert load_own_detector().detect(np.full(shape, 127, np.uint8)) == []


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DetectorUnavailable, match=r"'none\.onnx' is not where it should be.*--detector haar"):
        load_own_detector(tmp_path / "none.onnx")


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "other.onnx").write_bytes(b"no model")
    with pytest.raises(DetectorUnavailable, match=r"'other\.onnx' is not a face detector"):
        load_own_detector(tmp_path / "other.onnx")
    with pytest.raises(DetectorUnavailable, match="is not a face detector"):
        load_own_detector(bundled_detector().with_name("mask_classifier.onnx"))


def test_without_onnx_runtime_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(DetectorUnavailable, match=r"pip install .*onnxruntime"):
        load_own_detector()

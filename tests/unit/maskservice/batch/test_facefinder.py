import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskservice.batch.facefinder import DetectorCard, FaceFinder, load_face_finder
from maskservice.batch.framing import Box, Face
from maskservice.batch.judging import Judge
from maskservice.errors import ModelUnavailable
from maskservice.modelstore import ModelFile, read_model
from maskservice.settings import bundled_model
from tests.batches import EXAMPLES

CARD = DetectorCard(name="d", version="1", longest_side=384, threshold=0.5)


class Session:
    """Finds what it is told to find."""

    def __init__(self, boxes: list[list[float]], scores: list[float]) -> None:
        self._found = [np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32)]

    def run(self, output_names: list[str], inputs: dict[str, Any]) -> list[Any]:
        assert output_names == ["boxes", "scores"]
        assert inputs["picture"].flags["C_CONTIGUOUS"]
        return self._found


def test_finds_below_the_threshold_are_none_and_the_others_go_from_left_to_right() -> None:
    session = Session([[30, 0, 40, 9], [0, 0, 99, 99], [-5, 2.6, 9, 8]], [0.9, 0.49, 0.5])
    faces = FaceFinder(session, CARD, "").find(np.zeros((50, 60, 3), np.uint8)[:, ::-1])
    assert faces == [Face(Box(0, 3, 9, 8), 0.5), Face(Box(30, 0, 40, 9), float(np.float32(0.9)))]


def test_the_shipped_detector_finds_the_faces_of_the_group(judge: Judge) -> None:
    labelled = json.loads((EXAMPLES / "faces.json").read_text())["group.jpg"]
    rgb = np.asarray(Image.open(EXAMPLES / "group.jpg"))
    found = judge.finder.find(rgb)
    assert len(found) == len(labelled)
    for face in labelled:
        x, y = (face["box"][0] + face["box"][2]) / 2, (face["box"][1] + face["box"][3]) / 2
        assert any(box.x1 < x < box.x2 and box.y1 < y < box.y2 for box, _ in found)


def test_another_model_is_no_detector() -> None:
    with pytest.raises(ModelUnavailable, match="not a face detector"):
        load_face_finder(read_model(bundled_model()))
    with pytest.raises(ModelUnavailable, match="not a detector that ONNX Runtime can run"):
        load_face_finder(ModelFile("x.onnx", b"no model", ""))

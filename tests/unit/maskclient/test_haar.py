import cv2
import numpy as np
import pytest
from skimage import data

from maskclient.detector import Box
from maskclient.errors import DetectorUnavailable
from maskclient.haar import CASCADES, Cascade, HaarDetector

ASTRONAUT = Box(172, 64, 278, 195)
"""Forehead to chin and ear to ear, read off the picture by eye."""


@pytest.fixture(scope="module")
def detector() -> HaarDetector:
    return HaarDetector()


def iou(one: Box, other: Box) -> float:
    width = max(0, min(one.x2, other.x2) - max(one.x1, other.x1))
    height = max(0, min(one.y2, other.y2) - max(one.y1, other.y1))
    return width * height / (one.area + other.area - width * height)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_face_is_found_once(detector: HaarDetector) -> None:
    faces = detector.detect(data.astronaut())
    close = [face for face in faces if iou(face.box, ASTRONAUT) > 0.4]
    assert len(close) == 1
    assert close[0].score > 0.8
    assert len(faces) <= 3


def test_boxes_are_in_the_pixels_of_a_picture_that_was_scaled_down(detector: HaarDetector) -> None:
    large = np.asarray(cv2.resize(data.astronaut(), (2048, 2048)), dtype=np.uint8)
    best = max(detector.detect(large), key=lambda face: face.score)
    assert iou(best.box, Box(*(4 * side for side in ASTRONAUT))) > 0.4


def test_a_mirrored_cascade_finds_in_the_upright_picture() -> None:
    frontal = CASCADES[0].name
    mirrored = HaarDetector([Cascade(frontal, 4, 8.0, mirrored=True)])
    assert any(iou(face.box, ASTRONAUT) > 0.4 for face in mirrored.detect(data.astronaut()))


def test_faces_go_from_left_to_right(detector: HaarDetector) -> None:
    twice = np.hstack([data.astronaut()[:300, 100:350]] * 2)
    faces = [face for face in detector.detect(twice) if face.score > 0.8]
    assert len(faces) == 2
    assert faces[0].box.x1 < 250 <= faces[1].box.x1


def test_a_face_cut_off_by_the_border_stays_inside(detector: HaarDetector) -> None:
    for picture in (data.astronaut()[66:, 177:], data.astronaut()[:160, :270]):
        for face in detector.detect(np.ascontiguousarray(picture)):
            assert 0 <= face.box.x1 < face.box.x2 <= picture.shape[1]
            assert 0 <= face.box.y1 < face.box.y2 <= picture.shape[0]


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 3), (19, 20), (21, 21)])
def test_tiny_and_thin_pictures_are_no_crash(size: tuple[int, int], detector: HaarDetector) -> None:
    assert detector.detect(noise(*size)) == []


@pytest.mark.parametrize("value", [0, 127, 255])
def test_there_is_nothing_in_an_even_picture(value: int, detector: HaarDetector) -> None:
    assert detector.detect(np.full((300, 400, 3), value, dtype=np.uint8)) == []


def test_there_is_little_in_noise(detector: HaarDetector) -> None:
    assert len(detector.detect(noise(300, 400))) <= 2


def test_a_huge_picture_is_scaled_down_first(detector: HaarDetector) -> None:
    huge = np.zeros((4000, 6000, 3), dtype=np.uint8)
    huge[1000:3048, 2000:4048] = cv2.resize(data.astronaut(), (2048, 2048))
    assert any(face.score > 0.5 for face in detector.detect(huge))


def test_an_opencv_without_cascades_is_told() -> None:
    with pytest.raises(DetectorUnavailable, match="pip install"):
        HaarDetector([Cascade("haarcascade_of_nothing.xml", 1, 1.0)])

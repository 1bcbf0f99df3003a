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


def camera(shift: int = 0) -> np.ndarray:
    """A frame with one face, which lies at ASTRONAUT, moved right."""
    frame = np.full((512, 800, 3), 90, np.uint8)
    frame[:, shift : shift + 512] = data.astronaut()
    return frame


@pytest.mark.parametrize("shift", [0, 6, 15])
def test_a_face_is_found_again_near_its_last_place(shift: int, detector: HaarDetector) -> None:
    last = max(detector.detect(camera()), key=lambda face: face.score).box
    face = detector.refind(camera(shift), last)
    assert face is not None
    assert iou(face.box, Box(last.x1 + shift, last.y1, last.x2 + shift, last.y2)) > 0.6


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25])
def test_it_may_have_come_nearer_or_gone_back_a_little(factor: float, detector: HaarDetector) -> None:
    x1, y1, x2, y2 = ASTRONAUT
    dx, dy = (x2 - x1) * factor / 2, (y2 - y1) * factor / 2
    middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
    last = Box(round(middle_x - dx), round(middle_y - dy), round(middle_x + dx), round(middle_y + dy))
    face = detector.refind(camera(), last)
    assert face is not None
    assert iou(face.box, ASTRONAUT) > 0.4


def test_a_face_that_went_is_not_found_again(detector: HaarDetector) -> None:
    assert detector.refind(camera(250), ASTRONAUT) is None
    assert detector.refind(np.full((512, 800, 3), 90, np.uint8), ASTRONAUT) is None


def test_a_face_of_another_size_is_another(detector: HaarDetector) -> None:
    assert detector.refind(camera(), Box(20, 0, 420, 400)) is None


@pytest.mark.parametrize(
    "box", [Box(0, 0, 1, 1), Box(799, 511, 800, 512), Box(0, 0, 800, 512), Box(0, 0, 1, 512)]
)
def test_any_box_may_be_asked_for(box: Box, detector: HaarDetector) -> None:
    face = detector.refind(camera(), box)
    assert face is None or iou(face.box, box) >= 0.3


def test_eyes_alone_make_a_face() -> None:
    assert HaarDetector([]).detect(data.astronaut()) == []
    best = max(HaarDetector([], eyes=True).detect(data.astronaut()), key=lambda face: face.score)
    assert iou(best.box, ASTRONAUT) > 0.4
    large = np.asarray(cv2.resize(data.astronaut(), (1536, 1536)), dtype=np.uint8)
    best = max(HaarDetector([], eyes=True).detect(large), key=lambda face: face.score)
    assert iou(best.box, Box(*(3 * side for side in ASTRONAUT))) > 0.4


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (19, 20)])
def test_eyes_are_looked_for_in_tiny_pictures_too(size: tuple[int, int]) -> None:
    assert HaarDetector([], eyes=True).detect(noise(*size)) == []

import numpy as np
import pytest
from PIL import Image

from maskclient.detector import Box, Face
from maskclient.jsonfields import Fields
from maskclient.judge import JudgedFace
from maskclient.overlay import INK, OTHER_COLOUR, VERDICT_COLOURS, Colour, annotate, plate_corner
from maskclient.wire import CropResult
from tests.unit.maskclient.scripted_api import result


def judged(box: Box, label: str = "with_mask", verdict: str = "compliant") -> JudgedFace:
    return JudgedFace(Face(box, 0.9), CropResult.from_wire(Fields(result(0, label, verdict))))


def grey(width: int, height: int, value: int = 128) -> np.ndarray:
    return np.full((height, width, 3), value, dtype=np.uint8)


def pixels_of(picture: Image.Image, colour: Colour) -> int:
    return int((np.asarray(picture) == colour).all(axis=2).sum())


@pytest.mark.parametrize("verdict", ["compliant", "violation", "uncertain"])
@pytest.mark.parametrize("background", [0, 128, 255])
def test_the_verdict_has_its_colour_on_any_background(verdict: str, background: int) -> None:
    picture = annotate(grey(320, 240, background), [judged(Box(100, 80, 200, 180), verdict=verdict)])
    assert pixels_of(picture, VERDICT_COLOURS[verdict]) > 500
    assert picture.size == (320, 240)


def test_the_source_is_left_alone() -> None:
    source = grey(100, 100)
    annotate(source, [judged(Box(10, 10, 90, 90))])
    assert (source == 128).all()


def test_what_is_no_face_gets_no_words() -> None:
    picture = annotate(grey(320, 240), [judged(Box(100, 80, 200, 180), "not_face", "rejected")])
    assert 0 < pixels_of(picture, OTHER_COLOUR) < 500


def test_a_face_without_an_answer_is_shown() -> None:
    picture = annotate(grey(320, 240), [JudgedFace(Face(Box(100, 80, 200, 180), 0.9), None)])
    assert pixels_of(picture, OTHER_COLOUR) > 500


@pytest.mark.parametrize("size", [(1, 1), (2, 30), (30, 2), (40, 40), (120, 60), (6000, 4000)])
def test_any_size_will_do(size: tuple[int, int]) -> None:
    width, height = size
    boxes = [Box(0, 0, width, height), Box(width - 1, height - 1, width, height), Box(0, 0, 1, 1)]
    assert annotate(grey(*size), [judged(box) for box in boxes]).size == size


@pytest.mark.parametrize("corner", [(0, 0), (290, 0), (0, 210), (290, 210), (150, 100)])
def test_words_never_leave_the_picture(corner: tuple[int, int]) -> None:
    x, y = corner
    box = Box(x, y, x + 30, y + 30)
    left, top = plate_corner(box, (140, 20), (320, 240))
    assert 0 <= left <= 320 - 140
    assert 0 <= top <= 240 - 20


def test_words_go_above_the_box_where_there_is_room_and_below_where_not() -> None:
    assert plate_corner(Box(50, 100, 90, 140), (60, 20), (320, 240)) == (50, 80)
    assert plate_corner(Box(50, 5, 90, 45), (60, 20), (320, 240)) == (50, 45)
    assert plate_corner(Box(0, 0, 320, 240), (60, 20), (320, 240)) == (0, 0)


@pytest.mark.parametrize("colour", [*VERDICT_COLOURS.values(), OTHER_COLOUR])
def test_words_stand_out_from_their_plate(colour: Colour) -> None:
    # WCAG 2.2, success criterion 1.4.3: a contrast of at least 4.5.
    def luminance(of: Colour) -> float:
        shares = [value / 255 for value in of]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert (luminance(colour) + 0.05) / (luminance(INK) + 0.05) >= 4.5

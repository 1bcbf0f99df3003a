import cv2
import numpy as np
import pytest

from maskclient.camera.following import WORKING_SIDE, Outline, follow, grey_copy, overlap
from maskclient.detector import Box, Rgb
from tests.videos import walk

FACE = Outline(500, 200, 700, 420)


def frames() -> tuple[Rgb, Rgb]:
    one = next(iter(walk(["hopper"], 1, height=500)))
    return one, np.roll(one, (6, 9), (0, 1))


def test_a_face_is_followed_to_where_it_went() -> None:
    before, after = frames()
    (moved,) = follow(grey_copy(before), grey_copy(after), [FACE], 1280 / WORKING_SIDE)
    assert moved is not None
    assert moved == pytest.approx((509, 206, 709, 426), abs=1.5)


def test_growing_is_followed() -> None:
    before = next(iter(walk(["hopper"], 1, height=500)))
    matrix = cv2.getRotationMatrix2D(FACE.middle, 0, 1.08)
    after = np.asarray(cv2.warpAffine(before, matrix, (1280, 720)), np.uint8)
    (moved,) = follow(grey_copy(before), grey_copy(after), [FACE], 1280 / WORKING_SIDE)
    assert moved is not None
    assert moved.width == pytest.approx(216, abs=4)


def test_a_face_that_is_gone_is_lost() -> None:
    before, _ = frames()
    noise = np.random.default_rng(1).integers(0, 255, before.shape, dtype=np.uint8)
    assert follow(grey_copy(before), grey_copy(noise), [FACE], 1280 / WORKING_SIDE) == [None]


def test_nothing_to_follow_and_another_size_of_picture() -> None:
    before, after = frames()
    assert follow(grey_copy(before), grey_copy(after), [], 1.0) == []
    assert follow(grey_copy(before), grey_copy(after[:, :640]), [FACE], 1.0) == [None]


def test_the_copy_is_small_and_a_small_picture_stays() -> None:
    assert grey_copy(np.zeros((720, 1280, 3), np.uint8)).shape == (270, 480)
    assert grey_copy(np.zeros((100, 60, 3), np.uint8)).shape == (100, 60)


def test_outlines_within_a_picture() -> None:
    assert Outline(-10, -5, 20.4, 30.6).within(100, 100) == Box(0, 0, 20, 31)
    assert Outline(120, 0, 140, 20).within(100, 100) is None


def test_overlap() -> None:
    assert overlap(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1.0
    assert overlap(Box(0, 0, 10, 10), Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap(Box(0, 0, 10, 10), Box(10, 0, 20, 10)) == 0.0

import numpy as np
import pytest

from maskclient.detector import Box, Face
from maskclient.region import FACE_SIDE, best_overlap, overlap, region_around

SIZE = (640, 360)


def test_the_region_is_twice_as_wide_and_high() -> None:
    region = region_around(Box(100, 100, 200, 180), SIZE)
    assert region.box == Box(50, 60, 250, 220)


def test_it_ends_at_the_picture() -> None:
    assert region_around(Box(0, 0, 640, 360), SIZE).box == Box(0, 0, 640, 360)


@pytest.mark.parametrize("side", [12, 60, 300])
def test_the_face_is_scaled_to_one_size_and_comes_back_to_its_place(side: int) -> None:
    face = Box(30, 20, 30 + side, 20 + side)
    region = region_around(face, SIZE)
    grey = region.cut(np.zeros((360, 640, 3), np.uint8))
    assert region.face == pytest.approx(FACE_SIDE)
    assert grey.ndim == 2
    left, top, right, bottom = region.to_picture(Box(0, 0, grey.shape[1], grey.shape[0]))
    assert (left, top, right, bottom) == pytest.approx(tuple(region.box))


@pytest.mark.parametrize(
    "face", [Box(0, 0, 1, 1), Box(639, 359, 640, 360), Box(0, 0, 1, 360), Box(0, 0, 640, 1)]
)
def test_tiny_and_thin_faces_are_no_crash(face: Box) -> None:
    region = region_around(face, SIZE)
    assert region.cut(np.zeros((360, 640, 3), np.uint8)).size


def test_the_surest_of_what_overlaps_enough_is_taken() -> None:
    sure, close, far = Box(0, 0, 10, 12), Box(0, 0, 10, 10), Box(30, 30, 40, 40)
    faces = [Face(sure, 0.9), Face(close, 0.5), Face(far, 1.0)]
    assert best_overlap(faces, close) == faces[0]
    assert best_overlap(faces, Box(100, 100, 110, 110)) is None
    assert best_overlap([], close) is None


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(Box(0, 0, 10, 10), Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap(Box(0, 0, 10, 10), Box(10, 0, 20, 10)) == 0.0

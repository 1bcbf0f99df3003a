import io

import numpy as np
import pytest
from PIL import Image

from maskclient.crop import cut_crop
from maskclient.detector import Box

INPUT = (112, 112)


def opened(jpeg: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(jpeg))
    assert picture.format == "JPEG"
    return picture


def ramp(width: int, height: int) -> np.ndarray:
    values = np.linspace(0, 255, width, dtype=np.uint8)
    return np.repeat(np.repeat(values[None, :, None], height, axis=0), 3, axis=2)


def test_the_margin_is_added_on_each_side() -> None:
    crop = opened(cut_crop(ramp(400, 400), Box(100, 100, 200, 180), 0.15, INPUT))
    assert crop.size == (130, 104)


def test_the_crop_is_where_the_box_is() -> None:
    picture = ramp(400, 100)
    crop = np.asarray(opened(cut_crop(picture, Box(100, 10, 200, 90), 0.0, INPUT)))
    assert np.abs(crop[40].astype(int) - picture[50, 100:200]).max() <= 4


@pytest.mark.parametrize(
    ("box", "size"),
    [(Box(0, 0, 50, 50), (58, 58)), (Box(350, 350, 400, 400), (58, 58)), (Box(0, 0, 1, 1), (1, 1))],
)
def test_it_is_clamped_to_the_picture(box: Box, size: tuple[int, int]) -> None:
    assert opened(cut_crop(ramp(400, 400), box, 0.15, INPUT)).size == size


def test_a_picture_of_one_pixel_is_a_crop() -> None:
    assert opened(cut_crop(ramp(1, 1), Box(0, 0, 1, 1), 0.5, INPUT)).size == (1, 1)


def test_a_large_crop_is_scaled_down_in_proportion() -> None:
    assert opened(cut_crop(ramp(3000, 3000), Box(0, 0, 2000, 1000), 0.0, INPUT)).size == (224, 112)


def test_a_small_crop_is_not_scaled_up() -> None:
    assert opened(cut_crop(ramp(100, 100), Box(10, 10, 22, 22), 0.0, INPUT)).size == (12, 12)

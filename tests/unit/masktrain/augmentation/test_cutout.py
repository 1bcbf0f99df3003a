from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from masktrain.augmentation.cutout import SIDE, SPAN, cut_face, cut_mask, sample, skin_colour
from masktrain.augmentation.draw import MaskStyle, draw_mask
from masktrain.augmentation.texture import Pattern
from masktrain.geometry import FaceGeometry

SKIN = (200, 150, 130)
FACE = FaceGeometry.from_landmarks([(80, 100), (140, 100), (110, 130), (88, 160), (132, 160)])
STYLE = MaskStyle("surgical", "well", (150, 195, 220), Pattern(), 0.2, 1.1, straps=False)
HOPPER = FaceGeometry.from_landmarks([(224, 197), (307, 196), (265, 239), (230, 274), (304, 272)])


@pytest.fixture
def skin() -> Image.Image:
    noise = np.random.default_rng(0).normal(SKIN, 4.0, (260, 220, 3))
    return Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))


def worn(skin: Image.Image, style: MaskStyle = STYLE) -> Image.Image:
    return draw_mask(skin, FACE, style, np.random.default_rng(0))


def test_mask_is_cut_at_its_edges(skin: Image.Image) -> None:
    patch = cut_mask(worn(skin), FACE)
    assert patch is not None
    assert patch.pixels.shape == (SIDE, SIDE, 4)
    assert patch.top == pytest.approx(0.2, abs=0.06)
    assert patch.bottom == pytest.approx(1.1, abs=0.06)
    np.testing.assert_allclose(patch.skin, np.broadcast_to(SKIN, (2, 3)), atol=4)
    cloth = patch.pixels[patch.pixels[..., 3] > 250, :3].astype(int)
    assert (cloth[:, 2] > cloth[:, 0]).mean() > 0.99  # blue: no skin travels along


def test_real_photograph_gives_its_mask(picture: Callable[[str], Image.Image]) -> None:
    patch = cut_mask(picture("hopper-mask.jpg"), HOPPER)
    assert patch is not None
    assert patch.top == pytest.approx(0.2, abs=0.1)


def test_same_picture_same_patch(skin: Image.Image) -> None:
    first, second = cut_mask(worn(skin), FACE), cut_mask(worn(skin), FACE)
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.pixels, second.pixels)


def test_bare_face_gives_no_mask(skin: Image.Image, picture: Callable[[str], Image.Image]) -> None:
    assert cut_mask(skin, FACE) is None
    assert cut_mask(picture("hopper.jpg"), HOPPER) is None


@pytest.mark.parametrize(("top", "bottom"), [(0.52, 1.1), (0.8, 1.3), (0.2, 0.75)])
def test_badly_worn_mask_is_not_taken(skin: Image.Image, top: float, bottom: float) -> None:
    assert cut_mask(worn(skin, replace(STYLE, top=top, bottom=bottom)), FACE) is None


def test_dark_mask_before_a_dark_ground_is_taken_whole(skin: Image.Image) -> None:
    pixels = np.array(worn(skin, replace(STYLE, colour=(12, 12, 14), top=0.1, bottom=1.2, width=1.2)))
    pixels[150:, :75] = pixels[150:, 145:] = pixels[185:] = (10, 10, 12)
    patch = cut_mask(Image.fromarray(pixels), FACE)
    assert patch is not None
    assert patch.pixels[patch.pixels[..., 3] > 250, :3].mean() < 40


def test_mirroring_exchanges_left_and_right(skin: Image.Image) -> None:
    pixels = np.array(skin)
    pixels[:, :110] //= 2
    patch = cut_face(Image.fromarray(pixels), FACE)
    assert patch.skin[0].mean() < 0.6 * patch.skin[1].mean()
    mirrored = patch.mirrored()
    np.testing.assert_array_equal(mirrored.pixels[:, 0], patch.pixels[:, -1])
    np.testing.assert_array_equal(mirrored.skin, patch.skin[::-1])


def test_sample_finds_a_place_again() -> None:
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    (left, right), (top, bottom) = SPAN
    row, column = 40, 90
    pixels[row, column] = 255
    place = (left + (column + 0.5) / SIDE * (right - left), top + (row + 0.5) / SIDE * (bottom - top))
    found = sample(pixels, np.array([[place, (5.0, 5.0)]], np.float32))
    np.testing.assert_allclose(found, [[[255] * 3, [0] * 3]], atol=6)


def test_skin_colour_is_taken_inside_the_picture(skin: Image.Image) -> None:
    away = FaceGeometry.from_box((200, 200, 400, 450))
    assert skin_colour(skin, away).shape == (2, 3)

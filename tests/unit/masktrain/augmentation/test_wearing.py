from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from masktrain.augmentation.cutout import Patch, cut_face, cut_mask
from masktrain.augmentation.draw import MaskStyle, draw_mask
from masktrain.augmentation.style import Placement, random_style
from masktrain.augmentation.texture import Pattern
from masktrain.augmentation.wearing import wear
from masktrain.geometry import FaceGeometry

SKIN = (200, 150, 130)
FACE = FaceGeometry.from_landmarks([(80, 100), (140, 100), (110, 130), (88, 160), (132, 160)])
TURNED = replace(FACE, nose=(98.0, 130.0))
STYLE = MaskStyle("cloth", "well", (20, 60, 220), Pattern(), 0.2, 1.1, straps=False)


@pytest.fixture
def skin() -> Image.Image:
    return Image.new("RGB", (220, 260), SKIN)


@pytest.fixture
def mask(skin: Image.Image) -> Patch:
    patch = cut_mask(draw_mask(skin, FACE, STYLE, np.random.default_rng(0)), FACE)
    assert patch is not None
    return patch


def covered(picture: Image.Image, point: tuple[float, float]) -> bool:
    pixel = np.asarray(picture, dtype=int)[round(point[1]), round(point[0])]
    return bool(pixel[2] > pixel[0])  # the mask is blue


@pytest.mark.parametrize("face", [FACE, TURNED])
@pytest.mark.parametrize(
    ("placement", "parts"),
    [("well", "nose mouth chin"), ("under_nose", "mouth chin"), ("on_chin", "chin")],
)
def test_what_is_covered_is_what_the_label_says(
    skin: Image.Image, mask: Patch, face: FaceGeometry, placement: Placement, parts: str
) -> None:
    x, y = face.to_picture(np.array([[0.0, 0.98]]))[0].tolist()
    places = {"nose": face.nose, "mouth": (110.0, 158.0), "chin": (x, y), "eye": face.left_eye}
    for seed in range(5):
        rng = np.random.default_rng(seed)
        result = wear(skin, face, mask, replace(random_style(rng, placement, face), straps=False), rng)
        assert {name for name, place in places.items() if covered(result, place)} == set(parts.split())


def test_original_is_left_alone(skin: Image.Image, mask: Patch) -> None:
    before = skin.tobytes()
    result = wear(skin, FACE, mask, STYLE, np.random.default_rng(0))
    assert skin.tobytes() == before
    assert result.size == skin.size
    assert result.crop((0, 0, 220, 80)).tobytes() == skin.crop((0, 0, 220, 80)).tobytes()


def test_mask_is_lit_as_the_face_is(mask: Patch, skin: Image.Image) -> None:
    pixels = np.array(skin)
    pixels[:, :110] //= 4
    lit = np.asarray(wear(Image.fromarray(pixels), FACE, mask, STYLE, np.random.default_rng(0)), dtype=int)
    left, right = lit[150, 90, 2], lit[150, 130, 2]
    assert left < 0.8 * right


def test_white_mask_is_not_burnt_out(skin: Image.Image) -> None:
    white = replace(STYLE, colour=(235, 235, 235))
    dim = Image.new("RGB", skin.size, (70, 52, 45))
    patch = cut_mask(draw_mask(dim, FACE, replace(white, top=0.1), np.random.default_rng(0)), FACE)
    assert patch is not None
    patch.pixels[..., :3] = np.clip(patch.pixels[..., :3].astype(int) + 120, 0, 255).astype(np.uint8)
    result = np.asarray(wear(skin, FACE, patch, white, np.random.default_rng(0)))
    assert np.median(result[140:165, 95:125]) <= 245


def test_straps_are_drawn_again(skin: Image.Image, mask: Patch) -> None:
    def columns(straps: bool) -> int:  # noqa: FBT001 - a flag is what is compared
        worn = wear(skin, FACE, mask, replace(STYLE, straps=straps), np.random.default_rng(0))
        return int((np.abs(np.asarray(worn, dtype=int) - SKIN) > 25).any(axis=(0, 2)).sum())

    assert columns(straps=True) > columns(straps=False) + 8


def test_shape_cuts_another_face_in_its_place(skin: Image.Image, mask: Patch) -> None:
    other = np.array(skin)
    other[:, 108:112] = (90, 40, 30)  # a line down the middle of the other face
    patch = cut_face(Image.fromarray(other), FACE)
    result = np.asarray(wear(skin, FACE, patch, STYLE, np.random.default_rng(0), mask), dtype=int)
    assert result[150, 110, 0] < 150
    np.testing.assert_allclose(result[150, 90], SKIN, atol=8)
    np.testing.assert_array_equal(result[90, 110], SKIN)


def test_face_outside_the_picture_changes_nothing(skin: Image.Image, mask: Patch) -> None:
    away = FaceGeometry.from_box((2000, 2000, 2100, 2150))
    assert wear(skin, away, mask, STYLE, np.random.default_rng(0)).tobytes() == skin.tobytes()

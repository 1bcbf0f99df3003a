import numpy as np
import pytest

from maskservice.modelcard import ModelCard
from maskservice.quality import face_short_side, refusals, sharpness
from tests import pictures

GOOD = np.asarray(pictures.scene(24, 32))


def test_a_good_crop_is_not_refused(card: ModelCard) -> None:
    assert refusals(GOOD, (200, 200), card) == []


def test_a_small_crop_is_refused_by_the_face_inside_it(card: ModelCard) -> None:
    # 24 px of face and a quarter of it on each side
    assert refusals(GOOD, (36, 100), card) == []
    assert refusals(GOOD, (100, 35), card) == ["too-small"]


def test_the_face_is_estimated_without_the_margin() -> None:
    assert face_short_side((130, 260), 0.15) == pytest.approx(100)


def test_a_dark_crop_is_refused(card: ModelCard) -> None:
    assert refusals((GOOD // 16).astype(np.uint8), (200, 200), card) == ["too-dark"]


def test_brightness_is_bt601_luma(card: ModelCard) -> None:
    # 0.114 * 180 = 20.5 is above the floor of 20, 0.114 * 170 = 19.4 is not
    noise = np.random.default_rng(0).integers(-30, 30, (32, 24), dtype=np.int64)
    blue = np.zeros((32, 24, 3), dtype=np.uint8)
    for level, expected in ((182, False), (168, True)):
        blue[..., 2] = level + noise - round(float(noise.mean()))
        assert ("too-dark" in refusals(blue, (200, 200), card)) is expected


def test_an_even_crop_is_refused_as_blurred(card: ModelCard) -> None:
    slope = np.repeat(np.linspace(60, 200, 24)[None, :, None], 32, axis=0).repeat(3, axis=2).astype(np.uint8)
    assert refusals(slope, (200, 200), card) == ["too-blurred"]


def test_several_reasons_are_all_told(card: ModelCard) -> None:
    black = np.zeros((32, 24, 3), dtype=np.uint8)
    assert refusals(black, (10, 10), card) == ["too-small", "too-dark", "too-blurred"]


def test_sharpness_is_the_variance_of_the_laplacian() -> None:
    point = np.zeros((5, 5), dtype=np.float32)
    point[2, 2] = 1.0
    laplacian = [0, 1, 0, 1, -4, 1, 0, 1, 0]
    assert sharpness(point) == pytest.approx(np.var(laplacian))

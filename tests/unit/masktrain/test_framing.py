import numpy as np
import pytest
from PIL import Image

from masktrain.framing import CROP_MARGIN, FramingJitter, cut_crop

FRAME = 1 + 2 * CROP_MARGIN
PICTURE = Image.new("RGB", (200, 100))


def test_margin_is_a_share_of_the_box() -> None:
    assert cut_crop(PICTURE, (50, 20, 90, 60), 0.15).size == (52, 52)
    assert cut_crop(PICTURE, (50, 20, 90, 80), 0.0).size == (40, 60)


def test_crop_is_clamped_to_the_picture() -> None:
    assert cut_crop(PICTURE, (-20, -20, 30, 30), 0.1).size == (35, 35)
    assert cut_crop(PICTURE, (180, 80, 240, 140), 0.5).size == (50, 50)


@pytest.mark.parametrize("box", [(500, 500, 600, 600), (-90, -90, -50, -50), (10, 10, 10.2, 10.2)])
def test_crop_is_never_empty(box: tuple[float, float, float, float]) -> None:
    width, height = cut_crop(PICTURE, box, 0.15).size
    assert width >= 1
    assert height >= 1


def test_jitter_stays_within_its_limits() -> None:
    jitter = FramingJitter(scale=(0.8, 1.25), aspect=1.2, shift=0.1, haar_odds=0.0)
    large = Image.new("RGB", (1000, 1000))
    sizes = np.array(
        [jitter.cut(large, (400, 400, 500, 500), np.random.default_rng(seed)).size for seed in range(200)]
    )
    assert sizes.min() >= 100 * 0.8 * FRAME / 1.2**0.5 - 2
    assert sizes.max() <= 100 * 1.25 * FRAME * 1.2**0.5 + 2
    ratios = sizes[:, 0] / sizes[:, 1]
    assert ratios.min() < 0.9
    assert ratios.max() > 1.1


def test_haar_framing_is_wider_than_high() -> None:
    haar = FramingJitter(aspect=1.0, rotation_odds=0.0, haar_odds=1.0)
    large = Image.new("RGB", (1000, 1000))
    sizes = np.array(
        [haar.cut(large, (400, 400, 500, 500), np.random.default_rng(s)).size for s in range(100)]
    )
    np.testing.assert_allclose(sizes[:, 0] / sizes[:, 1], 1.26 / 0.965, atol=0.04)
    scales = np.sqrt(sizes.prod(axis=1)) / (100 * FRAME)
    assert 0.78 < scales.min() < 0.95
    assert 1.25 < scales.max() < 1.42


def test_places_and_scales_reach_the_stated_limits() -> None:
    """The crop's middle and size are read from a picture whose colours tell their place."""
    ramp = np.stack(
        np.broadcast_arrays(np.arange(250)[None], np.arange(250)[:, None], np.zeros((250, 250))), -1
    )
    picture = Image.fromarray(ramp.astype(np.uint8))
    jitter = FramingJitter(aspect=1.0, rotation_odds=0.0, haar_odds=0.0, calm_odds=0.0)
    crops = [jitter.cut(picture, (85, 85, 165, 165), np.random.default_rng(seed)) for seed in range(300)]
    middles = np.array([np.asarray(crop)[..., :2].mean(axis=(0, 1)) for crop in crops]) - 124.5
    assert 10.5 < np.abs(middles).max() <= 13
    widths = np.array([crop.width for crop in crops]) / (80 * FRAME)
    assert widths.min() < 0.78
    assert widths.max() > 1.3


def test_calm_crops_stay_near_the_box() -> None:
    jitter = FramingJitter(rotation_odds=0.0, haar_odds=0.0, calm_odds=1.0)
    large = Image.new("RGB", (1000, 1000))
    sizes = np.array(
        [jitter.cut(large, (400, 400, 500, 500), np.random.default_rng(s)).size for s in range(60)]
    )
    assert 88 < sizes.min() / FRAME <= sizes.max() / FRAME < 115


@pytest.mark.parametrize("size", [(120, 120), (1, 1), (3, 2)])
def test_rotation_leaves_no_black_corners(size: tuple[int, int]) -> None:
    jitter = FramingJitter(rotation=20.0, rotation_odds=1.0)
    white = Image.new("RGB", size, "white")
    for seed in range(20):
        crop = jitter.cut(white, (0, 0, *size), np.random.default_rng(seed))
        assert np.asarray(crop).min() == 255


def test_rotation_turns_the_picture_about_the_face() -> None:
    half = Image.new("RGB", (200, 200), "white")
    half.paste((0, 0, 0), (0, 100, 200, 200))
    still = FramingJitter(
        scale=(1, 1), aspect=1.0, shift=0.0, rotation=20.0, rotation_odds=1.0, haar_odds=0.0
    )
    slopes = []
    for seed in range(20):
        crop = np.asarray(still.cut(half, (60, 60, 140, 140), np.random.default_rng(seed)))[..., 0]
        assert crop.shape == (round(80 * FRAME), round(80 * FRAME))
        assert 0.45 < crop.mean() / 255 < 0.55
        slopes.append(float(crop[:, 0].mean() - crop[:, -1].mean()) / 255)
    assert min(slopes) < -0.1
    assert max(slopes) > 0.1

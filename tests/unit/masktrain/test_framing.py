import numpy as np
import pytest
from PIL import Image

from masktrain.framing import FramingJitter, cut_crop

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
    jitter = FramingJitter(scale=(0.8, 1.25), aspect=1.2, shift=0.1)
    large = Image.new("RGB", (1000, 1000))
    sizes = np.array(
        [jitter.cut(large, (400, 400, 500, 500), np.random.default_rng(seed)).size for seed in range(200)]
    )
    assert sizes.min() >= 100 * 0.8 * 1.3 / 1.2**0.5 - 2
    assert sizes.max() <= 100 * 1.25 * 1.3 * 1.2**0.5 + 2
    ratios = sizes[:, 0] / sizes[:, 1]
    assert ratios.min() < 0.9
    assert ratios.max() > 1.1

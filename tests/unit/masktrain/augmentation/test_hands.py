import numpy as np
import pytest
from PIL import Image

from masktrain.augmentation.canvas import Canvas
from masktrain.augmentation.hands import covered_share, draw_hand
from masktrain.geometry import FaceGeometry

SKIN = (200, 150, 130)
FACE = FaceGeometry.from_box((50, 40, 170, 200))


@pytest.fixture
def canvas() -> Canvas:
    return Canvas.of(Image.new("RGB", (220, 260), SKIN), FACE)


def test_share_of_the_covered_core(canvas: Canvas) -> None:
    everywhere = np.array([(0.0, 0.0), (220.0, 0.0), (220.0, 260.0), (0.0, 260.0)])
    half = canvas.place([(-3, 0.65), (3, 0.65), (3, 3), (-3, 3)])
    assert covered_share(canvas, [everywhere]) == 1.0
    assert covered_share(canvas, [everywhere + 1000]) == 0.0
    assert 0.3 < covered_share(canvas, [half, half]) < 0.6


def test_hands_that_may_cover_nothing_are_not_drawn_or_stay_clear() -> None:
    for seed in range(20):
        canvas = Canvas.of(Image.new("RGB", (220, 260), SKIN), FACE)
        draw_hand(canvas, np.random.default_rng(seed), masked=False, most_covered=-1.0)
        assert (canvas.pixels == SKIN).all()


def test_hands_have_edges(canvas: Canvas, rng: np.random.Generator) -> None:
    draw_hand(canvas, rng, masked=False)
    drawn = np.abs(canvas.pixels.astype(int) - SKIN).max(axis=2) > 12
    assert 0.02 < drawn.mean() < 0.8
    assert canvas.pixels[drawn].std(axis=0).max() > 10


def test_hands_follow_a_leaning_head() -> None:
    """Turned by a quarter, the same seed draws the same hand turned by a quarter."""
    points = FACE.as_array()
    middle = np.array([130.0, 130.0])
    turned = (points - middle) @ np.array([[0.0, 1.0], [-1.0, 0.0]]) + middle
    masks = []
    for places in (points, turned):
        canvas = Canvas.of(Image.new("RGB", (260, 260), SKIN), FaceGeometry.from_landmarks(places.tolist()))
        draw_hand(canvas, np.random.default_rng(4), masked=False)
        masks.append(np.abs(canvas.pixels.astype(int) - SKIN).max(axis=2) > 12)
    upright = np.rot90(masks[1], 1)
    overlap = (masks[0] & upright).sum() / (masks[0] | upright).sum()
    assert overlap > 0.8

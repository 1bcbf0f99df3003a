import numpy as np
import pytest
from PIL import Image

from masktrain.augmentation.canvas import Canvas, rounded
from masktrain.geometry import FaceGeometry

FACE = FaceGeometry.from_box((20, 20, 100, 120))
SQUARE = np.array([(30.0, 30.0), (60.0, 30.0), (60.0, 60.0), (30.0, 60.0)])


@pytest.fixture
def canvas() -> Canvas:
    return Canvas.of(Image.new("RGB", (120, 140), (180, 140, 120)), FACE)


def test_filled_shapes_have_their_colour_inside_and_none_outside(canvas: Canvas) -> None:
    canvas.fill(SQUARE, (10, 200, 30))
    assert canvas.pixels[45, 45].tolist() == [10, 200, 30]
    assert canvas.pixels[80, 80].tolist() == [180, 140, 120]


def test_opacity_lets_the_picture_through(canvas: Canvas) -> None:
    canvas.fill(SQUARE, (0, 0, 0), opacity=0.5)
    assert np.abs(canvas.pixels[45, 45] - np.array([90, 70, 60])).max() <= 1


def test_round_shapes_are_darker_at_their_edge_and_cast_shadows(canvas: Canvas) -> None:
    canvas.fill(SQUARE, (200, 200, 200), roundness=0.4, shadow=0.6)
    assert canvas.pixels[45, 32, 0] < canvas.pixels[45, 45, 0]
    assert canvas.pixels[45, 62, 0] < 175


def test_strokes_thinner_than_a_pixel_are_fainter(canvas: Canvas) -> None:
    canvas.strokes([np.array([(10.0, 20.0), (110.0, 20.0)])], (0, 0, 0), 0.01)
    canvas.strokes([np.array([(10.0, 80.0), (110.0, 80.0)])], (0, 0, 0), 0.2)
    assert canvas.pixels[17:24, 60, 0].min() > canvas.pixels[77:84, 60, 0].min() + 40


def test_what_lies_outside_is_not_drawn(canvas: Canvas) -> None:
    before = canvas.pixels.copy()
    canvas.fill(SQUARE + 500, (0, 0, 0), shadow=0.5)
    canvas.strokes([SQUARE + 500], (0, 0, 0), 0.1)
    assert (canvas.pixels == before).all()


def test_dark_pictures_make_dark_drawings() -> None:
    levels = [
        float(Canvas.of(Image.new("RGB", (120, 140), (level,) * 3), FACE).lit((200, 200, 200))[0])
        for level in (20, 100, 200)
    ]
    assert levels == sorted(levels)
    assert levels[0] <= 0.35 * levels[2]


def test_skin_is_near_the_faces_own_or_a_usual_one(canvas: Canvas) -> None:
    tones = np.array([canvas.skin(np.random.default_rng(seed), masked=seed % 2 == 0) for seed in range(60)])
    near = np.abs(tones - np.array([180, 140, 120])).max(axis=1) < 45
    assert 0.6 < near.mean() < 1.0
    assert (tones[:, 0] >= tones[:, 2]).mean() > 0.95


def test_skin_does_not_need_a_face_in_the_picture() -> None:
    away = Canvas.of(Image.new("RGB", (20, 20)), FaceGeometry.from_box((500, 500, 600, 620)))
    assert min(away.skin(np.random.default_rng(0), masked=False)) >= 8


def test_rounding_keeps_within_the_polygon() -> None:
    points = rounded(SQUARE)
    assert points.shape == (16, 2)
    assert points.min() >= 30
    assert points.max() <= 60

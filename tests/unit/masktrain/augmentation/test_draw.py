from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from masktrain.augmentation.draw import (
    KINDS,
    PLACEMENT_LABELS,
    Kind,
    MaskStyle,
    Placement,
    draw_mask,
    random_style,
)
from masktrain.augmentation.texture import Pattern
from masktrain.geometry import FaceGeometry

SKIN = (200, 150, 130)
FACE = FaceGeometry.from_landmarks([(80, 100), (140, 100), (110, 130), (88, 160), (132, 160)])
PLACEMENTS = tuple(PLACEMENT_LABELS)
COVERED: dict[Placement, set[str]] = {
    "well": {"nose", "mouth", "chin"},
    "under_nose": {"mouth", "chin"},
    "on_chin": {"chin"},
    "over_mouth": {"mouth"},
    "from_ear": set(),
    "over_eyes": {"eyes", "eye"},
}


def changed(drawn: Image.Image) -> np.ndarray:
    """Where the drawing left no skin, shape (height, width)."""
    return np.asarray((np.abs(np.asarray(drawn, dtype=int) - SKIN) > 40).any(axis=2))


def at(mask: np.ndarray, point: tuple[float, float]) -> bool:
    return bool(mask[round(point[1]), round(point[0])])


@pytest.fixture
def skin() -> Image.Image:
    return Image.new("RGB", (220, 260), SKIN)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_what_is_covered_is_what_the_label_says(skin: Image.Image, kind: Kind, placement: Placement) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        style = replace(
            random_style(rng, placement, FACE), kind=kind, colour=(20, 60, 220), pattern=Pattern()
        )
        covered = changed(draw_mask(skin, FACE, replace(style, straps=False), rng))
        places = {"nose": FACE.nose, "mouth": (110.0, 158.0), "eyes": FACE.left_eye, "eye": FACE.right_eye}
        x, y = FACE.to_picture(np.array([[0.0, 0.98]]))[0].tolist()
        places["chin"] = (x, y)
        assert {name for name, place in places.items() if at(covered, place)} == COVERED[placement]


def test_mask_hangs_beside_the_cheek(skin: Image.Image, rng: np.random.Generator) -> None:
    style = replace(random_style(rng, "from_ear"), colour=(20, 60, 220), pattern=Pattern(), hang=-0.95)
    columns = np.flatnonzero(changed(draw_mask(skin, FACE, style, rng)).any(axis=0))
    assert len(columns) > 20
    assert columns[-1] < FACE.mouth_left[0]


def test_depth_shades_and_casts_a_shadow(skin: Image.Image) -> None:
    flat = MaskStyle("cloth", "well", (230, 230, 230), Pattern(), 0.2, 1.1, straps=False)

    def drawn(depth: float) -> np.ndarray:
        return np.asarray(
            draw_mask(skin, FACE, replace(flat, depth=depth), np.random.default_rng(0)), dtype=int
        )

    x, y = FACE.to_picture(np.array([[0.0, 1.13]]))[0].astype(int).tolist()
    assert drawn(1.0)[y, x].sum() < drawn(0.0)[y, x].sum() - 20
    # What lies at the bottom of a picture leaves no trace at its top.
    np.testing.assert_array_equal(drawn(1.0)[:80], drawn(0.0)[:80])


def test_shadow_does_not_come_round_to_the_top(skin: Image.Image) -> None:
    low = FaceGeometry.from_landmarks([(80, 170), (140, 170), (110, 200), (88, 230), (132, 230)])
    style = MaskStyle("cloth", "on_chin", (20, 60, 220), Pattern(), 0.7, 1.4, straps=False, depth=1.0)
    rows = np.flatnonzero(
        (np.asarray(draw_mask(skin, low, style, np.random.default_rng(0))) != SKIN).any((1, 2))
    )
    assert rows[0] > 230


def test_label_follows_placement(rng: np.random.Generator) -> None:
    labels = {placement: random_style(rng, placement).label for placement in PLACEMENTS}
    assert labels.pop("well") == "with_mask"
    assert set(labels.values()) == {"incorrect_mask"}
    assert set(labels) == {"under_nose", "on_chin", "over_mouth", "from_ear", "over_eyes"}


def test_same_seed_same_drawing(skin: Image.Image) -> None:
    def draw(seed: int) -> bytes:
        rng = np.random.default_rng(seed)
        return draw_mask(skin, FACE, random_style(rng, "well"), rng).tobytes()

    assert draw(3) == draw(3)
    assert draw(3) != draw(4)


def test_original_is_left_alone(skin: Image.Image, rng: np.random.Generator) -> None:
    before = skin.tobytes()
    drawn = draw_mask(skin, FACE, random_style(rng, "well"), rng)
    assert skin.tobytes() == before
    assert drawn.size == skin.size


def test_straps_reach_beyond_the_mask(skin: Image.Image) -> None:
    style = MaskStyle("surgical", "well", (20, 60, 220), Pattern(), 0.2, 1.1)

    def width(drawn: Image.Image) -> int:
        columns = np.flatnonzero(changed(drawn).any(axis=0))
        return int(columns[-1] - columns[0])

    with_straps = width(draw_mask(skin, FACE, style, np.random.default_rng(0)))
    without = width(draw_mask(skin, FACE, replace(style, straps=False), np.random.default_rng(0)))
    assert with_straps > without + 10


def test_darkness_darkens_the_mask(skin: Image.Image) -> None:
    style = MaskStyle("cloth", "well", (230, 230, 230), Pattern(), 0.2, 1.1, straps=False)
    dark = Image.new("RGB", skin.size, (30, 22, 20))
    levels = [
        np.asarray(draw_mask(picture, FACE, style, np.random.default_rng(0)))[150, 110].mean()
        for picture in (skin, dark)
    ]
    assert levels[1] < 0.6 * levels[0]


def test_face_outside_the_picture_draws_nothing(skin: Image.Image, rng: np.random.Generator) -> None:
    away = FaceGeometry.from_box((2000, 2000, 2100, 2150))
    assert draw_mask(skin, away, random_style(rng, "well"), rng).tobytes() == skin.tobytes()

from dataclasses import fields, replace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from maskservice.modelcard import LABELS, Label
from masktrain.augmentation.covers import Covers
from masktrain.geometry import Box, FaceGeometry

SKIN = (200, 150, 130)
BOX: Box = (50.0, 40.0, 170.0, 200.0)
FACE = FaceGeometry.from_box(BOX)
NAMES = [field.name for field in fields(Covers)]
NOTHING = Covers(**dict.fromkeys(NAMES, 0.0))


def only(name: str) -> Covers:
    return replace(NOTHING, **cast(dict[str, Any], {name: 1.0}))


@pytest.fixture
def skin() -> Image.Image:
    return Image.new("RGB", (220, 260), SKIN)


def changed(picture: Image.Image) -> np.ndarray:
    """Where something was drawn, shape (height, width)."""
    return np.asarray((np.abs(np.asarray(picture, dtype=int) - SKIN) > 12).any(axis=2))


def at(mask: np.ndarray, u: float, v: float) -> bool:
    x, y = FACE.to_picture(np.array([[u, v]]))[0]
    return bool(mask[round(y), round(x)])


@pytest.mark.parametrize("name", NAMES)
def test_each_odds_draws_on_bare_faces(name: str, skin: Image.Image) -> None:
    before = skin.tobytes()
    drawn = only(name).apply(skin, BOX, FACE, "without_mask", np.random.default_rng(2))
    assert drawn.size == skin.size
    assert changed(drawn).mean() > 0.005
    assert skin.tobytes() == before


def test_nothing_asked_for_draws_nothing(skin: Image.Image, rng: np.random.Generator) -> None:
    assert NOTHING.apply(skin, BOX, FACE, "without_mask", rng) is skin


def test_what_is_no_face_is_left_alone(skin: Image.Image, rng: np.random.Generator) -> None:
    everything = Covers(**dict.fromkeys(NAMES, 1.0))
    assert everything.apply(skin, BOX, None, "not_face", rng) is skin


@pytest.mark.parametrize("label", ["with_mask", "incorrect_mask"])
@pytest.mark.parametrize("name", NAMES)
def test_masks_stay_readable(name: str, label: Label, skin: Image.Image) -> None:
    """Of the lines that nose, mouth and chin make, most must be seen on any one picture."""
    places = [(u, v) for u in (-0.35, 0.0, 0.35) for v in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)]
    for seed in range(12):
        drawn = changed(only(name).apply(skin, BOX, FACE, label, np.random.default_rng(seed)))
        hidden = np.mean([at(drawn, u, v) for u, v in places])
        assert hidden <= (0.35 if label == "with_mask" else 0.2), (name, seed)


@pytest.mark.parametrize("label", LABELS)
def test_masks_on_the_chin_are_not_hidden_by_scarves(label: Label, skin: Image.Image) -> None:
    drawn = changed(only("scarf_odds").apply(skin, BOX, FACE, label, np.random.default_rng(0)))
    assert drawn.any() == (label in ("with_mask", "without_mask"))


def test_scarves_leave_lips_and_beards_leave_lips_and_nose(skin: Image.Image) -> None:
    for seed in range(15):
        for name in ("scarf_odds", "beard_odds"):
            drawn = changed(only(name).apply(skin, BOX, FACE, "without_mask", np.random.default_rng(seed)))
            assert not at(drawn, 0.0, 0.38)
            assert not at(drawn, 0.0, 0.63)


def test_hands_cover_the_mouth_of_bare_faces_now_and_then(skin: Image.Image) -> None:
    covered = [
        at(
            changed(only("hand_odds").apply(skin, BOX, FACE, "without_mask", np.random.default_rng(seed))),
            0,
            0.62,
        )
        for seed in range(40)
    ]
    assert 0.15 < np.mean(covered) < 0.95


def test_less_is_drawn_where_landmarks_are_guessed(skin: Image.Image) -> None:
    def share(face: FaceGeometry | None, box: Box = BOX) -> float:
        drawn = [
            only("glasses_odds").apply(skin, box, face, "without_mask", np.random.default_rng(seed))
            is not skin
            for seed in range(60)
        ]
        return float(np.mean(drawn))

    assert share(FACE) == 1.0
    assert 0.3 < share(None) < 0.7
    assert share(None, (0.0, 0.0, 220.0, 260.0)) == 0.0


def test_profiles_and_tiny_faces_are_left_alone(skin: Image.Image, rng: np.random.Generator) -> None:
    points = FACE.as_array()
    points[2, 0] += 60
    profile = FaceGeometry.from_landmarks(points.tolist())
    tiny = FaceGeometry.from_box((100, 100, 112, 116))
    for face in (profile, tiny):
        assert only("glasses_odds").apply(skin, BOX, face, "without_mask", rng) is skin


def test_same_seed_same_drawing(skin: Image.Image) -> None:
    recipe = Covers(**dict.fromkeys(NAMES, 1.0))
    drawings = [
        recipe.apply(skin, BOX, FACE, "without_mask", np.random.default_rng(seed)).tobytes()
        for seed in (1, 1, 2)
    ]
    assert drawings[0] == drawings[1] != drawings[2]


def test_faces_at_the_edge_or_outside_of_the_picture_do_no_harm(skin: Image.Image) -> None:
    recipe = Covers(**dict.fromkeys(NAMES, 1.0))
    for box in ((-80.0, -90.0, 40.0, 60.0), (200.0, 240.0, 320.0, 400.0), (900.0, 900.0, 1000.0, 1100.0)):
        for seed in range(6):
            face = FaceGeometry.from_box(box)
            drawn = recipe.apply(skin, box, face, "without_mask", np.random.default_rng(seed))
            assert drawn.size == skin.size

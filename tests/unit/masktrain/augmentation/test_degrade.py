from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from masktrain.augmentation import degrade
from masktrain.augmentation.degrade import Degradation, Pixels
from masktrain.framing import CROP_MARGIN

NOTHING = Degradation(**{field.name: 0.0 for field in fields(Degradation)})
Step = Callable[[Pixels, np.random.Generator], Pixels]
STEPS: list[Step] = [
    degrade.relight,
    degrade.light_from_aside,
    degrade.tint,
    degrade.remove_colour,
    degrade.defocus,
    degrade.smear,
    degrade.darken_room,
    degrade.add_noise,
    degrade.shrink,
    degrade.sharpen,
    degrade.posterise,
    degrade.compress,
]


@pytest.fixture
def crop(picture: Callable[[str], Image.Image]) -> Image.Image:
    return picture("collins.jpg").resize((120, 140))


def test_nothing_asked_for_changes_nothing(crop: Image.Image) -> None:
    assert NOTHING.apply(crop, np.random.default_rng(0)).tobytes() == crop.tobytes()


@pytest.mark.parametrize("name", [field.name for field in fields(Degradation)])
def test_each_odds_switches_a_change_on(name: str, crop: Image.Image) -> None:
    recipe = replace(NOTHING, **cast(dict[str, Any], {name: 1.0}))
    changed = recipe.apply(crop, np.random.default_rng(3))
    assert changed.mode == "RGB"
    assert changed.size != crop.size or changed.tobytes() != crop.tobytes()


@pytest.mark.parametrize("step", STEPS)
def test_steps_leave_the_original_alone_and_keep_shape_and_type(step: Step, crop: Image.Image) -> None:
    pixels = np.array(crop)
    for seed in range(12):
        changed = step(pixels, np.random.default_rng(seed))
        assert changed.dtype == np.uint8
        assert changed.ndim == 3
        assert changed.shape[2] == 3
    assert pixels.tobytes() == crop.tobytes()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("size", [(1, 1), (3, 9)])
def test_tiny_crops_survive(step: Step, size: tuple[int, int]) -> None:
    for seed in range(8):
        assert step(np.full((*size, 3), 90, np.uint8), np.random.default_rng(seed)).size >= 3


def test_most_crops_stay_recognisable(crop: Image.Image) -> None:
    recipe = replace(Degradation(), small_face_odds=0.0)
    before = np.asarray(crop.convert("L"), dtype=float).ravel()
    likeness = [
        np.corrcoef(
            before,
            np.asarray(recipe.apply(crop, np.random.default_rng(seed)).convert("L"), dtype=float).ravel(),
        )[0, 1]
        for seed in range(100)
    ]
    assert np.quantile(likeness, 0.1) > 0.8


def test_a_side_is_lit_more_than_the_other() -> None:
    grey = np.full((60, 60, 3), 120, np.uint8)
    differences = []
    for seed in range(60):
        lit = degrade.light_from_aside(grey, np.random.default_rng(seed)).astype(float)
        differences.append(
            max(abs(lit[:, :20].mean() - lit[:, 40:].mean()), abs(lit[:20].mean() - lit[40:].mean()))
        )
    assert np.quantile(differences, 0.7) > 15


def test_dark_rooms_are_dark_or_noisy_but_never_black() -> None:
    bright, dark = np.full((60, 60, 3), 160, np.uint8), np.full((60, 60, 3), 24, np.uint8)
    for seed in range(30):
        seen = degrade.darken_room(bright, np.random.default_rng(seed)).astype(float)
        assert seen.mean() < 80 or seen.std() > 2.0
        assert degrade.darken_room(dark, np.random.default_rng(seed)).mean() > 6


def test_motion_blurs_along_one_direction() -> None:
    dot = np.zeros((101, 101, 3), np.uint8)
    dot[50, 50] = 255
    lengths = []
    for seed in range(20):
        ys, xs = np.nonzero(degrade.smear(dot, np.random.default_rng(seed))[..., 0])
        spread = np.linalg.svd(np.stack([ys, xs], axis=1) - 50.0, compute_uv=False)
        lengths.append(spread[0] / (spread[1] + 1.0))
    assert np.median(lengths) > 2.0


def test_small_faces_are_small_and_seldom_enlarged(crop: Image.Image) -> None:
    frame = 1 + 2 * CROP_MARGIN
    large = np.array(crop.resize((200, 220)))
    sides = [min(degrade.shrink(large, np.random.default_rng(seed)).shape[:2]) for seed in range(200)]
    assert 19 <= min(sides) / frame < 24
    assert 58 < max(sides) / frame <= 65
    assert degrade.shrink(np.zeros((20, 20, 3), np.uint8), np.random.default_rng(0)).shape == (20, 20, 3)


def test_posterised_pictures_have_few_levels(crop: Image.Image) -> None:
    for seed in range(5):
        assert len(np.unique(degrade.posterise(np.array(crop), np.random.default_rng(seed)))) <= 24

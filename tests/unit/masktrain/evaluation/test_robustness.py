from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masktrain.dataset.samples import Sample
from masktrain.evaluation.predictions import Condition, predict
from masktrain.evaluation.robustness import (
    KINDS,
    SIZE,
    SIZES,
    TITLES,
    add_noise,
    blur,
    compress,
    darken,
    robustness_conditions,
    robustness_curves,
)
from tests.cards import CARD

Picture = Callable[[str], Image.Image]


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_harsher_means_further_from_the_picture(kind: object, picture: Picture) -> None:
    assert isinstance(kind, type(KINDS[0]))
    crop = picture("crops/hopper.jpg")
    rng = np.random.default_rng
    distances = [difference(crop, kind.worsen(crop, strength, rng(0))) for strength in kind.strengths]
    assert distances == sorted(distances)
    assert distances[0] > 0.5
    assert kind.worsen(crop, kind.strengths[-1], rng(0)).size == crop.size


def test_noise_has_the_sigma_it_says(rng: np.random.Generator) -> None:
    grey = Image.new("RGB", (200, 200), (128, 128, 128))
    assert np.asarray(add_noise(grey, 20, rng)).std() == pytest.approx(20, rel=0.02)


def test_darkness_leaves_the_share_it_says(rng: np.random.Generator) -> None:
    grey = Image.new("RGB", (200, 200), (200, 200, 200))
    dark = np.asarray(darken(grey, 0.1, rng))
    assert dark.mean() == pytest.approx(20, abs=0.2)
    assert dark.std() == pytest.approx((0.3 * 20 + 4) ** 0.5, rel=0.05)


def test_blur_is_relative_to_the_crop(rng: np.random.Generator) -> None:
    edge = Image.new("RGB", (100, 100))
    edge.paste("white", (50, 0, 100, 100))
    levels = np.asarray(blur(edge, 5, rng))[50, :, 0].astype(float) / 255
    # One sigma (5 px) from the edge a Gaussian has reached 84 %; Pillow's three boxes are near it.
    assert levels[54] == pytest.approx(0.82, abs=0.05)
    assert levels[0] == 0.0


def test_compression_keeps_the_mode(rng: np.random.Generator) -> None:
    assert compress(Image.new("RGB", (16, 16), "red"), 10, rng).mode == "RGB"


def test_faces_are_scaled_to_the_size_they_should_have(rng: np.random.Generator) -> None:
    sample = Sample(Path("none"), "with_mask", "", "val", (100.0, 100.0, 400.0, 300.0))
    picture = Image.new("RGB", (500, 400))
    for condition in robustness_conditions(CARD):
        if condition.name == SIZE:
            crop = condition.make(picture, sample, rng)
            assert min(crop.size) / 1.3 == pytest.approx(condition.strength, abs=1.0)
            assert min(crop.size) / 1.3 >= condition.strength - 1e-9, "24 px must not be refused as smaller"


def test_small_faces_are_not_enlarged(rng: np.random.Generator) -> None:
    sample = Sample(Path("none"), "with_mask", "", "val", (10.0, 10.0, 40.0, 40.0))
    largest = next(c for c in robustness_conditions(CARD) if c.name == SIZE)
    assert largest.strength == SIZES[0]
    assert largest.make(Image.new("RGB", (90, 90)), sample, rng).size == (38, 38)


def test_every_kind_has_its_curve(val: list[Sample], model: Path) -> None:
    conditions = robustness_conditions(CARD)
    curves = robustness_curves(predict(model, CARD, val, conditions, seed=0), conditions)
    assert list(curves) == list(TITLES)
    for kind in KINDS:
        assert [point.strength for point in curves[kind.name]] == list(kind.strengths)
    assert [point.accuracy.value for point in curves["jpeg"]] == pytest.approx([12 / 13] * 5)
    *_, dark = curves["darkness"]
    # In the dark this model sees not_face in all, and the service would refuse all faces.
    assert dark.strict_accuracy.value == 0.0
    assert dark.refused == 1.0


def test_other_conditions_are_left_out(val: list[Sample], model: Path) -> None:
    def unchanged(picture: Image.Image, _sample: Sample, _rng: np.random.Generator) -> Image.Image:
        return picture

    other = [Condition("other", 0, unchanged)]
    assert not any(robustness_curves(predict(model, CARD, val, other, seed=0), other).values())

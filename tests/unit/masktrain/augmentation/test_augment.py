from collections import Counter
from dataclasses import replace
from typing import Any, cast

import numpy as np

from masktrain.augmentation.augment import Augmentation
from masktrain.dataset.samples import Sample
from masktrain.framing import FramingJitter
from masktrain.geometry import FaceGeometry

STILL = FramingJitter(scale=(1.0, 1.0), aspect=1.0, shift=0.0, rotation_odds=0.0)
NOTHING = Augmentation(
    STILL,
    **{
        f"{name}_odds": 0.0
        for name in (
            "drawn_mask",
            "small_face",
            "blur",
            "light",
            "cast",
            "grey",
            "noise",
            "jpeg",
            "occlusion",
        )
    },
)


def with_face(sample: Sample) -> Sample:
    return replace(sample, face=FaceGeometry.from_box(sample.box))


def test_seed_decides_everything(bare: Sample) -> None:
    picture = bare.load()
    crops = [
        Augmentation().apply(picture, with_face(bare), np.random.default_rng(seed))[0].tobytes()
        for seed in (5, 5, 6)
    ]
    assert crops[0] == crops[1] != crops[2]


def test_drawn_masks_change_the_label_of_bare_faces(bare: Sample) -> None:
    recipe = replace(NOTHING, drawn_mask_odds=1.0)
    labels = Counter(
        recipe.apply(bare.load(), with_face(bare), np.random.default_rng(seed))[1] for seed in range(40)
    )
    assert set(labels) == {"with_mask", "incorrect_mask"}
    assert min(labels.values()) > 8


def test_no_mask_is_drawn_without_landmarks_or_from_the_side(bare: Sample) -> None:
    recipe = replace(NOTHING, drawn_mask_odds=1.0)
    x1, _, x2, _ = bare.box
    points = FaceGeometry.from_box(bare.box).as_array()
    points[2] = (x1 + 0.95 * (x2 - x1), points[2][1])
    profile = replace(bare, face=FaceGeometry.from_landmarks(points.tolist()))
    for sample in (bare, profile):
        assert recipe.apply(bare.load(), sample, np.random.default_rng(0))[1] == "without_mask"


def test_masked_faces_get_no_second_mask(bare: Sample) -> None:
    worn = replace(with_face(bare), label="with_mask")
    recipe = replace(NOTHING, drawn_mask_odds=1.0)
    _, label = recipe.apply(bare.load(), worn, np.random.default_rng(0))
    assert label == "with_mask"


def test_each_degradation_changes_the_crop(bare: Sample) -> None:
    picture = bare.load()
    plain = NOTHING.apply(picture, bare, np.random.default_rng(1))[0]
    for name in ("small_face", "blur", "light", "cast", "grey", "noise", "jpeg", "occlusion"):
        recipe = replace(NOTHING, **cast(dict[str, Any], {f"{name}_odds": 1.0}))
        crop, label = recipe.apply(picture, bare, np.random.default_rng(1))
        assert crop.mode == "RGB"
        assert label == "without_mask"
        assert crop.size != plain.size or crop.tobytes() != plain.tobytes(), name


def test_tiny_pictures_survive(bare: Sample) -> None:
    tiny = bare.load().resize((8, 9))
    sample = replace(bare, box=(0.0, 0.0, 8.0, 9.0))
    for seed in range(60):
        crop, _ = Augmentation().apply(tiny, sample, np.random.default_rng(seed))
        assert min(crop.size) >= 1

from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from PIL import Image

from masktrain.augmentation.augment import Augmentation
from masktrain.augmentation.covers import Covers
from masktrain.augmentation.degrade import Degradation
from masktrain.augmentation.draw import PLACEMENT_LABELS, Placement
from masktrain.dataset.samples import Sample
from masktrain.framing import FramingJitter
from masktrain.geometry import FaceGeometry

STILL = FramingJitter(scale=(1.0, 1.0), aspect=1.0, shift=0.0, rotation_odds=0.0, haar_odds=0.0)
NOTHING = Augmentation(
    STILL,
    Covers(**{field.name: 0.0 for field in fields(Covers)}),
    Degradation(**{field.name: 0.0 for field in fields(Degradation)}),
    drawn_mask_odds=0.0,
    moved_mask_odds=0.0,
    decoy_odds=0.0,
    occlusion_odds=0.0,
)


@dataclass
class FlatMasks:
    """Fills the picture with one colour for each way to wear a mask, and another for decoys."""

    def apply(
        self, picture: Image.Image, face: FaceGeometry, placement: Placement, rng: np.random.Generator
    ) -> Image.Image:
        assert face.eye_distance > 0
        return Image.new(
            "RGB", picture.size, (list(PLACEMENT_LABELS).index(placement), int(rng.integers(9)), 0)
        )

    def decoy(self, picture: Image.Image, face: FaceGeometry, rng: np.random.Generator) -> Image.Image:
        assert face.eye_distance > 0
        return Image.new("RGB", picture.size, (200, int(rng.integers(9)), 0))


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


def test_moved_masks_bring_their_label(bare: Sample) -> None:
    recipe = replace(NOTHING, masks=FlatMasks(), moved_mask_odds=1.0)
    labels = list(PLACEMENT_LABELS.values())
    seen = set()
    for seed in range(30):
        crop, label = recipe.apply(bare.load(), with_face(bare), np.random.default_rng(seed))
        assert label == labels[np.asarray(crop)[0, 0, 0]]
        seen.add(label)
    assert seen == {"with_mask", "incorrect_mask"}


def test_decoys_keep_the_label(bare: Sample) -> None:
    recipe = replace(NOTHING, masks=FlatMasks(), decoy_odds=1.0)
    crop, label = recipe.apply(bare.load(), with_face(bare), np.random.default_rng(0))
    assert label == "without_mask"
    assert np.asarray(crop)[0, 0, 0] == 200


def test_shares_of_drawn_moved_and_decoy_add_up(bare: Sample) -> None:
    recipe = replace(NOTHING, masks=FlatMasks(), drawn_mask_odds=0.3, moved_mask_odds=0.3, decoy_odds=0.2)
    plain = {NOTHING.apply(bare.load(), bare, np.random.default_rng(seed))[0].tobytes() for seed in range(9)}
    kinds = Counter[str]()
    for seed in range(120):
        crop, label = recipe.apply(bare.load(), with_face(bare), np.random.default_rng(seed))
        flat = np.asarray(crop).std(axis=(0, 1)).max() == 0
        if label == "without_mask":
            kinds["decoy" if flat else "plain"] += 1
            assert flat or crop.tobytes() in plain
        else:
            kinds["moved" if flat else "drawn"] += 1
    assert kinds["drawn"] > 20
    assert kinds["moved"] > 20
    assert kinds["decoy"] > 12
    assert kinds["plain"] > 12


def test_masks_are_drawn_where_none_can_be_moved(bare: Sample) -> None:
    recipe = replace(NOTHING, moved_mask_odds=1.0)
    crop, label = recipe.apply(bare.load(), with_face(bare), np.random.default_rng(0))
    assert label != "without_mask"
    assert np.asarray(crop).std() > 5
    decoy = replace(NOTHING, decoy_odds=1.0)
    plain = NOTHING.apply(bare.load(), bare, np.random.default_rng(0))[0].size
    crop, label = decoy.apply(bare.load(), with_face(bare), np.random.default_rng(0))
    assert (crop.size, label) == (plain, "without_mask")


def test_each_part_changes_the_crop(bare: Sample) -> None:
    picture = bare.load()
    plain = NOTHING.apply(picture, with_face(bare), np.random.default_rng(1))[0]
    parts: list[dict[str, Any]] = [
        {"covers": replace(NOTHING.covers, glasses_odds=1.0)},
        {"degradation": replace(NOTHING.degradation, light_odds=1.0)},
        {"framing": FramingJitter()},
        {"occlusion_odds": 1.0},
    ]
    for part in parts:
        crop, label = replace(NOTHING, **part).apply(picture, with_face(bare), np.random.default_rng(1))
        assert crop.mode == "RGB"
        assert label == "without_mask"
        assert crop.size != plain.size or crop.tobytes() != plain.tobytes(), part


def test_tiny_pictures_survive(bare: Sample) -> None:
    tiny = bare.load().resize((8, 9))
    sample = replace(bare, box=(0.0, 0.0, 8.0, 9.0))
    for seed in range(60):
        crop, _ = Augmentation().apply(tiny, sample, np.random.default_rng(seed))
        assert min(crop.size) >= 1

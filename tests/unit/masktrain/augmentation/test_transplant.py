import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masktrain.augmentation.draw import PLACEMENT_LABELS, MaskStyle, Placement, draw_mask, random_style
from masktrain.augmentation.texture import Pattern
from masktrain.augmentation.transplant import Transplant
from masktrain.dataset.samples import Sample
from masktrain.geometry import FaceGeometry

FACE = FaceGeometry.from_landmarks([(40, 50), (70, 50), (55, 65), (44, 80), (66, 80)])
BOX = (25.0, 25.0, 85.0, 105.0)
COLOURS = ((20, 60, 220), (20, 160, 60), (240, 240, 240))


def sample(path: Path, **changes: object) -> Sample:
    values: dict[str, object] = {"label": "with_mask", "source": "a", "split": "train", "face": FACE}
    return Sample(path=path, box=BOX, **(values | changes))  # type: ignore[arg-type]


def skin(seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).normal((200, 150, 130), 4.0, (130, 110, 3))
    return Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))


@pytest.fixture
def faces(tmp_path: Path) -> list[Sample]:
    """Three masked faces in three colours, and two bare ones."""
    samples = []
    for number, colour in enumerate(COLOURS):
        style = MaskStyle("surgical", "well", colour, Pattern(), 0.2, 1.1, straps=False)
        path = tmp_path / f"masked{number}.png"
        draw_mask(skin(number), FACE, style, np.random.default_rng(number)).save(path)
        samples.append(sample(path))
    for number in (3, 4):
        path = tmp_path / f"bare{number}.png"
        skin(number).save(path)
        samples.append(sample(path, label="without_mask"))
    return samples


@pytest.mark.parametrize("placement", ["well", "under_nose", "on_chin"])
def test_real_masks_are_moved(faces: list[Sample], placement: Placement) -> None:
    masks = Transplant(faces, faces)
    picture = skin(9)
    assert masks
    assert masks.warm() == 3
    moved = [masks.apply(picture, FACE, placement, np.random.default_rng(seed)) for seed in range(12)]
    assert len({result.tobytes() for result in moved}) == 12
    for result in moved:
        changed = np.abs(np.asarray(result, dtype=int) - np.asarray(picture, dtype=int)).max(axis=2) > 30
        assert changed[65, 55] == (placement == "well")
        assert changed[95, 55]


@pytest.mark.parametrize("placement", PLACEMENT_LABELS)
def test_without_donors_masks_are_drawn(placement: Placement) -> None:
    masks = Transplant([], [])
    assert not masks
    rng = np.random.default_rng(5)
    expected = draw_mask(skin(9), FACE, random_style(rng, placement, FACE), rng)
    assert masks.apply(skin(9), FACE, placement, np.random.default_rng(5)).tobytes() == expected.tobytes()


def test_donor_that_cannot_be_cut_is_passed_over(faces: list[Sample]) -> None:
    wrong = replace(faces[3], label="with_mask")
    masks = Transplant([wrong], faces)
    assert masks
    assert masks.warm() == 0
    result = masks.apply(skin(9), FACE, "well", np.random.default_rng(0))
    assert result.tobytes() != skin(9).tobytes()


def test_decoy_stays_bare(faces: list[Sample]) -> None:
    masks = Transplant(faces, faces)
    results = [np.asarray(masks.decoy(skin(9), FACE, np.random.default_rng(s)), dtype=int) for s in range(6)]
    for result in results:
        assert (result != np.asarray(skin(9))).any()
        assert np.abs(result.mean(axis=(0, 1)) - (200, 150, 130)).max() < 6
    assert Transplant(faces, []).decoy(skin(9), FACE, np.random.default_rng(0)).tobytes() == skin(9).tobytes()


def test_same_seed_same_result_whatever_was_done_before(faces: list[Sample]) -> None:
    used, fresh = Transplant(faces, faces), Transplant(faces, faces)
    for seed in range(5):
        used.apply(skin(9), FACE, "well", np.random.default_rng(seed))
        used.decoy(skin(9), FACE, np.random.default_rng(seed))
    results = [
        masks.apply(skin(9), FACE, "well", np.random.default_rng(7)).tobytes() for masks in (used, fresh)
    ]
    assert results[0] == results[1]


def test_pickled_copy_works_and_is_small(faces: list[Sample]) -> None:
    masks = Transplant(faces, faces)
    masks.warm()
    packed = pickle.dumps(masks)
    assert len(packed) < 10_000
    copy = pickle.loads(packed)  # noqa: S301 - our own bytes
    results = [m.apply(skin(9), FACE, "well", np.random.default_rng(1)).tobytes() for m in (masks, copy)]
    assert results[0] == results[1]


def test_unfit_donors_are_not_chosen(faces: list[Sample]) -> None:
    sideways = replace(FACE, nose=(75.0, 65.0))
    tiny = FaceGeometry.from_landmarks((FACE.as_array() / 2).tolist())
    upside_down = FaceGeometry.from_landmarks(FACE.as_array()[[0, 1, 2, 4, 3]].tolist())
    donor = faces[0]
    unfit = [
        replace(donor, face=None),
        replace(donor, face=sideways),
        replace(donor, face=tiny),
        replace(donor, face=upside_down),
        replace(donor, split="val"),
        replace(donor, label="incorrect_mask"),
    ]
    assert not Transplant(unfit, faces)


def test_sources_take_turns_in_a_small_pool(faces: list[Sample]) -> None:
    many = [replace(faces[0], source="many")] * 20 + [replace(faces[3], source="few", label="with_mask")]
    # One of the two is no mask: where both sources are in the pool, only one can be cut.
    assert Transplant(many, faces, pool=2).warm() == 1


def test_small_store_cuts_again(faces: list[Sample]) -> None:
    masks = Transplant(faces, faces, pool=1)
    first = masks.decoy(skin(9), FACE, np.random.default_rng(2)).tobytes()
    for seed in range(6):
        masks.apply(skin(9), FACE, "well", np.random.default_rng(seed))
    assert masks.decoy(skin(9), FACE, np.random.default_rng(2)).tobytes() == first


def test_large_face_prefers_large_donors(faces: list[Sample]) -> None:
    large = FaceGeometry.from_landmarks((FACE.as_array() * 2).tolist())
    green, blue = faces[1], replace(faces[0], face=large)
    blue.load().resize((220, 260)).save(blue.path)
    masks = Transplant([green, blue], [])
    picture = skin(9).resize((220, 260))
    results = [masks.apply(picture, large, "well", np.random.default_rng(seed)) for seed in range(10)]
    middles = [np.asarray(result, dtype=int)[140, 110] for result in results]
    assert sum(bool(pixel[2] > pixel[1]) for pixel in middles) >= 7


def test_mask_is_turned_to_the_side_the_face_is_turned_to(faces: list[Sample]) -> None:
    left, right = replace(FACE, nose=(50.0, 65.0)), replace(FACE, nose=(60.0, 65.0))
    pixels = np.array(faces[0].load())
    pixels[60:110, 20:55, 2] //= 2  # the half on the viewer's left is darker
    Image.fromarray(pixels).save(faces[0].path)
    masks = Transplant([replace(faces[0], face=left)], [])
    assert masks.warm() == 1
    moved = masks.apply(skin(9), right, "well", np.random.default_rng(0))
    blue = np.asarray(moved, dtype=int)[70:90, :, 2]
    assert blue[:, 38:50].mean() > blue[:, 66:76].mean() + 20

from pathlib import Path

import cv2
import numpy as np
import pytest

from masktrain.dataset.samples import read_samples
from masktrain.dataset.scenes import read_scenes
from masktrain.detector.composing import Composer, Source, crop_sources, scene_sources
from masktrain.errors import DatasetError


def red_square(path: Path, side: int = 200, box: tuple[int, int, int, int] = (60, 80, 120, 150)) -> Source:
    bgr = np.full((side, side, 3), 128, np.uint8)
    cv2.rectangle(bgr, box[:2], (box[2] - 1, box[3] - 1), (0, 0, 255), -1)
    cv2.imwrite(str(path), bgr)
    return Source(path, [box])


def redness(rgb: np.ndarray) -> np.ndarray:
    pixels = rgb.astype(np.float32)
    return np.asarray(pixels[..., 0] - pixels[..., 1:].max(-1))


@pytest.mark.parametrize(("mosaic", "paste"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
def test_boxes_follow_the_faces(mosaic: float, paste: float, tmp_path: Path) -> None:
    source = red_square(tmp_path / "scene.png")
    composer = Composer([source], [source], side=160, mosaic_odds=mosaic, paste_odds=paste)
    faces = inside = outside = 0.0
    for seed in range(30):
        picture = composer.compose(np.random.default_rng(seed))
        assert picture.rgb.shape == (160, 160, 3)
        red = redness(picture.rgb)
        covered = np.zeros(red.shape, bool)
        for x1, y1, x2, y2 in np.concatenate([picture.boxes, picture.ignored]).round().astype(int).tolist():
            covered[max(0, y1 - 2) : y2 + 2, max(0, x1 - 2) : x2 + 2] = True
        faces += len(picture.boxes)
        if red.max() > 60:  # not one that lost its colour
            inside += float((red[covered] > 60).sum())
            outside += float((red[~covered] > 60).sum())
    assert faces > 20
    assert outside < 0.02 * inside


def test_the_same_seed_makes_the_same_picture(tmp_path: Path) -> None:
    source = red_square(tmp_path / "scene.png")
    one, other = (Composer([source], [source]).compose(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.rgb, other.rgb)
    assert np.array_equal(one.boxes, other.boxes)


def test_a_face_that_is_mostly_cut_off_is_ignored(tmp_path: Path) -> None:
    source = red_square(tmp_path / "scene.png", box=(0, 0, 200, 200))
    composer = Composer([source], [source], side=64, mosaic_odds=0.0, paste_odds=0.0, sizes=(180.0, 220.0))
    picture = composer.compose(np.random.default_rng(0))
    assert len(picture.boxes) == 0
    assert len(picture.ignored) == 1


def test_what_a_teacher_saw_is_a_face_and_what_nobody_decided_is_ignored(scenes: Path) -> None:
    (source,) = scene_sources(scenes, read_scenes(scenes, ("train",)))
    assert list(source.ignored) == [(5.0, 50.0, 40.0, 90.0)]
    assert (5.0, 5.0, 40.0, 40.0) in source.boxes


def test_crops_without_a_face_are_no_sources(scenes: Path) -> None:
    samples = read_samples(scenes, ("train",))
    assert len(crop_sources(samples)) == sum(sample.label != "not_face" for sample in samples)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"missing\.jpg"):
        Source(tmp_path / "missing.jpg", []).load()

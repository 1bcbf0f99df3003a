from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from masktrain.dataset.samples import read_samples
from masktrain.dataset.scenes import read_scenes
from masktrain.detector.pictures import (
    Composed,
    Source,
    crop_sources,
    distractor_sources,
    scene_sources,
)
from masktrain.errors import DatasetError


def test_what_a_teacher_saw_is_a_face_and_what_nobody_decided_is_ignored(scenes: Path) -> None:
    (source,) = scene_sources(scenes, read_scenes(scenes, ("train",)))
    assert list(source.ignored) == [(5.0, 50.0, 40.0, 90.0)]
    (taught,) = (face for face in source.faces if face.box == (5.0, 5.0, 40.0, 40.0))
    assert not taught.bare
    assert any(face.bare for face in source.faces)


def test_crops_are_sources_of_faces_or_of_what_is_none(scenes: Path) -> None:
    samples = read_samples(scenes, ("train",))
    faces = [sample for sample in samples if sample.label != "not_face"]
    assert len(crop_sources(samples)) == len(faces)
    assert len(distractor_sources(samples)) == len(samples) - len(faces)
    whole = replace(faces[0], box=(0.0, 0.0, 100.0, 100.0))
    assert crop_sources([whole]) == []


def test_unknown_landmarks_are_no_numbers(scenes: Path) -> None:
    (source,) = scene_sources(scenes, read_scenes(scenes, ("train",)))
    loaded = source.load()
    assert loaded.points.shape == (len(loaded.boxes), 5, 2)
    assert np.isnan(loaded.points).all()


def test_in_the_mirror_left_is_right() -> None:
    points = np.array([[[10, 5], [20, 5], [15, 10], [12, 15], [18, 15]]], np.float32)
    boxes = np.array([[8, 2, 22, 18]], np.float32)
    picture = Composed(np.zeros((30, 100, 3), np.uint8), boxes, boxes + 1, points)
    mirrored = picture.mirrored()
    assert mirrored.boxes.tolist() == [[78, 2, 92, 18]]
    assert mirrored.ignored.tolist() == [[77, 3, 91, 19]]
    assert mirrored.points[0].tolist() == [[80, 5], [90, 5], [85, 10], [82, 15], [88, 15]]
    assert np.array_equal(mirrored.mirrored().points, points)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"missing\.jpg"):
        Source(tmp_path / "missing.jpg", []).load()

from pathlib import Path

import numpy as np
import pytest

from masktrain.dataset.scenes import SceneBox, read_scenes
from masktrain.detector.finders import Finds
from masktrain.detector.measure import Scene, choose_threshold, detection_figures, look
from masktrain.detector.verdicts import verdict_figures
from masktrain.release.export import read_card

FACE = (10.0, 10.0, 60.0, 60.0)
MODEL = Path(__file__).parents[4] / "models" / "mask_classifier.onnx"


def scene(boxes: list[SceneBox], *finds: tuple[tuple[float, float, float, float], float]) -> Scene:
    found = Finds.of_boxes([box for box, _ in finds])
    return Scene(Path("a.jpg"), boxes, found._replace(scores=np.array([score for _, score in finds])))


def test_a_find_that_overlaps_a_face_enough_finds_it() -> None:
    figures = detection_figures([scene([SceneBox(FACE, "with_mask")], ((12, 12, 66, 66), 0.9))], 0.5)
    assert figures.recall["with_mask"].value == 1.0
    assert figures.recall["without_mask"].count == 0
    assert figures.recall_by_size[48, 96].count == 1
    assert figures.false_finds == 0


def test_a_second_find_and_one_beside_the_face_are_false() -> None:
    finds = ((FACE, 0.9), ((14, 10, 64, 60), 0.8), ((100, 10, 150, 60), 0.7))
    figures = detection_figures([scene([SceneBox(FACE, "with_mask")], *finds), scene([])], 0.5)
    assert figures.false_finds == 2
    assert figures.false_per_scene == 1.0


def test_finds_under_the_threshold_do_not_count() -> None:
    figures = detection_figures([scene([SceneBox(FACE, "with_mask")], (FACE, 0.4))], 0.5)
    assert figures.recall["with_mask"].value == 0.0


def test_ignored_boxes_and_small_faces_are_neither_found_nor_missed() -> None:
    known = [SceneBox(FACE, None), SceneBox((80.0, 10.0, 100.0, 30.0), "with_mask")]
    finds = (((15, 15, 40, 40), 0.9), ((80, 10, 100, 30), 0.9))
    figures = detection_figures([scene(known, *finds)], 0.5)
    assert figures.recall["with_mask"].count == 0
    assert figures.false_finds == 0


def test_an_ignored_box_takes_no_find_from_a_face() -> None:
    known = [SceneBox(FACE, None), SceneBox((12.0, 10.0, 62.0, 60.0), "with_mask")]
    assert detection_figures([scene(known, (FACE, 0.9))], 0.5).recall["with_mask"].value == 1.0


def test_the_threshold_is_the_one_between_faces_and_false_finds() -> None:
    finds = ((FACE, 0.8), ((100, 10, 150, 60), 0.4))
    assert choose_threshold([scene([SceneBox(FACE, "with_mask")], *finds)], (0.3, 0.6, 0.9)) == 0.6


def test_a_face_that_is_not_found_has_no_right_verdict(scenes: Path) -> None:
    (labelled,) = read_scenes(scenes, ("val",)).values()
    faces = [box.box for box in labelled if box.label]

    def all_but_one(_rgb: np.ndarray) -> Finds:
        return Finds.of_boxes(faces[1:])

    seen = look(scenes, "val", {"some": all_but_one})["some"]
    figures = verdict_figures(seen, 0.5, MODEL, read_card(MODEL))
    assert figures.overall.count == len(faces)
    assert figures.overall.value == pytest.approx((len(faces) - 1) / len(faces))

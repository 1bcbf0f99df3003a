from pathlib import Path

import numpy as np
import pytest

from masktrain.dataset.scenes import SceneBox
from masktrain.detector.finders import Finds
from masktrain.detector.measure import Scene, detection_figures
from masktrain.detector.tuning import boxed_as_heads, choose_framing, grown

FACE = (100.0, 100.0, 160.0, 180.0)


def scene(share: float) -> Scene:
    """A face, and a find about its middle of so many of its sides."""
    middle = np.array([130.0, 140.0, 130.0, 140.0])
    find = middle + (np.array(FACE) - middle) * share
    return Scene(Path("a.jpg"), [SceneBox(FACE, "with_mask")], Finds.of_boxes([find.tolist()]))


def test_boxes_grow_about_their_middle() -> None:
    (box,) = grown(scene(1.0), (1.5, 1.25)).finds.boxes.tolist()
    assert box == pytest.approx([85.0, 90.0, 175.0, 190.0])


def test_a_head_is_wider_than_its_face_and_reaches_higher() -> None:
    (head,) = boxed_as_heads(scene(1.0)).boxes
    assert head.box == pytest.approx((91.0, 87.2, 169.0, 183.2))
    assert head.label == "with_mask"


def test_finds_too_small_for_either_kind_of_box_are_widened() -> None:
    small = scene(0.65)
    assert detection_figures([boxed_as_heads(small)], 0.5).recall["with_mask"].value == 0.0
    framing = choose_framing([small], 0.5)
    for boxed in (small, boxed_as_heads(small)):
        assert detection_figures([grown(boxed, framing)], 0.5).recall["with_mask"].value == 1.0


def test_finds_too_large_for_faces_are_widened_no_more() -> None:
    wide, high = choose_framing([scene(1.55)], 0.5)
    assert wide * high < 1.1

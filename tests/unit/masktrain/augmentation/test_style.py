from dataclasses import replace

import numpy as np
import pytest

from masktrain.augmentation.style import PLACEMENT_LABELS, Placement, random_style, shows
from masktrain.geometry import FaceGeometry

FACE = FaceGeometry.from_landmarks([(80, 100), (140, 100), (110, 130), (88, 160), (132, 160)])
HEAD_DOWN = replace(FACE, nose=(110.0, 145.0))
HEAD_UP = replace(FACE, nose=(110.0, 122.0))


def tops(placement: Placement, face: FaceGeometry | None) -> list[float]:
    return [random_style(np.random.default_rng(seed), placement, face).top for seed in range(50)]


@pytest.mark.parametrize("placement", ["under_nose", "over_mouth"])
def test_edge_keeps_below_the_nose_of_a_bent_head(placement: Placement) -> None:
    nose = HEAD_DOWN.to_face(np.array([HEAD_DOWN.nose]))[0, 1]
    assert min(tops(placement, HEAD_DOWN)) > nose
    assert tops(placement, HEAD_UP) == tops(placement, None)


def test_edge_keeps_above_the_nose_of_a_lifted_head() -> None:
    nose = HEAD_UP.to_face(np.array([HEAD_UP.nose]))[0, 1]
    assert max(tops("well", HEAD_UP)) < nose
    assert tops("well", HEAD_DOWN) == tops("well", None)
    assert tops("on_chin", HEAD_DOWN) == tops("on_chin", None)


def test_every_placement_covers_something_and_differs() -> None:
    rng = np.random.default_rng(0)
    for placement in PLACEMENT_LABELS:
        styles = [random_style(rng, placement) for _ in range(30)]
        assert all(style.bottom > style.top + 0.2 for style in styles)
        assert len({style.colour for style in styles}) > 20
        assert {style.kind for style in styles} == {"surgical", "cloth", "respirator"}


def test_mask_outside_the_frame_does_not_show() -> None:
    whole, cut_at_the_mouth, narrow = (0, 0, 220, 260), (0, 0, 220, 170), (70, 0, 150, 260)
    assert all(shows(placement, FACE, whole) for placement in PLACEMENT_LABELS)
    assert not shows("on_chin", FACE, cut_at_the_mouth)
    assert shows("under_nose", FACE, cut_at_the_mouth)
    assert not shows("from_ear", FACE, narrow)
    assert shows("on_chin", FACE, narrow)

from math import isnan
from pathlib import Path

import numpy as np
import pytest

from masktrain.dataset.scenes import SceneBox
from masktrain.detector.agreement import landmark_agreement
from masktrain.detector.finders import Finds
from masktrain.detector.measure import Scene

FACE = (10.0, 10.0, 50.0, 50.0)
OTHER = (100.0, 10.0, 140.0, 50.0)
KNOWN = [SceneBox(FACE, "with_mask"), SceneBox(OTHER, "without_mask")]


def scene(*finds: tuple[tuple[float, float, float, float], float], score: float = 0.9) -> Scene:
    """Finds whose landmarks all lie so far right of the box's corner."""
    found = Finds.of_boxes([box for box, _ in finds])
    points = [[(box[0] + right, box[1])] * 5 for box, right in finds]
    return Scene(
        Path("a.jpg"),
        KNOWN,
        found._replace(scores=np.full(len(finds), score), landmarks=np.array(points).reshape(-1, 5, 2)),
    )


def test_distances_are_in_sides_of_the_box_and_by_label() -> None:
    own, teacher = scene((OTHER, 4.0), (FACE, 12.0)), scene((FACE, 0.0), (OTHER, 0.0))
    agreement = landmark_agreement([own], [teacher], (0.5, 0.5))
    assert agreement["with_mask"].median == pytest.approx(12.0 / 40.0)
    assert agreement["without_mask"].median == pytest.approx(4.0 / 40.0)
    assert agreement["with_mask"].count == agreement["without_mask"].count == 1
    assert agreement["incorrect_mask"].count == 0
    assert isnan(agreement["incorrect_mask"].median)


def test_the_percentile_is_over_faces() -> None:
    own = [scene((FACE, 4.0 * number)) for number in range(11)]
    agreement = landmark_agreement(own, [scene((FACE, 0.0))] * 11, (0.5, 0.5))["with_mask"]
    assert agreement.median == pytest.approx(0.5)
    assert agreement.percentile_90 == pytest.approx(0.9)


@pytest.mark.parametrize("teacher", [scene((OTHER, 0.0)), scene((FACE, 0.0), score=0.4)])
def test_faces_that_only_one_found_do_not_count(teacher: Scene) -> None:
    assert landmark_agreement([scene((FACE, 4.0))], [teacher], (0.5, 0.5))["with_mask"].count == 0

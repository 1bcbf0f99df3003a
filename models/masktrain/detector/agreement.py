"""How far the detector's landmarks lie from its teacher's: nobody labelled any by hand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maskservice.modelcard import Label
from masktrain.detector.measure import FACE_LABELS, Scene, found_faces


@dataclass(frozen=True)
class Agreement:
    """Distances between two detectors' landmarks on the faces that both found.

    Attributes
    ----------
    median, percentile_90 : float
        Of the mean distance of a face's five landmarks, in sides of its labelled box (the root of
        its area), over faces. NaN without faces.
    count : int
        Faces.
    """

    median: float
    percentile_90: float
    count: int


def landmark_agreement(
    own: Sequence[Scene], teacher: Sequence[Scene], thresholds: tuple[float, float]
) -> dict[Label, Agreement]:
    """Compare landmarks by label.

    Parameters
    ----------
    own, teacher : sequence of Scene
        The same photographs with the finds of either.
    thresholds : tuple of float
        Of the score, of either.
    """
    distances: dict[Label, list[float]] = {label: [] for label in FACE_LABELS}
    for one, other in zip(own, teacher, strict=True):
        mine, theirs = (
            found_faces(scene, threshold) for scene, threshold in zip((one, other), thresholds, strict=True)
        )
        for place in mine.keys() & theirs.keys():
            known = one.boxes[place]
            x1, y1, x2, y2 = known.box
            apart = one.finds.landmarks[mine[place]] - other.finds.landmarks[theirs[place]]
            if known.label is not None:
                side = float(np.sqrt((x2 - x1) * (y2 - y1)))
                distances[known.label].append(float(np.hypot(*apart.T).mean()) / side)
    return {label: _agreement(values) for label, values in distances.items()}


def _agreement(distances: list[float]) -> Agreement:
    if not distances:
        return Agreement(float("nan"), float("nan"), 0)
    median, percentile_90 = np.percentile(distances, [50, 90]).tolist()
    return Agreement(median, percentile_90, len(distances))

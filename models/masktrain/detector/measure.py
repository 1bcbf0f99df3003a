"""How many labelled faces a detector finds, and how often it is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from maskservice.modelcard import Label
from masktrain.dataset.samples import Split, load_picture
from masktrain.dataset.scenes import SceneBox, read_scenes
from masktrain.detector.finders import Finder, Finds
from masktrain.evaluation.intervals import Estimate, share
from masktrain.evaluation.scenes import LEAST_OVERLAP, match
from masktrain.geometry import Box, overlap

LEAST_FACE = 24
"""Short side in pixels of the smallest face that is asked for: the classifier judges no smaller ones."""
SIZES = ((24, 48), (48, 96), (96, 10_000))
_COVERED = 0.5
"""Share of a find inside a box to be ignored from which it is no false find."""
FACE_LABELS: tuple[Label, ...] = ("with_mask", "incorrect_mask", "without_mask")


@dataclass(frozen=True)
class Scene:
    """A labelled photograph, and what one detector found in it.

    Attributes
    ----------
    path : Path
        The file.
    boxes : sequence of SceneBox
        Labelled.
    finds : Finds
        Of every score that the detector gives out.
    """

    path: Path
    boxes: Sequence[SceneBox]
    finds: Finds


@dataclass(frozen=True)
class DetectionFigures:
    """A detector's figures at one threshold.

    Attributes
    ----------
    recall : dict of str to Estimate
        By label, faces of at least `LEAST_FACE` pixels.
    recall_by_size : dict of (int, int) to Estimate
        By short side in pixels.
    false_finds : int
        Finds that overlap no labelled face by 0.4 and lie on no box to be ignored; a second find of
        a face is one, too.
    scenes : int
        Photographs looked at.
    """

    recall: dict[Label, Estimate]
    recall_by_size: dict[tuple[int, int], Estimate]
    false_finds: int
    scenes: int

    @property
    def false_per_scene(self) -> float:
        """False finds per photograph."""
        return self.false_finds / max(1, self.scenes)


def look(data: Path, split: Split, finders: Mapping[str, Finder]) -> dict[str, list[Scene]]:
    """Run detectors over the photographs of a split.

    Raises
    ------
    DatasetError
        If there are none, or one cannot be read.
    """
    seen: dict[str, list[Scene]] = {name: [] for name in finders}
    for path, boxes in read_scenes(data, (split,)).items():
        rgb = np.asarray(load_picture(data / path), dtype=np.uint8)
        for name, find in finders.items():
            seen[name].append(Scene(data / path, boxes, find(rgb)))
    return seen


def detection_figures(scenes: Sequence[Scene], threshold: float) -> DetectionFigures:
    """Count what is found and what is found wrongly at a threshold of the score."""
    hits: list[tuple[Label, float, bool]] = []
    wrong = 0
    for scene in scenes:
        finds = as_boxes(scene.finds.surer(threshold))
        pairs = _pairs(scene.boxes, finds)
        wrong += sum(
            number not in pairs.values() and not _ignored(find, scene.boxes)
            for number, find in enumerate(finds)
        )
        hits += [
            (box.label, short_side(box.box), place in pairs)
            for place, box in enumerate(scene.boxes)
            if box.label is not None and short_side(box.box) >= LEAST_FACE
        ]
    return DetectionFigures(
        {label: share_of(hit for name, _, hit in hits if name == label) for label in FACE_LABELS},
        {(low, high): share_of(hit for _, side, hit in hits if low <= side < high) for low, high in SIZES},
        wrong,
        len(scenes),
    )


def found_faces(scene: Scene, threshold: float) -> dict[int, int]:
    """Return for each labelled face that was found, large enough to be asked for, which find it is.

    Parameters
    ----------
    scene : Scene
        With a detector's finds.
    threshold : float
        Of the score.

    Returns
    -------
    dict of int to int
        Index in ``scene.boxes`` to that in ``scene.finds``.
    """
    sure = np.flatnonzero(scene.finds.scores >= threshold).tolist()
    pairs = _pairs(scene.boxes, as_boxes(scene.finds.surer(threshold)))
    return {
        place: sure[find] for place, find in pairs.items() if short_side(scene.boxes[place].box) >= LEAST_FACE
    }


def choose_threshold(scenes: Sequence[Scene], candidates: Sequence[float]) -> float:
    """Return the threshold at which precision and recall are best together (F1), on a tuning split."""

    def f1(threshold: float) -> float:
        figures = detection_figures(scenes, threshold)
        found = sum(round(part.value * part.count) for part in figures.recall.values() if part.count)
        asked = sum(part.count for part in figures.recall.values())
        return 2 * found / max(1, asked + found + figures.false_finds)

    return max(candidates, key=f1)


def _pairs(boxes: Sequence[SceneBox], finds: Sequence[Box]) -> dict[int, int]:
    """Pair labelled faces, the ignored ones apart, with finds that overlap them enough."""
    labelled = [place for place, box in enumerate(boxes) if box.label is not None]
    pairs = match([boxes[place] for place in labelled], finds)
    return {labelled[place]: find for place, find in pairs.items()}


def _ignored(find: Box, boxes: Sequence[SceneBox]) -> bool:
    area = (find[2] - find[0]) * (find[3] - find[1])
    return any(
        box.label is None
        and (overlap(find, box.box) >= LEAST_OVERLAP or _shared_area(find, box.box) >= _COVERED * area)
        for box in boxes
    )


def _shared_area(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def short_side(box: Box) -> float:
    """Return the shorter side of a box in pixels."""
    return min(box[2] - box[0], box[3] - box[1])


def as_boxes(boxes: npt.NDArray[np.float64]) -> list[Box]:
    """Return the rows of an array of shape (n, 4) as boxes."""
    return [(x1, y1, x2, y2) for x1, y1, x2, y2 in boxes.tolist()]


def share_of(hits: Iterator[bool]) -> Estimate:
    """Return the share of hits with its interval."""
    return share(np.fromiter(hits, dtype=bool))

"""Pictures with what is known of them, and the files they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from masktrain.dataset.samples import Sample
from masktrain.dataset.scenes import SceneBox
from masktrain.detector.network import LANDMARKS
from masktrain.errors import DatasetError
from masktrain.geometry import Box, FaceGeometry

Rgb = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
MIRRORED = (1, 0, 2, 4, 3)
"""Order of the landmarks in a mirror image."""


@dataclass(frozen=True)
class Composed:
    """A picture with what is known of it.

    Attributes
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        RGB.
    boxes : ndarray of float32, shape (n, 4)
        Faces, x1, y1, x2, y2 in pixels.
    ignored : ndarray of float32, shape (m, 4)
        Where nobody knows.
    points : ndarray of float32, shape (n, 5, 2)
        Landmarks of the faces, x, y in pixels; NaN where they are unknown.
    """

    rgb: Rgb
    boxes: Floats
    ignored: Floats
    points: Floats

    def moved(self, scale: Floats, offset: Floats) -> tuple[Floats, Floats, Floats]:
        """Return boxes, ignored regions and landmarks multiplied by a scale (x, y), then moved."""
        pair_scale, pair_offset = np.tile(scale, 2), np.tile(offset, 2)
        return (
            self.boxes * pair_scale + pair_offset,
            self.ignored * pair_scale + pair_offset,
            self.points * scale + offset,
        )

    def mirrored(self) -> "Composed":
        """Return the mirror image: the viewer's left is right."""
        width = self.rgb.shape[1]
        turned = np.array([width, 0], np.float32) + self.points[:, MIRRORED] * np.array([-1, 1], np.float32)
        boxes, ignored = (
            np.stack([width - of[:, 2], of[:, 1], width - of[:, 0], of[:, 3]], 1)
            for of in (self.boxes, self.ignored)
        )
        return Composed(self.rgb[:, ::-1], boxes, ignored, turned)


@dataclass(frozen=True)
class KnownFace:
    """A face of a file.

    Attributes
    ----------
    box : tuple of float
        x1, y1, x2, y2 in pixels.
    geometry : FaceGeometry or None
        Its landmarks, where they are known.
    bare : bool
        Whether it wears no mask for certain.
    """

    box: Box
    geometry: FaceGeometry | None = None
    bare: bool = False


@dataclass(frozen=True)
class Source:
    """A file whose faces are known: a scene, a crop with its one face, or something without any."""

    path: Path
    faces: Sequence[KnownFace]
    ignored: Sequence[Box] = ()

    def load(self) -> Composed:
        """Read the picture.

        Raises
        ------
        DatasetError
            If it cannot be read.
        """
        bgr = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if bgr is None:
            raise DatasetError(f"{self.path} cannot be read as a picture.")
        unknown = np.full((LANDMARKS, 2), np.nan)
        points = [unknown if face.geometry is None else face.geometry.as_array() for face in self.faces]
        return Composed(
            np.ascontiguousarray(np.asarray(bgr, dtype=np.uint8)[:, :, ::-1]),
            np.array([face.box for face in self.faces], np.float32).reshape(-1, 4),
            np.array(self.ignored, np.float32).reshape(-1, 4),
            np.array(points, np.float32).reshape(-1, LANDMARKS, 2),
        )


def size_of(rgb: Rgb) -> Floats:
    """Return width and height in pixels as an array."""
    return np.array([rgb.shape[1], rgb.shape[0]], dtype=np.float32)


def scene_sources(data: Path, scenes: Mapping[str, Sequence[SceneBox]]) -> list[Source]:
    """Return photographs as sources; faces that only a teacher saw are faces, too."""
    return [
        Source(
            data / path,
            [
                KnownFace(known.box, known.face, known.label == "without_mask")
                for known in boxes
                if known.label or known.seen_by_teacher
            ],
            [known.box for known in boxes if not (known.label or known.seen_by_teacher)],
        )
        for path, boxes in scenes.items()
    ]


def crop_sources(samples: Sequence[Sample]) -> list[Source]:
    """Return the crops that show a face as sources.

    Boxes that begin in the picture's corner are left out: most are whole pictures in which no
    detector found the face, so nobody knows how it is framed.
    """
    return [
        Source(sample.path, [KnownFace(sample.box, sample.face, sample.label == "without_mask")])
        for sample in samples
        if sample.label != "not_face" and max(sample.box[:2]) > 0
    ]


def distractor_sources(samples: Sequence[Sample]) -> list[Source]:
    """Return the crops that show no face as sources: hands, clothes, and what cascades took for one."""
    return [Source(sample.path, []) for sample in samples if sample.label == "not_face"]

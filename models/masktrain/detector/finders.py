"""The detectors that are measured side by side, each as its users run it, on one thread."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from masktrain.dataset.detectors import HaarDetector
from masktrain.detector.card import DetectorCard
from masktrain.detector.graph import OUTPUTS
from masktrain.detector.network import LANDMARKS
from masktrain.errors import ExportError
from masktrain.evaluation.predictions import open_session

Rgb = npt.NDArray[np.uint8]

_YUNET_SIDE = 640
_YUNET_STRIDES = (8, 16, 32)
_YUNET_FLOOR = 0.3
_YUNET_OVERLAP = 0.3
"""What OpenCV's wrapper of YuNet takes."""


class Finds(NamedTuple):
    """What a detector found.

    Attributes
    ----------
    boxes : ndarray of float, shape (n, 4)
        x1, y1, x2, y2 in pixels.
    scores : ndarray of float, shape (n,)
        0 to 1; 1 for detectors that give none.
    landmarks : ndarray of float, shape (n, 5, 2)
        x, y in pixels, in the order of `masktrain.geometry.FaceGeometry`; NaN of detectors that
        give none.
    """

    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    landmarks: npt.NDArray[np.float64]

    @classmethod
    def of_boxes(cls, boxes: Sequence[Sequence[float]]) -> "Finds":
        """Return finds of which nothing but the boxes is known."""
        array = np.array(boxes, dtype=np.float64).reshape(-1, 4)
        return cls(array, np.ones(len(array)), np.full((len(array), LANDMARKS, 2), np.nan))

    def surer(self, threshold: float) -> npt.NDArray[np.float64]:
        """Return the boxes of at least that score."""
        return self.boxes[self.scores >= threshold]


Finder = Callable[[Rgb], Finds]
"""From a picture, uint8 (height, width, 3), RGB, to what is found in it."""


def haar_finder() -> Finder:
    """Return the client's Haar cascades."""
    detector = HaarDetector()

    def find(rgb: Rgb) -> Finds:
        return Finds.of_boxes(detector.detect(Image.fromarray(rgb)))

    return find


def own_finder(model: Path) -> tuple[Finder, DetectorCard]:
    """Return the project's detector, and its card.

    Raises
    ------
    ExportError
        If the file carries no card.
    """
    if not model.is_file():
        raise ExportError(f"There is no detector {model}. Make it with the command export-detector.")
    session = open_session(model)
    card = DetectorCard.from_metadata(session.get_modelmeta().custom_metadata_map)

    def find(rgb: Rgb) -> Finds:
        outputs = session.run(list(OUTPUTS), {"picture": np.ascontiguousarray(rgb)})
        return Finds(*(output.astype(np.float64) for output in outputs))

    return find, card


def yunet_finder(model: Path, side: int = _YUNET_SIDE) -> Finder:
    """Return YuNet (Wu et al., 2023) under ONNX Runtime, for its file of free input size.

    Parameters
    ----------
    model : Path
        ``yunet_n_dynamic.onnx``: BGR, 0..255; for strides 8, 16 and 32 the outputs ``cls``, ``obj``,
        ``bbox`` and ``kps``, decoded as its authors do.
    side : int
        Pixels to which the longest side is scaled, up or down.
    """
    session = open_session(model)
    kinds = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in _YUNET_STRIDES]

    def find(rgb: Rgb) -> Finds:
        scale = side / max(rgb.shape[:2])
        size = [max(1, round(length * scale)) for length in rgb.shape[1::-1]]
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        scaled = rgb if scale == 1 else cv2.resize(rgb, size, interpolation=how)
        rows, columns = (-(-length // 32) * 32 for length in scaled.shape[:2])
        padded = np.zeros((rows, columns, 3), np.float32)
        padded[: scaled.shape[0], : scaled.shape[1]] = scaled[:, :, ::-1]
        outputs = session.run(kinds, {"input": padded.transpose(2, 0, 1)[None]})
        levels = [_yunet_level(outputs[i::3], stride, columns) for i, stride in enumerate(_YUNET_STRIDES)]
        boxes, scores, points = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
        kept = cv2.dnn.NMSBoxes(corners.tolist(), scores.tolist(), _YUNET_FLOOR, _YUNET_OVERLAP)
        chosen = np.array(kept, dtype=np.int64).reshape(-1)
        return Finds(boxes[chosen] / scale, scores[chosen], points[chosen] / scale)

    return find


def _yunet_level(outputs: list[npt.NDArray[np.float32]], stride: int, columns: int) -> Finds:
    """Return the finds of one scale above the floor."""
    face, there, raw, marks = (output[0].astype(np.float64) for output in outputs)
    scores = np.sqrt(np.clip(face[:, 0], 0, 1) * np.clip(there[:, 0], 0, 1))
    places = np.flatnonzero(scores > _YUNET_FLOOR)
    corner = np.stack([places % (columns // stride), places // (columns // stride)], 1)
    middle = (corner + raw[places, :2]) * stride
    half = np.exp(raw[places, 2:]) * stride / 2
    points = (corner[:, None] + marks[places].reshape(-1, LANDMARKS, 2)) * stride
    return Finds(np.concatenate([middle - half, middle + half], 1), scores[places], points)

"""Finds faces in photographs with detectors that OpenCV runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import numpy.typing as npt
import onnx
from PIL import Image

from masktrain.errors import DatasetError
from masktrain.geometry import Box, shared_part

HAAR = "haar"

_WORKING_SIDE = 640
"""Longest side at which the cascades look, in pixels, as in the client: its finds are what is classified."""
_SCALE_STEP = 1.1
_LEAST_FACE = 20
"""Side of the cascades' own window, in pixels of the working copy."""
_SAME_FACE = 0.5
"""Share of the smaller box inside the other one from which the two are one face."""
_YUNET_SCORE = 0.6


class FaceDetector(Protocol):
    """Finds faces."""

    @property
    def name(self) -> str:
        """What the rows of a data set call it."""
        ...

    def detect(self, photograph: Image.Image) -> list[Box]:
        """Return the boxes of the faces, from left to right, inside the photograph.

        Parameters
        ----------
        photograph : PIL.Image.Image
            Mode ``RGB``, upright.
        """
        ...


class Find(NamedTuple):
    """A box that may be a face, and how much speaks for it (comparable within one detector)."""

    box: Box
    weight: float


@dataclass(frozen=True)
class Cascade:
    """One of the cascades that come with OpenCV.

    Attributes
    ----------
    file : str
        Its name.
    windows : int
        Least number of overlapping windows that make a find.
    usual : float
        Number of windows that a find typically has; finds of several cascades are compared by it.
    mirrored : bool
        Whether the photograph is mirrored first: the profile cascade knows one side only.
    """

    file: str
    windows: int
    usual: float
    mirrored: bool = False


_CASCADES = (
    Cascade("haarcascade_frontalface_default.xml", 4, 8.0),
    Cascade("haarcascade_frontalface_alt2.xml", 2, 4.5),
    Cascade("haarcascade_profileface.xml", 3, 7.0),
    Cascade("haarcascade_profileface.xml", 3, 7.0, mirrored=True),
)


class HaarDetector:
    """Viola and Jones, "Rapid Object Detection using a Boosted Cascade of Simple Features", CVPR 2001.

    Several cascades are asked, because a mask hides what the frontal ones look for.

    Raises
    ------
    DatasetError
        If OpenCV, as installed, has no cascades.
    """

    name = HAAR

    def __init__(self) -> None:
        self._cascades = [(cascade, _load_cascade(cascade.file)) for cascade in _CASCADES]

    def detect(self, photograph: Image.Image) -> list[Box]:
        """Return the boxes of the faces: see `FaceDetector`."""
        scale = max(1.0, max(photograph.size) / _WORKING_SIDE)
        size = (max(1, round(photograph.width / scale)), max(1, round(photograph.height / scale)))
        grey = np.asarray(photograph.convert("L").resize(size, Image.Resampling.BOX))
        finds = [
            Find((x1 * scale, y1 * scale, x2 * scale, y2 * scale), weight)
            for cascade, classifier in self._cascades
            for (x1, y1, x2, y2), weight in _run(cascade, classifier, grey)
        ]
        return _in_order(distinct(finds), photograph.size)


class YuNetDetector:
    """Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023; through OpenCV.

    Parameters
    ----------
    model : Path
        YuNet as ONNX with an input of fixed size.
    score : float
        Least score of a face, 0 to 1.

    Raises
    ------
    DatasetError
        If the file is no such model.
    """

    name = "yunet"

    def __init__(self, model: Path, score: float = _YUNET_SCORE) -> None:
        self._side = _input_side(model)
        try:
            self._model = cv2.FaceDetectorYN.create(str(model), "", (self._side, self._side), score)
            self._model.detect(np.zeros((self._side, self._side, 3), dtype=np.uint8))
        except cv2.error as error:
            raise DatasetError(f"{model} is not a YuNet face detector that OpenCV can run.") from error

    def detect(self, photograph: Image.Image) -> list[Box]:
        """Return the boxes of the faces: see `FaceDetector`."""
        scale = max(photograph.size) / self._side
        size = (max(1, round(photograph.width / scale)), max(1, round(photograph.height / scale)))
        letterboxed = Image.new("RGB", (self._side, self._side))
        letterboxed.paste(photograph.resize(size, Image.Resampling.BILINEAR))
        _, found = self._model.detect(cv2.cvtColor(np.asarray(letterboxed), cv2.COLOR_RGB2BGR))
        if found is None:
            return []
        faces = np.asarray(found, dtype=np.float64)[:, :4] * scale
        return _in_order([(x, y, x + w, y + h) for x, y, w, h in faces.tolist()], photograph.size)


def make_detector(name: str) -> FaceDetector:
    """Return the detector that a command's option names: ``haar``, or a file with YuNet.

    Raises
    ------
    DatasetError
        If it is neither, or cannot be used.
    """
    return HaarDetector() if name == HAAR else YuNetDetector(Path(name))


def distinct(finds: list[Find]) -> list[Box]:
    """Keep the weightiest of the finds that are the same face."""
    kept: list[Box] = []
    for find in sorted(finds, key=lambda find: find.weight, reverse=True):
        if all(shared_part(find.box, other) < _SAME_FACE for other in kept):
            kept.append(find.box)
    return kept


def _run(cascade: Cascade, classifier: cv2.CascadeClassifier, grey: npt.NDArray[np.uint8]) -> list[Find]:
    """Return one cascade's finds, in pixels of the grey copy."""
    boxes, counts = classifier.detectMultiScale2(
        np.ascontiguousarray(grey[:, ::-1]) if cascade.mirrored else grey,
        scaleFactor=_SCALE_STEP,
        minNeighbors=cascade.windows - 1,  # OpenCV keeps what has more than this
        minSize=(_LEAST_FACE, _LEAST_FACE),
    )
    finds = []
    for (x, y, width, height), count in zip(
        np.asarray(boxes).tolist(), np.asarray(counts).tolist(), strict=True
    ):
        left = grey.shape[1] - x - width if cascade.mirrored else x
        finds.append(Find((left, y, left + width, y + height), count / cascade.usual))
    return finds


def _in_order(boxes: list[Box], size: tuple[int, int]) -> list[Box]:
    """Clamp boxes to a picture, drop what is left of none, and sort them from left to right."""
    width, height = size
    clamped = [
        (max(0.0, float(x1)), max(0.0, float(y1)), min(float(width), x2), min(float(height), y2))
        for x1, y1, x2, y2 in boxes
    ]
    return sorted(box for box in clamped if box[2] - box[0] >= 1 and box[3] - box[1] >= 1)


def _load_cascade(file: str) -> cv2.CascadeClassifier:
    try:
        path = Path(cv2.data.haarcascades, file)  # type: ignore[attr-defined]  # unknown to its stubs
        classifier = cv2.CascadeClassifier(str(path))
    except AttributeError:  # OpenCV 5 has none
        pass
    else:
        if not classifier.empty():
            return classifier
    raise DatasetError(
        f"OpenCV {cv2.__version__} as installed here has no Haar cascades. "
        'Install them with: pip install "opencv-python-headless>=4.10,<5"'
    )


def _input_side(model: Path) -> int:
    """Return the side of the square picture that a model reads."""
    if not model.is_file():
        raise DatasetError(f"There is no detector {model}. Name {HAAR!r}, or a YuNet file (ONNX).")
    try:
        graph = onnx.load(str(model)).graph
        sides = [dimension.dim_value for dimension in graph.input[0].type.tensor_type.shape.dim]
    except Exception as error:  # protobuf raises many kinds on bytes that are no model
        raise DatasetError(f"{model} is not an ONNX file.") from error
    if len(sides) != 4 or sides[2] != sides[3] or sides[2] < 1:
        raise DatasetError(
            f"{model} does not read square pictures of one fixed size. Take YuNet's file for 640 pixels."
        )
    return int(sides[2])

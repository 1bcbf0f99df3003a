"""YuNet, a small neural face detector that OpenCV runs; its file does not come with this project."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from maskclient.detector import Face, Rgb
from maskclient.errors import DetectorUnavailable
from maskclient.framing import FloatBox, Framing, reframe

WORKING_SIDE = 640
"""Longest side at which faces are looked for, in pixels; every picture is scaled to it, up or down."""
SCORE = 0.6
"""Score from which a find is taken for a face."""
LEAST_SIDE = 64
"""Narrower pictures are padded with black: in one row or column of the network's coarsest cells OpenCV 4.14
finds what was left in memory."""
LARGEST_FILE = 16 * 2**20
"""Bytes; YuNet's files have a third of a million, and no other should fill the memory."""

# Of the 429 faces of the val split that YuNet finds, 411 get the right verdict this way and 400 as found
# (12 gained, 1 lost); of 63 framings up to 1.3 times as wide and 1.2 times as high the best has 416, which
# is no clear difference, but its boxes leave the annotators' further.
FRAMING = Framing(width=1.13)

_HELP = "Fetch YuNet's with: maskclient detector install yunet, or name one with: --detector-model PATH"


class YuNetDetector:
    """Finds faces with YuNet.

    Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research, 2023.

    Parameters
    ----------
    model : Path
        YuNet as ONNX with an input of fixed size; of which size does not matter.
    score_threshold : float
        Score from which a find is taken for a face, 0 to 1.
    framing : Framing
        How the boxes are changed.

    Raises
    ------
    DetectorUnavailable
        If the file is missing, cannot be read, or is no YuNet that OpenCV can run.
    """

    def __init__(self, model: Path, score_threshold: float = SCORE, framing: Framing = FRAMING) -> None:
        self._framing = framing
        content = _read(model)
        try:
            # From memory: OpenCV opens no file whose path has letters that Windows' code page lacks.
            self._network = cv2.FaceDetectorYN.create(
                "onnx", content, np.empty(0, np.uint8), (WORKING_SIDE, WORKING_SIDE), score_threshold
            )
            self._network.detect(np.zeros((WORKING_SIDE, WORKING_SIDE, 3), np.uint8))
        except (cv2.error, AttributeError) as error:  # builds without the module lack the class
            raise DetectorUnavailable(
                f"{model.name!r} is no YuNet face detector that OpenCV {cv2.__version__} can run. {_HELP}"
            ) from error

    def detect(self, rgb: Rgb) -> list[Face]:
        """Return the faces of a picture; see `maskclient.detector.Detector`."""
        height, width = rgb.shape[:2]
        scaled = _scaled(rgb)
        padded = _padded(scaled)
        self._network.setInputSize((padded.shape[1], padded.shape[0]))
        _, found = self._network.detect(cv2.cvtColor(padded, cv2.COLOR_RGB2BGR))
        if found is None:
            return []
        across, down = width / scaled.shape[1], height / scaled.shape[0]
        faces = []
        for x, y, w, h, *_, score in np.asarray(found, np.float64).tolist():
            box: FloatBox = (x * across, y * down, (x + w) * across, (y + h) * down)
            faces.append(Face(reframe(box, self._framing, (width, height)), min(1.0, score)))
        return sorted(faces, key=lambda face: face.box)


def _read(model: Path) -> npt.NDArray[np.uint8]:
    """Return a file's bytes."""
    try:
        with model.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise DetectorUnavailable(f"There is no face detector {str(model)!r}. {_HELP}") from error
    except OSError as error:
        raise DetectorUnavailable(
            f"The face detector {str(model)!r} cannot be read ({error.strerror or error}). {_HELP}"
        ) from error
    if len(content) > LARGEST_FILE:
        raise DetectorUnavailable(f"{model.name!r} is too large to be YuNet. {_HELP}")
    return np.frombuffer(content, np.uint8)


def _scaled(rgb: Rgb) -> Rgb:
    """Return a copy whose longest side is ``WORKING_SIDE``; OpenCV pads it to what the network needs."""
    height, width = rgb.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, size, interpolation=how), dtype=np.uint8)


def _padded(rgb: Rgb) -> Rgb:
    """Return a picture of which no side is shorter than ``LEAST_SIDE``, grown to the right and down."""
    below, beside = (max(0, LEAST_SIDE - side) for side in rgb.shape[:2])
    return np.pad(rgb, ((0, below), (0, beside), (0, 0))) if below or beside else rgb

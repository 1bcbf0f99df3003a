"""The project's own face detector, which knows masked faces; ONNX Runtime runs it."""

import json
import os
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from maskclient.detector import Box, Face, Rgb
from maskclient.errors import DetectorUnavailable

METADATA_KEY = "maskcheck_detector_card"
"""Where the file says of itself from which score a find is a face."""

_BUNDLED = Path("models", "face_detector.onnx")
_INSTALL = 'pip install "onnxruntime>=1.31"'


class Session(Protocol):
    """The part of ``onnxruntime.InferenceSession`` that is used."""

    def run(self, output_names: list[str], inputs: dict[str, Any]) -> list[npt.NDArray[np.float32]]:
        """Run the model: names of outputs, and inputs by name."""
        ...


def bundled_detector() -> Path:
    """Return where the detector that comes with this code lies.

    Beside the package where both were installed together, one level higher in the checkout.
    """
    beside = Path(__file__).resolve().parents[1]
    installed = beside / _BUNDLED
    return installed if installed.is_file() else beside.parent / _BUNDLED


class OwnDetector:
    """Finds faces with the network that comes with the project.

    Scaling, decoding and the suppression of double finds happen inside the model's graph. A find's
    score tells how sure the network is of a face and how well it guesses its box to fit.

    Parameters
    ----------
    session : Session
        Reads ``picture``, uint8 (height, width, 3), RGB, of any size; gives ``boxes``, float32
        (N, 4), x1, y1, x2, y2 in the picture's pixels, and ``scores``, float32 (N,).
    threshold : float
        Score from which a find is taken for a face, 0 to 1.
    """

    def __init__(self, session: Session, threshold: float) -> None:
        self._session = session
        self.threshold = threshold

    def detect(self, rgb: Rgb) -> list[Face]:
        """Return the faces of a picture; see `maskclient.detector.Detector`."""
        boxes, scores = self._session.run(["boxes", "scores"], {"picture": np.ascontiguousarray(rgb)})
        height, width = rgb.shape[:2]
        faces = [
            Face(_whole_pixels(box, width, height), float(score))
            for box, score in zip(boxes.tolist(), scores.tolist(), strict=True)
            if score >= self.threshold
        ]
        return sorted(faces, key=lambda face: face.box)


def load_own_detector(path: Path | None = None, threads: int = 1) -> OwnDetector:
    """Load the detector.

    Parameters
    ----------
    path : Path, optional
        The ONNX file; the one that comes with the project by default.
    threads : int
        That one picture may use; the rest of the computer is for others.

    Raises
    ------
    DetectorUnavailable
        If ONNX Runtime or the file is missing, or the file is no such detector.
    """
    file = bundled_detector() if path is None else path
    if not file.is_file():
        raise DetectorUnavailable(
            f"The face detector {file.name!r} is not where it should be. Install the client from its "
            "checkout, or take another: --detector haar"
        )
    # Otherwise its wheels (1.31) keep a device id and usage events in the home folder, and send these off.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime  # only who uses this detector needs it
    except ImportError as error:
        raise DetectorUnavailable(
            f"This detector needs ONNX Runtime. Install it with: {_INSTALL}, or take another: --detector haar"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        card = json.loads(session.get_modelmeta().custom_metadata_map[METADATA_KEY])
        return OwnDetector(session, float(card["threshold"]))
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise DetectorUnavailable(f"{file.name!r} is not a face detector of this project.") from error


def _whole_pixels(box: list[float], width: int, height: int) -> Box:
    """Round a box to pixels inside the picture, leaving at least one."""
    x1, y1 = min(max(0, round(box[0])), width - 1), min(max(0, round(box[1])), height - 1)
    return Box(x1, y1, max(x1 + 1, min(width, round(box[2]))), max(y1 + 1, min(height, round(box[3]))))

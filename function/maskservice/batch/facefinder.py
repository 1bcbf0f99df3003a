"""Finds the faces of a photo with the project's own detector, on ONNX Runtime alone."""

from typing import Annotated, Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from pydantic import BaseModel, Field, ValidationError

from maskservice.batch.framing import Face, whole_pixels
from maskservice.errors import ModelUnavailable
from maskservice.modelstore import ModelFile

METADATA_KEY = "maskcheck_detector_card"
"""Where the file says of itself how it is read."""


class DetectorCard(BaseModel):
    """What the detector's file says of itself, as far as it matters here.

    Attributes
    ----------
    name, version : str
        Which detector this is.
    longest_side : int
        To which a larger picture is scaled down inside the graph, in pixels.
    threshold : float
        Score from which a find is taken for a face, 0 to 1.
    """

    name: str
    version: str
    longest_side: Annotated[int, Field(gt=0)]
    threshold: Annotated[float, Field(ge=0.0, le=1.0)]


class Session(Protocol):
    """What is needed of an ``onnxruntime.InferenceSession``."""

    def run(self, output_names: list[str], inputs: dict[str, Any]) -> list[npt.NDArray[np.float32]]:
        """Return outputs by name, for inputs by name."""
        ...


class FaceFinder:
    """A loaded detector.

    Parameters
    ----------
    session : Session
        Reads ``picture``, uint8 (height, width, 3), RGB, of any size; gives ``boxes``, float32
        (N, 4), x1, y1, x2, y2 in the picture's pixels, and ``scores``, float32 (N,).
    card : DetectorCard
        How the finds are read.
    sha256 : str
        Of the detector's file, in hexadecimal.
    """

    def __init__(self, session: Session, card: DetectorCard, sha256: str) -> None:
        self._session = session
        self.card = card
        self.sha256 = sha256

    def find(self, rgb: npt.NDArray[np.uint8]) -> list[Face]:
        """Return the faces of a picture, from left to right.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (height, width, 3)
            RGB, 0..255, upright, at least one pixel.
        """
        boxes, scores = self._session.run(["boxes", "scores"], {"picture": np.ascontiguousarray(rgb)})
        size = rgb.shape[1], rgb.shape[0]
        faces = [
            Face(whole_pixels((box[0], box[1], box[2], box[3]), size), float(score))
            for box, score in zip(boxes.tolist(), scores.tolist(), strict=True)
            if score >= self.card.threshold
        ]
        return sorted(faces)


def load_face_finder(model: ModelFile) -> FaceFinder:
    """Load the detector into ONNX Runtime, and try it once.

    Parameters
    ----------
    model : ModelFile
        The detector, with its card inside.

    Raises
    ------
    ModelUnavailable
        If ONNX Runtime cannot load or run it, or if it is no detector of this project.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # as for the classifier: photos are worked at side by side
    options.inter_op_num_threads = 1
    try:
        session = ort.InferenceSession(model.data, options, providers=["CPUExecutionProvider"])
        card = DetectorCard.model_validate_json(session.get_modelmeta().custom_metadata_map[METADATA_KEY])
        finder = FaceFinder(session, card, model.sha256)
        finder.find(np.zeros((card.longest_side, card.longest_side, 3), dtype=np.uint8))
    except (KeyError, ValidationError) as error:
        raise ModelUnavailable(f"{model.name!r} is not a face detector of this project.") from error
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise ModelUnavailable(f"{model.name!r} is not a detector that ONNX Runtime can run.") from error
    return finder

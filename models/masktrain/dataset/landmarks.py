"""Finds the five landmarks of training faces, so that masks can be drawn on and moved between them.

A teacher, YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023), is asked
once; its weights are not part of this project. Without it, training draws no masks.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.console import Console
from rich.progress import track

from masktrain.dataset.samples import Sample, read_samples
from masktrain.errors import DatasetError
from masktrain.geometry import FaceGeometry, Points, overlap

# Training crops are at most 224 pixels large. At this side YuNet takes half the time it takes at
# the 320 of its file and finds as many: 0.987 of 150 training faces against 0.973.
_SIDE = 224
# Masked faces score lower than bare ones: at 0.7 the detector loses 6 of 100 of them, at 0.5 less
# than 4; below that hardly any more are found (1,200 training faces).
_SCORE = 0.5
_LEAST_OVERLAP = 0.4


def find_landmarks(data: Path, model: Path, out: Path) -> Points:
    """Find the landmarks of every face of train and write them to a file.

    On a masked face the nose and the mouth are the detector's guesses.

    Parameters
    ----------
    data : Path
        Folder with ``faces.csv``.
    model : Path
        YuNet as ONNX with a fixed input.
    out : Path
        JSON: path in the data folder to five ``[x, y]`` in pixels, in the order of
        `FaceGeometry`. Faces on which detector and box disagree are left out, and so are
        landmarks that are not `FaceGeometry.plausible`. Replaced in one step.

    Returns
    -------
    ndarray of float, shape (5, 2)
        Median place of each landmark on bare faces as a share of the detected box, for
        `FaceGeometry.from_box`.

    Raises
    ------
    DatasetError
        If the landmarks of no bare face are found.
    """
    detector = cv2.FaceDetectorYN.create(str(model), "", (_SIDE, _SIDE), _SCORE)
    faces = [sample for sample in read_samples(data, ("train",)) if sample.label != "not_face"]
    found: dict[str, list[list[float]]] = {}
    shares = []
    console = Console(stderr=True)
    for sample, face in _faces(detector, track(faces, description="Landmarks", console=console)):
        points = face[4:14].reshape(5, 2)
        if not FaceGeometry.from_landmarks(points.tolist()).plausible:
            continue
        if sample.label == "without_mask":
            shares.append((points - face[:2]) / face[2:4])
        found[sample.path.relative_to(data).as_posix()] = [[round(float(c), 1) for c in p] for p in points]
    if not shares:
        raise DatasetError(f"No bare face of train in {data} has landmarks: look at the boxes of its table.")
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.tmp")
    temporary.write_text(json.dumps(found))
    temporary.replace(out)
    return np.median(np.array(shares), axis=0)


def _faces(
    detector: cv2.FaceDetectorYN, samples: Iterable[Sample]
) -> Iterable[tuple[Sample, npt.NDArray[np.float64]]]:
    """Yield each sample with the detection that matches its box best, in the picture's pixels."""
    for sample in samples:
        picture = sample.load()
        scale = _SIDE / max(picture.size)
        small = picture.resize([max(1, round(side * scale)) for side in picture.size])
        letterboxed = Image.new("RGB", (_SIDE, _SIDE))
        letterboxed.paste(small)
        _, detections = detector.detect(cv2.cvtColor(np.asarray(letterboxed), cv2.COLOR_RGB2BGR))
        if detections is None:
            continue
        faces = np.asarray(detections, dtype=np.float64)[:, :14] / scale
        overlaps = [overlap((x, y, x + w, y + h), sample.box) for x, y, w, h in faces[:, :4]]
        if max(overlaps) >= _LEAST_OVERLAP:
            yield sample, faces[int(np.argmax(overlaps))]

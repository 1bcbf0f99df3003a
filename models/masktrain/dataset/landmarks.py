"""Finds the five landmarks of training faces: masks are drawn by them, and the detector learns them.

A teacher, YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023), is asked
once; its weights are not part of this project. Without it, training draws no masks.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.console import Console
from rich.progress import track

from masktrain.dataset.samples import Sample, load_picture, read_samples
from masktrain.dataset.scenes import SCENES, read_scenes
from masktrain.errors import DatasetError
from masktrain.geometry import Box, FaceGeometry, Points, overlap

Detection = npt.NDArray[np.float64]
_Work = TypeVar("_Work")

# Training crops are at most 224 pixels large. At this side YuNet takes half the time it takes at
# the 320 of its file and finds as many: 0.987 of 150 training faces against 0.973.
_SIDE = 224
_SCENE_SIDE = 640
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
        Folder with ``faces.csv`` and, where there are whole photographs, ``scenes.csv``.
    model : Path
        YuNet as ONNX with a fixed input.
    out : Path
        JSON: a crop's path in the data folder to five ``[x, y]`` in pixels, in the order of
        `FaceGeometry`; a photograph's to a list of such, or null, for each of its boxes. Faces on
        which detector and box disagree are left out, and so are landmarks that are not
        `FaceGeometry.plausible`. Replaced in one step.

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
    faces = [sample for sample in read_samples(data, ("train",)) if sample.label != "not_face"]
    found: dict[str, object] = {}
    shares = []
    for sample, face in _faces(_open(model, _SIDE), _tracked(faces, "Landmarks")):
        if sample.label == "without_mask":
            shares.append((_points(face) - face[:2]) / face[2:4])
        found[sample.path.relative_to(data).as_posix()] = _rounded(face)
    if not shares:
        raise DatasetError(f"No bare face of train in {data} has landmarks: look at the boxes of its table.")
    if (data / SCENES).is_file():
        found |= _in_scenes(data, _open(model, _SCENE_SIDE))
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.tmp")
    temporary.write_text(json.dumps(found))
    temporary.replace(out)
    return np.median(np.array(shares), axis=0)


def _in_scenes(data: Path, teacher: cv2.FaceDetectorYN) -> dict[str, object]:
    """Return for each photograph of train the landmarks, or None, of each of its boxes."""
    scenes = read_scenes(data, ("train",))
    found: dict[str, object] = {}
    for path in _tracked(list(scenes), "Scenes"):
        faces = _detect(teacher, load_picture(data / path))
        matched = [_match(faces, box.box) for box in scenes[path]]
        found[path] = [None if face is None else _rounded(face) for face in matched]
    return found


def _faces(teacher: cv2.FaceDetectorYN, samples: Iterable[Sample]) -> Iterable[tuple[Sample, Detection]]:
    """Yield each sample with the detection that matches its box best, in the picture's pixels."""
    for sample in samples:
        face = _match(_detect(teacher, sample.load()), sample.box)
        if face is not None:
            yield sample, face


def _open(model: Path, side: int) -> cv2.FaceDetectorYN:
    return cv2.FaceDetectorYN.create(str(model), "", (side, side), _SCORE)


def _detect(teacher: cv2.FaceDetectorYN, picture: Image.Image) -> Detection:
    """Return x, y, width, height and five landmarks of each face, shape (n, 14), in pixels."""
    side, _ = teacher.getInputSize()
    scale = side / max(picture.size)
    small = picture.resize([max(1, round(length * scale)) for length in picture.size])
    letterboxed = Image.new("RGB", (side, side))
    letterboxed.paste(small)
    _, detections = teacher.detect(cv2.cvtColor(np.asarray(letterboxed), cv2.COLOR_RGB2BGR))
    if detections is None:
        return np.zeros((0, 14))
    return np.asarray(detections, dtype=np.float64)[:, :14] / scale


def _match(faces: Detection, box: Box) -> Detection | None:
    """Return the face whose box overlaps best, if it does enough and its landmarks are plausible."""
    overlaps = [overlap((x, y, x + w, y + h), box) for x, y, w, h in faces[:, :4].tolist()]
    if not overlaps or max(overlaps) < _LEAST_OVERLAP:
        return None
    face = faces[int(np.argmax(overlaps))]
    return face if FaceGeometry.from_landmarks(_points(face).tolist()).plausible else None


def _points(face: Detection) -> Points:
    return face[4:].reshape(5, 2)


def _rounded(face: Detection) -> list[list[float]]:
    return [[round(c, 1) for c in point] for point in _points(face).tolist()]


def _tracked(work: list[_Work], description: str) -> Iterable[_Work]:
    return track(work, description=description, console=Console(stderr=True))

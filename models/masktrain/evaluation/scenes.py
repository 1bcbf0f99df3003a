"""Faces as the client finds, cuts and sends them from whole photographs, and what the model makes of them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from maskservice.decoding import decode
from maskservice.modelcard import LABELS, Label, ModelCard
from masktrain.dataset.samples import Sample, Split
from masktrain.dataset.scenes import SceneBox, read_scenes
from masktrain.evaluation.calibrate import NOT_FACE
from masktrain.evaluation.figures import FACE_SIZES, face_sizes
from masktrain.evaluation.framings import (
    FramingFigure,
    accuracy_of,
    framing_conditions,
    framing_figure,
    strict_accuracy_of,
)
from masktrain.evaluation.intervals import Estimate, share
from masktrain.evaluation.predictions import Condition, predict
from masktrain.framing import cut_crop
from masktrain.geometry import Box, overlap

LEAST_OVERLAP = 0.4
"""Intersection over union from which a found box is a labelled face: Haar's boxes are wider."""

# As the client sends crops; a test holds these to `maskclient.crop`.
_JPEG_QUALITY = 90
_OVERSAMPLING = 2


@dataclass(frozen=True)
class ClientFigures:
    """What comes out at the door: the client's detector, its crops, the model.

    Attributes
    ----------
    scenes : int
        Photographs looked at.
    found : dict of str to Estimate
        By label, the share of labelled faces that the detector finds.
    figure : FramingFigure
        On the faces that were found; its loss is against the labelled box with the card's margin.
    strict_by_size : dict of int to Estimate
        Strict accuracy on found faces of at least so many pixels in the photograph.
    false_finds : Estimate
        Of the finds that overlap no box at all, the share called not_face.
    """

    scenes: int
    found: dict[str, Estimate]
    figure: FramingFigure
    strict_by_size: dict[int, Estimate]
    false_finds: Estimate


def client_figures(
    data: Path, split: Split, client_boxes: dict[str, list[Box]], model: Path, card: ModelCard
) -> ClientFigures | None:
    """Measure the model on the faces that the client found.

    Parameters
    ----------
    data : Path
        Folder with ``scenes.csv``.
    split : str
        Which photographs.
    client_boxes : dict of str to list of tuple of float
        As `masktrain.evaluation.client_boxes.read_client_boxes` returns them; other photographs
        are left out.
    model : Path
        The ONNX file.
    card : ModelCard
        Its card.

    Returns
    -------
    ClientFigures or None
        None where no labelled face was found.
    """
    faces = _SceneFaces([], [], [], [])
    scenes = {path: boxes for path, boxes in read_scenes(data, (split,)).items() if path in client_boxes}
    for path, boxes in scenes.items():
        faces.add(data / path, split, boxes, client_boxes[path])
    return _figures(len(scenes), faces, model, card) if faces.labelled else None


def match(boxes: Sequence[SceneBox], finds: Sequence[Box]) -> dict[int, int]:
    """Pair boxes with finds, the closest first, each at most once.

    Returns
    -------
    dict of int to int
        Index of the box to that of the find; pairs overlap by `LEAST_OVERLAP` or more.
    """
    overlaps = np.array([[overlap(box.box, find) for find in finds] for box in boxes])
    pairs: dict[int, int] = {}
    while overlaps.size and overlaps.max() >= LEAST_OVERLAP:
        place, find = (int(index) for index in np.unravel_index(overlaps.argmax(), overlaps.shape))
        pairs[place] = find
        overlaps[place, :] = 0.0
        overlaps[:, find] = 0.0
    return pairs


def as_sent(crop: Image.Image, card: ModelCard) -> Image.Image:
    """Make of a crop what arrives at the function: scaled down to twice the input, and a JPEG."""
    limit = _OVERSAMPLING * max(card.input_size)
    crop = crop.copy()
    crop.thumbnail((limit, limit), Image.Resampling.BILINEAR)
    jpeg = io.BytesIO()
    crop.save(jpeg, "JPEG", quality=_JPEG_QUALITY)
    return decode(jpeg.getvalue())


@dataclass(frozen=True)
class _SceneFaces:
    """Faces that were found, with the labelled box and with the client's; faces missed; false finds."""

    labelled: list[Sample]
    sent: list[Sample]
    missed: list[Sample]
    false_finds: list[Sample]

    def add(self, path: Path, split: Split, boxes: Sequence[SceneBox], finds: Sequence[Box]) -> None:
        """Sort the boxes and finds of one photograph."""
        pairs = match(boxes, finds)
        for place, box in enumerate(boxes):
            if box.label is None:
                continue
            face = Sample(path, box.label, "", split, box.box)
            if place in pairs:
                self.labelled.append(face)
                self.sent.append(replace(face, box=finds[pairs[place]]))
            else:
                self.missed.append(face)
        for find in finds:
            if not any(overlap(find, box.box) > 0.0 for box in boxes):
                self.false_finds.append(Sample(path, "not_face", "", split, find))


def _figures(scenes: int, faces: _SceneFaces, model: Path, card: ModelCard) -> ClientFigures:
    def as_client(picture: Image.Image, sample: Sample, _rng: np.random.Generator) -> Image.Image:
        return as_sent(cut_crop(picture, sample.box, card.crop_margin), card)

    client = Condition("client", 0, as_client)
    margin = framing_conditions(card)[0]
    at_client = predict(model, card, faces.sent, [client], seed=0)
    at_margin = predict(model, card, faces.labelled, [margin], seed=0)
    labels, choice = at_client.labels, at_client.choice(0)
    base = accuracy_of(labels, [at_margin.choice(0)]).value
    sizes = face_sizes(faces.labelled)
    rejected = np.array([], dtype=bool)
    if faces.false_finds:
        rejected = predict(model, card, faces.false_finds, [client], seed=0).choice(0) == NOT_FACE
    return ClientFigures(
        scenes=scenes,
        found={label: _share_found(label, faces) for label in LABELS if label != "not_face"},
        figure=framing_figure("client", labels, [choice], base),
        strict_by_size={
            px: strict_accuracy_of(labels[sizes >= px], [choice[sizes >= px]]) for px in FACE_SIZES
        },
        false_finds=share(rejected),
    )


def _share_found(label: Label, faces: _SceneFaces) -> Estimate:
    hits = [face.label == label for face in faces.labelled].count(True)
    misses = [face.label == label for face in faces.missed].count(True)
    return share(np.array([True] * hits + [False] * misses, dtype=bool))

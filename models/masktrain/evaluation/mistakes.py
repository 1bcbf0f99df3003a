"""The crops a model is most wrong about: what to look at first, in the labels as in the model."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from maskservice.modelcard import LABELS, ModelCard
from masktrain.dataset.samples import Sample
from masktrain.evaluation.calibrate import probabilities
from masktrain.evaluation.figures import face_sizes
from masktrain.evaluation.splits import SplitOutputs
from masktrain.framing import cut_crop

MOST = 60
_SIDE = 144
_JPEG_QUALITY = 85


@dataclass(frozen=True)
class Mistake:
    """One crop called what it is not.

    Attributes
    ----------
    path : str
        Relative to the data folder.
    source : str
        Which collection.
    truth, choice : str
        Its label, and the model's.
    confidence : float
        Calibrated probability of the model's label, 0 to 1.
    face_px : int
        Short side of the face, in pixels.
    jpeg : bytes
        The crop, at most 144 pixels wide and high.
    """

    path: str
    source: str
    truth: str
    choice: str
    confidence: float
    face_px: int
    jpeg: bytes


def worst_mistakes(data: Path, outputs: SplitOutputs, card: ModelCard, most: int = MOST) -> list[Mistake]:
    """Return the wrong answers, the most confident first."""
    probs = probabilities(outputs.logits, card.temperature)
    choice, confidence = probs.argmax(axis=1), probs.max(axis=1)
    wrong = np.flatnonzero(choice != outputs.labels)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:most].tolist()
    sizes = face_sizes(outputs.samples)
    return [
        Mistake(
            path=outputs.samples[i].path.relative_to(data).as_posix(),
            source=outputs.samples[i].source,
            truth=outputs.samples[i].label,
            choice=LABELS[choice[i]],
            confidence=float(confidence[i]),
            face_px=int(sizes[i]),
            jpeg=_thumbnail(outputs.samples[i], card.crop_margin),
        )
        for i in worst
    ]


def _thumbnail(sample: Sample, margin: float) -> bytes:
    crop = cut_crop(sample.load(), sample.box, margin)
    scale = _SIDE / max(crop.size)
    size = (max(1, round(crop.width * scale)), max(1, round(crop.height * scale)))
    buffer = io.BytesIO()
    crop.resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()

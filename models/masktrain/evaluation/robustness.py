"""How accuracy falls as pictures get worse: blur, noise, compression, darkness, distance."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PIL import Image, ImageFilter

from maskservice.modelcard import ModelCard
from maskservice.quality import face_short_side
from masktrain.dataset.samples import Sample
from masktrain.evaluation.calibrate import NOT_FACE
from masktrain.evaluation.framings import accuracy_of, strict_accuracy_of
from masktrain.evaluation.intervals import Estimate, share
from masktrain.evaluation.predictions import Condition, Predictions
from masktrain.framing import cut_crop

_READ_NOISE = 2.0  # grey levels that a sensor adds however dark it is
_SHOT_NOISE = 0.3  # variance per grey level of signal, as photon counts have it

Worsen = Callable[[Image.Image, float, np.random.Generator], Image.Image]


@dataclass(frozen=True)
class Kind:
    """One way in which pictures get worse.

    Attributes
    ----------
    name : str
        Its key.
    title : str
        What is said of the strength, with its unit.
    strengths : tuple of float
        From mild to harsh.
    worsen : callable
        From a crop, a strength and a generator to a worse crop.
    """

    name: str
    title: str
    strengths: tuple[float, ...]
    worsen: Worsen


@dataclass(frozen=True)
class RobustnessPoint:
    """How well the model does at one strength.

    Attributes
    ----------
    strength : float
        In the unit that the `Kind` names.
    accuracy, strict_accuracy : Estimate
        As in `masktrain.evaluation.framings.FramingFigure`; nothing is refused.
    refused : float
        Share of the faces that the service would refuse as too small, dark or blurred, 0 to 1;
        NaN where there is none.
    """

    strength: float
    accuracy: Estimate
    strict_accuracy: Estimate
    refused: float


def blur(crop: Image.Image, strength: float, _rng: np.random.Generator) -> Image.Image:
    """Blur with a Gaussian whose sigma is so many per cent of the crop's longer side."""
    return crop.filter(ImageFilter.GaussianBlur(strength / 100 * max(crop.size)))


def add_noise(crop: Image.Image, strength: float, rng: np.random.Generator) -> Image.Image:
    """Add Gaussian noise whose sigma is so many of 255 grey levels, pixel by pixel as sent."""
    pixels = np.asarray(crop, dtype=np.float32)
    return _as_picture(pixels + np.float32(strength) * rng.standard_normal(pixels.shape, dtype=np.float32))


def compress(crop: Image.Image, strength: float, _rng: np.random.Generator) -> Image.Image:
    """Encode as JPEG of that quality, and decode."""
    buffer = io.BytesIO()
    crop.save(buffer, "JPEG", quality=round(strength))
    with Image.open(buffer) as reread:
        return reread.convert("RGB")


def darken(crop: Image.Image, strength: float, rng: np.random.Generator) -> Image.Image:
    """Leave that share of the brightness, and add the noise a sensor has in the dark."""
    dark = np.asarray(crop, dtype=np.float32) * np.float32(strength)
    spread = np.sqrt(_SHOT_NOISE * dark + np.float32(_READ_NOISE**2))
    return _as_picture(dark + spread * rng.standard_normal(dark.shape, dtype=np.float32))


KINDS = (
    Kind("blur", "blur: sigma, % of the crop's longer side", (0.5, 1.0, 2.0, 3.0, 5.0), blur),
    Kind("noise", "noise: sigma, grey levels of 255", (5, 10, 20, 30, 45), add_noise),
    Kind("jpeg", "JPEG quality", (80, 50, 30, 20, 10), compress),
    Kind("darkness", "darkness: share of the light left", (0.5, 0.3, 0.2, 0.1, 0.05), darken),
)
SIZE = "size"
SIZE_TITLE = "face's short side, px"
SIZES = (96, 64, 48, 32, 24)

TITLES = {kind.name: kind.title for kind in KINDS} | {SIZE: SIZE_TITLE}
"""What is said of each kind's strength, with its unit, by the kind's name."""


def robustness_conditions(card: ModelCard) -> list[Condition]:
    """Return every kind at every strength, each applied to a crop cut with the card's margin."""

    def condition(kind: Kind, strength: float) -> Condition:
        def make(picture: Image.Image, sample: Sample, rng: np.random.Generator) -> Image.Image:
            return kind.worsen(cut_crop(picture, sample.box, card.crop_margin), strength, rng)

        return Condition(kind.name, strength, make)

    def shrink(crop: Image.Image, strength: float, _rng: np.random.Generator) -> Image.Image:
        factor = strength / face_short_side(crop.size, card.crop_margin)
        if factor >= 1.0:
            return crop
        width, height = (ceil(side * factor) for side in crop.size)
        return crop.resize((width, height), Image.Resampling.BILINEAR)

    kinds = (*KINDS, Kind(SIZE, SIZE_TITLE, SIZES, shrink))
    return [condition(kind, strength) for kind in kinds for strength in kind.strengths]


def robustness_curves(
    predictions: Predictions, conditions: Sequence[Condition]
) -> dict[str, list[RobustnessPoint]]:
    """Compute the curves from predictions under (at least) the `robustness_conditions`.

    Returns
    -------
    dict of str to list of RobustnessPoint
        By the kind's name, from mild to harsh.
    """
    curves: dict[str, list[RobustnessPoint]] = {name: [] for name in TITLES}
    faces = predictions.labels != NOT_FACE
    for place, condition in enumerate(conditions):
        if condition.name not in curves:
            continue
        choices = [predictions.choice(place)]
        curves[condition.name].append(
            RobustnessPoint(
                strength=condition.strength,
                accuracy=accuracy_of(predictions.labels, choices),
                strict_accuracy=strict_accuracy_of(predictions.labels, choices),
                refused=share(predictions.refused[place][faces]).value,
            )
        )
    return curves


def _as_picture(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))

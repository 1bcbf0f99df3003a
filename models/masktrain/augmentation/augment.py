"""What cameras, light and networks do to a crop, done at random while training."""

import io
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from maskservice.modelcard import Label
from masktrain.augmentation.draw import PLACEMENT_LABELS, Placement, draw_mask, random_style
from masktrain.dataset.samples import Sample
from masktrain.framing import FramingJitter

_DRAWN: tuple[Placement, ...] = ("well", "under_nose", "on_chin")
_DRAWN_ODDS = (0.5, 0.3, 0.2)
# Masks are drawn for faces that look at the camera; from the side a flat drawing looks wrong.
_LARGEST_TURN = 0.3


@dataclass(frozen=True)
class Augmentation:
    """The recipe: each ``*_odds`` is the share of crops the change is applied to, 0 to 1."""

    framing: FramingJitter = field(default_factory=FramingJitter)
    drawn_mask_odds: float = 0.2
    small_face_odds: float = 0.3
    blur_odds: float = 0.12
    light_odds: float = 0.6
    cast_odds: float = 0.3
    grey_odds: float = 0.06
    noise_odds: float = 0.2
    jpeg_odds: float = 0.4
    occlusion_odds: float = 0.08

    def apply(
        self, picture: Image.Image, sample: Sample, rng: np.random.Generator
    ) -> tuple[Image.Image, Label]:
        """Make one training crop.

        Parameters
        ----------
        picture : PIL.Image.Image
            The sample's picture, mode ``RGB``.
        sample : Sample
            Its box, label and landmarks.
        rng : numpy.random.Generator
            Decides everything.

        Returns
        -------
        PIL.Image.Image
            The crop, mode ``RGB``, any size.
        str
            Its label: another than the sample's where a mask was drawn on a bare face.
        """
        label = sample.label
        face = sample.face if _can_wear_a_mask(sample) else None
        if face is not None and rng.random() < self.drawn_mask_odds:
            placement = _DRAWN[rng.choice(len(_DRAWN), p=_DRAWN_ODDS)]
            picture = draw_mask(picture, face, random_style(rng, placement), rng)
            label = PLACEMENT_LABELS[placement]
        crop = self.framing.cut(picture, sample.box, rng)
        if rng.random() < 0.5:
            crop = ImageOps.mirror(crop)
        return self._degrade(crop, rng), label

    def _degrade(self, crop: Image.Image, rng: np.random.Generator) -> Image.Image:
        """Apply what happens between the face and the function, in the order it happens."""
        if rng.random() < self.occlusion_odds:
            crop = _occlude(crop, rng)
        if rng.random() < self.light_odds:
            crop = _relight(crop, rng)
        if rng.random() < self.cast_odds:
            crop = _cast(crop, rng)
        if rng.random() < self.grey_odds:
            crop = crop.convert("L").convert("RGB")
        if rng.random() < self.small_face_odds:
            crop = _shrink(crop, rng)
        if rng.random() < self.blur_odds:
            crop = crop.filter(ImageFilter.GaussianBlur(rng.uniform(0.003, 0.018) * max(crop.size)))
        if rng.random() < self.noise_odds:
            crop = _noise(crop, rng)
        if rng.random() < self.jpeg_odds:
            crop = _compress(crop, rng)
        return crop


def _can_wear_a_mask(sample: Sample) -> bool:
    return (
        sample.label == "without_mask" and sample.face is not None and abs(sample.face.turn) < _LARGEST_TURN
    )


def _occlude(crop: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cover a small rectangle near the edge, where it hides no part the label depends on."""
    result = crop.copy()
    width, height = (max(1, round(side * rng.uniform(0.1, 0.25))) for side in crop.size)
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    x = 0 if rng.random() < 0.5 else crop.width - width
    y = int(rng.integers(0, max(1, crop.height - height)))
    result.paste((red, green, blue), (x, y, x + width, y + height))
    return result


def _relight(crop: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Vary exposure, gamma and contrast, now and then down to a dark room."""
    gamma = float(np.exp(rng.normal(0.0, 0.3)))
    gain = float(rng.uniform(0.2, 0.6)) if rng.random() < 0.15 else float(rng.uniform(0.7, 1.25))
    contrast = float(rng.uniform(0.7, 1.25))
    values = np.linspace(0.0, 1.0, 256) ** gamma
    values = ((values - 0.5) * contrast + 0.5) * gain
    table = np.clip(np.rint(values * 255), 0, 255).astype(int).tolist()
    return crop.point(table * 3)


def _cast(crop: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Colour the light, and vary saturation."""
    gains = np.exp(rng.normal(0.0, 0.1, 3))
    levels = np.arange(256)
    table = np.concatenate([np.clip(levels * gain, 0, 255) for gain in gains]).astype(int).tolist()
    return Image.blend(crop.convert("L").convert("RGB"), crop.point(table), float(rng.uniform(0.5, 1.0)))


def _shrink(crop: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Reduce to the size of a distant face."""
    short = float(np.exp(rng.uniform(np.log(26), np.log(72))))
    factor = short / min(crop.size)
    if factor >= 1.0:
        return crop
    width, height = (max(8, round(side * factor)) for side in crop.size)
    return crop.resize((width, height), Image.Resampling.BILINEAR)


def _noise(crop: Image.Image, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(crop, dtype=np.float32)
    grain = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(rng.uniform(2.0, 14.0))
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def _compress(crop: Image.Image, rng: np.random.Generator) -> Image.Image:
    buffer = io.BytesIO()
    crop.save(buffer, "JPEG", quality=int(rng.integers(30, 96)))
    with Image.open(buffer) as reread:
        return reread.convert("RGB")

"""Which part of a picture around a face box becomes the crop."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from masktrain.geometry import Box

CROP_MARGIN = 0.15
"""Share of the box added on each side; the card tells it to every client."""


@dataclass(frozen=True)
class FramingJitter:
    """How far a crop may stray from the box and margin while training.

    Detectors and annotators frame the same face differently: Haar's boxes are 1.24 to 1.28 times
    as wide and 0.93 to 1.00 times as high as YuNet's, each with a spread from 0.8 to 1.4.

    Attributes
    ----------
    scale : tuple of float
        Least and greatest factor for the box as a whole, drawn log-uniformly.
    aspect : float
        Greatest factor by which width and height are stretched against each other, both ways.
    shift : float
        Greatest displacement, as a share of the box's width and height.
    rotation : float
        Greatest rotation in degrees, both ways.
    rotation_odds : float
        Share of crops that are rotated at all, 0 to 1.
    """

    scale: tuple[float, float] = (0.82, 1.4)
    aspect: float = 1.22
    shift: float = 0.10
    rotation: float = 15.0
    rotation_odds: float = 0.35

    def cut(self, picture: Image.Image, box: Box, rng: np.random.Generator) -> Image.Image:
        """Cut a crop around a jittered box, margin included."""
        x1, y1, x2, y2 = box
        width, height = x2 - x1, y2 - y1
        factor = np.exp(rng.uniform(*np.log(self.scale)))
        stretch = np.exp(rng.uniform(-1.0, 1.0) * np.log(self.aspect) / 2)
        centre_x = (x1 + x2) / 2 + rng.uniform(-self.shift, self.shift) * width
        centre_y = (y1 + y2) / 2 + rng.uniform(-self.shift, self.shift) * height
        half_width, half_height = width * factor * stretch / 2, height * factor / stretch / 2
        if rng.random() < self.rotation_odds:
            angle = float(rng.uniform(-self.rotation, self.rotation))
            picture = picture.rotate(angle, Image.Resampling.BILINEAR, center=(centre_x, centre_y))
        jittered = (
            centre_x - half_width,
            centre_y - half_height,
            centre_x + half_width,
            centre_y + half_height,
        )
        return cut_crop(picture, jittered, CROP_MARGIN)


def cut_crop(picture: Image.Image, box: Box, margin: float) -> Image.Image:
    """Cut a face box with its margin, clamped to the picture.

    Parameters
    ----------
    picture : PIL.Image.Image
        Any mode.
    box : tuple of float
        x1, y1, x2, y2 in pixels.
    margin : float
        Share of the box's width and height added on each side.

    Returns
    -------
    PIL.Image.Image
        At least one pixel wide and high.
    """
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * margin, (y2 - y1) * margin
    left = min(max(0, round(x1 - dx)), picture.width - 1)
    top = min(max(0, round(y1 - dy)), picture.height - 1)
    right = max(left + 1, min(picture.width, round(x2 + dx)))
    bottom = max(top + 1, min(picture.height, round(y2 + dy)))
    return picture.crop((left, top, right, bottom))

"""Which part of a picture around a face box becomes the crop."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from masktrain.geometry import Box

CROP_MARGIN = 0.25
"""Share of the box added on each side; the card tells it to every client."""

# Haar's boxes against YuNet's on the same faces: middle of the widths' and of the heights' ratios,
# and the scale's range, 0.8 to 1.4, against the middle scale of (1.26 * 0.965) ** 0.5 = 1.10.
_HAAR_WIDTH, _HAAR_HEIGHT = 1.26, 0.965
_HAAR_SCALE = (0.8 / 1.1, 1.4 / 1.1)
# Share of the limits within which a calm crop stays.
_CALM = 0.25


@dataclass(frozen=True)
class FramingJitter:
    """How far a crop may stray from the box and margin while training.

    Detectors and annotators frame the same face differently: Haar's boxes are 1.24 to 1.28 times
    as wide and 0.93 to 1.00 times as high as YuNet's, each with a spread from 0.8 to 1.4. So the
    crops are a mixture: framed like Haar's, framed calmly like the client frames the detector's
    box it was tuned on, and anywhere within the limits.

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
    haar_odds : float
        Share of crops whose box is first made as wide and high as Haar's, 0 to 1.
    calm_odds : float
        Share of crops that stay within a quarter of the limits, 0 to 1.
    """

    scale: tuple[float, float] = (0.75, 1.42)
    aspect: float = 1.22
    shift: float = 0.15
    rotation: float = 20.0
    rotation_odds: float = 0.35
    haar_odds: float = 0.2
    calm_odds: float = 0.25

    def cut(self, picture: Image.Image, box: Box, rng: np.random.Generator) -> Image.Image:
        """Cut a crop around a jittered box, margin included and clamped to the picture.

        Parameters
        ----------
        picture : PIL.Image.Image
            Mode ``RGB``.
        box : tuple of float
            x1, y1, x2, y2 of the face in pixels.
        rng : numpy.random.Generator
            Decides how the crop strays.

        Returns
        -------
        PIL.Image.Image
            Mode ``RGB``, at least one pixel wide and high. Where a rotation reaches beyond the
            picture, its edge is repeated or mirrored, so that no black corner marks a crop.
        """
        jittered = self._jitter(box, rng)
        if rng.random() >= self.rotation_odds:
            return cut_crop(picture, jittered, CROP_MARGIN)
        angle = float(rng.uniform(-self.rotation, self.rotation))
        border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_REFLECT_101
        left, top, right, bottom = crop_edges(picture.size, jittered, CROP_MARGIN)
        centre = ((jittered[0] + jittered[2]) / 2, (jittered[1] + jittered[3]) / 2)
        turn = cv2.getRotationMatrix2D(centre, angle, 1.0)
        turn[:, 2] -= (left, top)
        size = (right - left, bottom - top)
        return Image.fromarray(
            cv2.warpAffine(np.asarray(picture), turn, size, flags=cv2.INTER_LINEAR, borderMode=border)
        )

    def _jitter(self, box: Box, rng: np.random.Generator) -> Box:
        """Move and stretch a box."""
        x1, y1, x2, y2 = box
        width, height = x2 - x1, y2 - y1
        limits = np.log(self.scale)
        if rng.random() < self.haar_odds:
            width, height, limits = width * _HAAR_WIDTH, height * _HAAR_HEIGHT, np.log(_HAAR_SCALE)
        reach = _CALM if rng.random() < self.calm_odds else 1.0
        factor = np.exp(reach * rng.uniform(*limits))
        stretch = np.exp(reach * rng.uniform(-1.0, 1.0) * np.log(self.aspect) / 2)
        shift_x, shift_y = rng.uniform(-self.shift, self.shift, 2) * reach
        centre_x = (x1 + x2) / 2 + shift_x * (x2 - x1)
        centre_y = (y1 + y2) / 2 + shift_y * (y2 - y1)
        half_width, half_height = width * factor * stretch / 2, height * factor / stretch / 2
        return (
            centre_x - half_width,
            centre_y - half_height,
            centre_x + half_width,
            centre_y + half_height,
        )


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
    return picture.crop(crop_edges(picture.size, box, margin))


def crop_edges(size: tuple[int, int], box: Box, margin: float) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom edge of a face box with its margin, clamped to a picture.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    box : tuple of float
        x1, y1, x2, y2 in pixels.
    margin : float
        Share of the box's width and height added on each side.

    Returns
    -------
    tuple of int
        Pixels, inside the picture, right > left and bottom > top.
    """
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * margin, (y2 - y1) * margin
    left = min(max(0, round(x1 - dx)), size[0] - 1)
    top = min(max(0, round(y1 - dy)), size[1] - 1)
    right = max(left + 1, min(size[0], round(x2 + dx)))
    bottom = max(top + 1, min(size[1], round(y2 + dy)))
    return left, top, right, bottom

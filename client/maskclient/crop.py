"""From a face box to the crop that travels."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from maskclient.detector import Box

JPEG_QUALITY = 90
OVERSAMPLING = 2
"""A crop may be this many times the model's input size; more would only travel."""


def cut_crop(rgb: npt.NDArray[np.uint8], box: Box, margin: float, input_size: tuple[int, int]) -> bytes:
    """Cut a face out of a picture, as the model was trained.

    Small faces are cut like all others: whether a face is too small to be judged is for the API to say.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        The picture, RGB, 0..255, upright.
    box : Box
        The face, in the picture's pixels.
    margin : float
        Share of the box's width and height to add on each side (``crop_margin`` of ``GET /v1/model``).
    input_size : tuple of int
        Height and width the model looks at, in pixels.

    Returns
    -------
    bytes
        A JPEG file.
    """
    left, top, right, bottom = _with_margin(box, margin, rgb.shape[1], rgb.shape[0])
    crop = Image.fromarray(np.ascontiguousarray(rgb[top:bottom, left:right]))
    limit = OVERSAMPLING * max(input_size)
    crop.thumbnail((limit, limit), Image.Resampling.BILINEAR)  # only ever makes it smaller
    jpeg = io.BytesIO()
    crop.save(jpeg, "JPEG", quality=JPEG_QUALITY)
    return jpeg.getvalue()


def _with_margin(box: Box, margin: float, width: int, height: int) -> tuple[int, int, int, int]:
    """Add the margin and clamp to the picture, leaving at least one pixel."""
    dx, dy = (box.x2 - box.x1) * margin, (box.y2 - box.y1) * margin
    left = min(max(0, round(box.x1 - dx)), width - 1)
    top = min(max(0, round(box.y1 - dy)), height - 1)
    right = max(left + 1, min(width, round(box.x2 + dx)))
    bottom = max(top + 1, min(height, round(box.y2 + dy)))
    return left, top, right, bottom

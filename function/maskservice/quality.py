"""Refusals: pictures on which a verdict would be a guess."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from maskservice.modelcard import ModelCard

Refusal = Literal["too-small", "too-dark", "too-blurred"]

_BT601 = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def refusals(pixels: npt.NDArray[np.uint8], size: tuple[int, int], card: ModelCard) -> list[Refusal]:
    """Say why a crop is not good enough to act on.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        The crop at the model's input size, RGB, 0..255.
    size : tuple of int
        Width and height of the crop as it was sent, upright, in pixels.
    card : ModelCard
        Holds the floors.

    Returns
    -------
    list of str
        Empty if the crop is good enough.
    """
    brightness = luma(pixels)
    found: list[Refusal] = []
    if face_short_side(size, card.crop_margin) < card.min_face_px:
        found.append("too-small")
    if float(brightness.mean()) < card.quality.min_brightness:
        found.append("too-dark")
    if sharpness(brightness) < card.quality.min_sharpness:
        found.append("too-blurred")
    return found


def luma(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the brightness of each pixel by ITU-R BT.601.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB, 0..255.

    Returns
    -------
    ndarray of float32, shape (height, width)
        0..255.
    """
    return np.asarray(pixels.astype(np.float32) @ _BT601)


def face_short_side(size: tuple[int, int], crop_margin: float) -> float:
    """Estimate the short side of the face box that a crop was cut around.

    The margin is added on each side, so the crop is ``1 + 2 * crop_margin`` times the box,
    or less where it was clamped to the picture: the estimate is never too large.

    Parameters
    ----------
    size : tuple of int
        Width and height of the crop in pixels.
    crop_margin : float
        Share of the box added on each side.

    Returns
    -------
    float
        In pixels.
    """
    return min(size) / (1.0 + 2.0 * crop_margin)


def sharpness(brightness: npt.NDArray[np.float32]) -> float:
    """Measure sharpness as the variance of the 4-neighbour Laplacian.

    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study",
    ICPR 2000. The border, where a neighbour is missing, is left out.

    Parameters
    ----------
    brightness : ndarray of float32, shape (height, width)
        As `luma` returns it; at least 3 x 3.

    Returns
    -------
    float
        0 for a picture without edges.
    """
    laplacian = (
        brightness[:-2, 1:-1] + brightness[2:, 1:-1]
    )  # and on in place: this is most of a check's time
    laplacian += brightness[1:-1, :-2]
    laplacian += brightness[1:-1, 2:]
    laplacian -= 4.0 * brightness[1:-1, 1:-1]
    values = laplacian.ravel()
    return float(np.dot(values, values)) / values.size - float(values.mean()) ** 2

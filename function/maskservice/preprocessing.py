"""From pixels to the tensor the model reads.

Training, evaluation and the service all run this code, so a tensor seen in training is the
tensor seen at the door. It needs Pillow and numpy only.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image


class InputSpec(Protocol):
    """What of a model card the tensor depends on."""

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        ...

    @property
    def mean(self) -> tuple[float, float, float]:
        """Per channel, RGB, for values in 0..1."""
        ...

    @property
    def std(self) -> tuple[float, float, float]:
        """Per channel, RGB, for values in 0..1."""
        ...


def resize(picture: Image.Image, spec: InputSpec) -> npt.NDArray[np.uint8]:
    """Scale a crop to the model's input size.

    Width and height are scaled independently, so that the whole crop is seen whatever its
    aspect ratio; training varies the aspect ratio likewise.

    Parameters
    ----------
    picture : PIL.Image.Image
        Mode ``RGB``.
    spec : InputSpec
        Usually a ``ModelCard``.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB, 0..255. Antialiased bilinear filter.
    """
    height, width = spec.input_size
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def normalize(pixels: npt.NDArray[np.uint8], spec: InputSpec) -> npt.NDArray[np.float32]:
    """Turn resized pixels into the model's input.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB, 0..255.
    spec : InputSpec
        Usually a ``ModelCard``.

    Returns
    -------
    ndarray of float32, shape (3, height, width)
        ``(x / 255 - mean) / std`` per channel, contiguous.
    """
    std = np.asarray(spec.std, dtype=np.float32)
    scale = np.float32(1.0) / (np.float32(255.0) * std)
    offset = np.asarray(spec.mean, dtype=np.float32) / std
    tensor = np.empty((3, *pixels.shape[:2]), dtype=np.float32)
    np.multiply(pixels.transpose(2, 0, 1), scale[:, None, None], out=tensor)
    tensor -= offset[:, None, None]
    return tensor


def to_tensor(picture: Image.Image, spec: InputSpec) -> npt.NDArray[np.float32]:
    """Resize and normalise a crop: see `resize` and `normalize`."""
    return normalize(resize(picture, spec), spec)

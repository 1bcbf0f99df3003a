"""From the bytes of a picture to the tensor the model reads.

Training, evaluation and the service all run this code, so a tensor seen in training is the
tensor seen at the door. It needs Pillow and numpy only.
"""

import contextlib
import io
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from maskservice.errors import ImageTooLarge, UndecodableImage

_READERS = (JpegImagePlugin.JpegImageFile, PngImagePlugin.PngImageFile, WebPImagePlugin.WebPImageFile)
FORMATS = tuple(reader.format for reader in _READERS)
"""What is read. Importing these readers keeps Pillow from importing all of its own at the first picture."""

MAX_PIXELS = 16_000_000
"""Pixels above which a picture is refused from its header alone.

As RGB that is 48 MB; a WebP with transparency takes several times as much while it is decoded.
"""

_HIGH_DEPTH_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})


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


def decode(data: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode a picture as a careful viewer would show it.

    The size is checked from the header before a pixel is decoded. The first frame of an
    animation is taken, EXIF orientation applied, transparency laid on white, CMYK and palettes
    converted, and 16-bit grey scaled to 8 bits.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG or WebP file; what the bytes say counts, not their declared type.
    max_pixels : int
        Most pixels (width times height) that are decoded.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``, upright.

    Raises
    ------
    ImageTooLarge
        If the header announces more than ``max_pixels``.
    UndecodableImage
        If the bytes are no such picture, or are broken or cut short.
    """
    if not data:
        raise UndecodableImage("The picture is empty: no bytes were sent.")
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge(f"The picture has far more than the {max_pixels} pixels allowed.") from error
    except Exception as error:  # a decoder may raise anything on hostile bytes
        raise UndecodableImage("This is not a JPEG, PNG or WebP picture.") from error
    width, height = picture.size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"The picture is {width} x {height} pixels; at most {max_pixels} pixels are accepted. "
            "Send the face crop, not the whole picture."
        )
    try:
        picture.load()
        _turn_upright(picture)
        return to_rgb(picture)
    except Exception as error:  # as above
        raise UndecodableImage(f"The picture is broken or cut short ({error}).") from error


def _turn_upright(picture: Image.Image) -> None:
    """Apply the EXIF orientation; a viewer shows a picture whose EXIF block is broken, too."""
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(picture, in_place=True)


def to_rgb(picture: Image.Image) -> Image.Image:
    """Convert a decoded picture of any mode to 8-bit RGB.

    Parameters
    ----------
    picture : PIL.Image.Image
        Any mode. 16-bit and 32-bit integer grey is read as 0..65535, float grey as 0..1.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``; transparent pixels are laid on white.
    """
    if picture.mode == "RGB":
        return picture
    if picture.mode in _HIGH_DEPTH_MODES:
        values = np.asarray(picture, dtype=np.float32)
        scaled = values * 255.0 if picture.mode == "F" else values / 257.0
        return Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        layer = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        shown = Image.new("RGB", layer.size, "white")
        shown.paste(layer, mask=layer.getchannel("A"))
        return shown
    return picture.convert("RGB")


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

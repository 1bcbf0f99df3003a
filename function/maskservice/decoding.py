"""From the bytes of a picture to upright RGB pixels.

Training, evaluation and the service all run this code.
"""

import contextlib
import functools
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL.ImageFile import ImageFile

from maskservice.errors import ImageTooLarge, UndecodableImage
from maskservice.segments import count_scans

_READERS = (JpegImagePlugin.JpegImageFile, PngImagePlugin.PngImageFile, WebPImagePlugin.WebPImageFile)
FORMATS = tuple(reader.format for reader in _READERS)
"""What is read. Importing these readers keeps Pillow from importing all of its own at the first picture."""

MAX_PIXELS = 16_000_000
"""Pixels above which a picture is refused from its header alone.

As RGB that is 48 MB; a WebP with transparency takes several times as much while it is decoded.
"""

DRAFT_FACTOR = 2
"""How many times larger than the model's input a JPEG is decoded at least, where it is larger at all."""

_ORIENTATIONS_LYING = range(5, 9)
"""EXIF orientations that exchange width and height (Exif 2.32, tag 0x0112)."""

_HIGH_DEPTH_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})


@dataclass(frozen=True)
class Header:
    """A picture of which no pixel is decoded yet.

    Attributes
    ----------
    file : PIL.ImageFile.ImageFile
        The picture.
    scans : int
        Passes over its pixels that a JPEG asks for; 1 for other formats. A progressive JPEG has
        about ten. Each costs a visit to every block of the picture, even if it is thirty bytes
        long and changes nothing.
    """

    file: ImageFile
    scans: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as stored, before any EXIF orientation."""
        return self.file.size


def open_picture(
    data: bytes, max_pixels: int = MAX_PIXELS, advice: str = "Send the face crop, not the whole picture."
) -> Header:
    """Read a picture's header, and no pixel.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG or WebP file; what the bytes say counts, not their declared type.
    max_pixels : int
        Most pixels (width times height) that are accepted.
    advice : str
        What to do about a picture that has more.

    Raises
    ------
    ImageTooLarge
        If the header announces more than ``max_pixels``.
    UndecodableImage
        If the bytes are no such picture.
    """
    if not data:
        raise UndecodableImage("The picture is empty: no bytes were sent.")
    scans = count_scans(data)
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge(f"The picture has far more than the {max_pixels} pixels allowed.") from error
    except Exception as error:  # a decoder may raise anything on hostile bytes
        raise UndecodableImage("This is not a JPEG, PNG or WebP picture.") from error
    width, height = picture.size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"The picture is {width} x {height} pixels; at most {max_pixels} pixels are accepted. {advice}"
        )
    return Header(picture, scans)


def decode(data: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode a picture as a careful viewer would show it, at its full size.

    The size is checked from the header before a pixel is decoded. The first frame of an
    animation is taken, EXIF orientation applied, transparency laid on white, CMYK and palettes
    converted, and 16-bit grey scaled to 8 bits.

    Parameters
    ----------
    data, max_pixels
        As for `open_picture`, whose errors this raises too.

    Returns
    -------
    PIL.Image.Image
        Mode ``RGB``, upright.

    Raises
    ------
    UndecodableImage
        If the picture is broken or cut short.
    """
    return _shown(open_picture(data, max_pixels).file)[0]


@dataclass(frozen=True)
class Crop:
    """A decoded crop.

    Attributes
    ----------
    image : PIL.Image.Image
        Mode ``RGB``, upright; smaller than the crop was where that saves work.
    size : tuple of int
        Width and height of the crop as it was sent, upright, in pixels.
    """

    image: Image.Image
    size: tuple[int, int]


def decode_crop(picture: Header, input_size: tuple[int, int]) -> Crop:
    """Decode a picture for a model whose input is much smaller, as `decode` would but for its size.

    A JPEG can be decoded at a half, a quarter or an eighth of its size (its transform is cut
    short), which takes a fraction of time and memory. It stays at least ``DRAFT_FACTOR`` times
    as large as the input on either side, and is scaled with an antialiasing filter after that.

    Parameters
    ----------
    picture : Header
        As `open_picture` returns it.
    input_size : tuple of int
        Height and width of the model's input, in pixels.

    Raises
    ------
    UndecodableImage
        If the picture is broken or cut short.
    """
    side = DRAFT_FACTOR * max(input_size)
    return decode_no_smaller(picture, (side, side))


def decode_no_smaller(picture: Header, least: tuple[int, int]) -> Crop:
    """Decode a JPEG at the smallest of its scales that is no smaller than asked, others as they are.

    Parameters
    ----------
    picture : Header
        As `open_picture` returns it.
    least : tuple of int
        Width and height as stored, in pixels, that the decoded picture has at least, where it has
        them at all.

    Raises
    ------
    UndecodableImage
        If the picture is broken or cut short.
    """
    width, height = picture.size
    picture.file.draft("RGB", least)  # nothing happens to other formats
    image, sides_exchanged = _shown(picture.file)
    return Crop(image, (height, width) if sides_exchanged else (width, height))


def _shown(picture: ImageFile) -> tuple[Image.Image, bool]:
    """Return the upright RGB picture, and whether its width is the stored height."""
    try:
        picture.load()
        sides_exchanged = _turn_upright(picture)
        return to_rgb(picture), sides_exchanged
    except Exception as error:  # a decoder may raise anything on hostile bytes
        raise UndecodableImage(f"The picture is broken or cut short ({error}).") from error


def _turn_upright(picture: Image.Image) -> bool:
    """Apply the EXIF orientation; a viewer shows a picture whose EXIF block is broken, too."""
    with contextlib.suppress(Exception):
        orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
        if orientation != 1:
            ImageOps.exif_transpose(picture, in_place=True)
        return orientation in _ORIENTATIONS_LYING
    return False


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
        return Image.fromarray(_eight_bits(picture)).convert("RGB")
    if picture.has_transparency_data:
        layer = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        shown = Image.new("RGB", layer.size, "white")
        shown.paste(layer, mask=layer.getchannel("A"))
        return shown
    return picture.convert("RGB")


def _eight_bits(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """Scale deep grey to 0..255."""
    if picture.mode == "F":
        return np.asarray(np.clip(np.rint(np.asarray(picture) * 255.0), 0, 255), dtype=np.uint8)
    values = np.clip(np.asarray(picture), 0, 65535)
    return np.asarray(_eight_bits_of_16()[values])


@functools.cache
def _eight_bits_of_16() -> npt.NDArray[np.uint8]:
    """Return the nearest of 256 levels to each of 65536: looked up, a picture takes a third of the time."""
    return np.rint(np.arange(65536) / 257.0).astype(np.uint8)

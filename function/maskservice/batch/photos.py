"""A photo's pixels, no larger than they are needed."""

from math import ceil

import numpy as np
import numpy.typing as npt
from PIL import Image

from maskservice.decoding import DRAFT_FACTOR, Header, decode_no_smaller, open_picture
from maskservice.errors import ImageTooLarge
from maskservice.pipeline import USUAL_SCANS

_ADVICE = "Scale the picture down."


def opened(data: bytes, max_pixels: int) -> Header:
    """Read a picture's header, and refuse what would take too long to decode.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG or WebP file.
    max_pixels : int
        Most pixels (width times height). A JPEG of many scans counts several times, as each visits
        all its pixels.

    Raises
    ------
    ImageTooLarge, UndecodableImage
        As `maskservice.decoding.open_picture` does.
    """
    picture = open_picture(data, max_pixels, _ADVICE)
    width, height = picture.size
    if width * height * ceil(picture.scans / USUAL_SCANS) > max_pixels:
        raise ImageTooLarge(
            f"The picture of {width} x {height} pixels is stored in {picture.scans} scans, and takes as long "
            f"to decode as one of more than {max_pixels} pixels. Save it as a usual JPEG."
        )
    return picture


class Photo:
    """A photo, of which as few pixels are decoded as finding and judging its faces need.

    A detector that scales every picture down to a few hundred pixels finds the same faces in a JPEG
    decoded at a fraction of its size. Only small faces need all pixels: the photo is then decoded a
    second time, which with the first takes no longer than finding faces in all of them would.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG or WebP file.
    longest_side : int
        To which the detector scales a picture down, in pixels.
    max_pixels : int
        As for `opened`, whose errors this raises.
    """

    def __init__(self, data: bytes, longest_side: int, max_pixels: int) -> None:
        self._data = data
        self._max_pixels = max_pixels
        self._side = DRAFT_FACTOR * longest_side
        header = opened(data, max_pixels)
        stored = header.size
        crop = decode_no_smaller(header, _at_most(stored, self._side))
        self._image = crop.image
        self.size = crop.size
        self._turned = self.size != stored

    def to_search(self) -> npt.NDArray[np.uint8]:
        """Return the pixels to find faces in, no fewer than twice what the detector looks at.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
            RGB, 0..255, upright.
        """
        factor = max(self._image.size) // self._side
        small = self._image.reduce(factor) if factor > 1 else self._image
        return np.asarray(small)

    def with_pixels_per(self, share: float) -> Image.Image:
        """Return the photo with at least a share of its pixels along each side.

        Parameters
        ----------
        share : float
            1 for all of them; more than 1 counts as 1.

        Returns
        -------
        PIL.Image.Image
            Mode ``RGB``, upright.
        """
        width, height = (ceil(side * min(1.0, share)) for side in self.size)
        if self._image.size[0] < width or self._image.size[1] < height:
            least = (height, width) if self._turned else (width, height)
            self._image = decode_no_smaller(opened(self._data, self._max_pixels), least).image
        return self._image


def _at_most(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the size of a picture whose longest side is scaled down to one length."""
    longest = max(size)
    if longest <= side:
        return size
    return ceil(size[0] * side / longest), ceil(size[1] * side / longest)

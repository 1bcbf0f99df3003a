"""Finding picture files, and reading them as a careful viewer would show them."""

import contextlib
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from maskclient.errors import PictureUnreadable

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
"""What is taken for a picture inside a folder. A file named directly is tried whatever its name."""
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")

_HIGH_DEPTH_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_UPRIGHT = (None, 1)


@dataclass(frozen=True)
class PictureFile:
    """A picture to look at, or a path at which there is none.

    Attributes
    ----------
    path : Path
        As the user gave it, or below the folder that the user gave.
    error : str or None
        Why there is nothing to read here.
    """

    path: Path
    error: str | None = None


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        RGB, 0..255, upright.
    turned : bool
        Whether the EXIF orientation was applied.
    """

    rgb: npt.NDArray[np.uint8]
    turned: bool


def find_pictures(paths: Sequence[Path], skip: Path | None = None) -> list[PictureFile]:
    """List the pictures that the user means, each once.

    Folders are walked in order of name, files before the folders beside them. What starts with a
    dot is hidden and left out there; links to folders are not followed.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders.
    skip : Path, optional
        A folder to leave out, such as the one that annotated copies are written to.

    Returns
    -------
    list of PictureFile
        In the order of ``paths``; those that lead to no picture have an error.
    """
    found: dict[Path, PictureFile] = {}
    for path in paths:
        for picture in _below(path, skip.resolve() if skip else None):
            found.setdefault(picture.path.resolve(), picture)
    return list(found.values())


def _below(path: Path, skip: Path | None) -> Iterable[PictureFile]:
    if not path.is_dir():
        missing = None if path.exists() else "there is no such file or folder"
        return [PictureFile(path, missing)]
    pictures = list(_walk(path, skip))
    return pictures or [PictureFile(path, "there is no picture in this folder")]


def _walk(folder: Path, skip: Path | None) -> Iterator[PictureFile]:
    denied: list[PictureFile] = []

    def note(error: OSError) -> None:
        denied.append(PictureFile(Path(error.filename), f"the folder cannot be read: {error.strerror}"))

    for place, folders, files in os.walk(folder, onerror=note):
        here = Path(place)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and (here / name).resolve() != skip
        )
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield PictureFile(here / name)
    yield from denied


def read_picture(path: Path) -> Picture:
    """Read a picture file.

    The first frame of an animation is taken, transparency laid on white, CMYK and palettes
    converted, 16-bit grey scaled to 8 bits, EXIF orientation applied.

    Parameters
    ----------
    path : Path
        A JPEG, PNG, WebP, BMP, GIF or TIFF file, whatever its name.

    Raises
    ------
    PictureUnreadable
        If the file cannot be opened, is no such picture, or is broken or cut short.
    """
    with warnings.catch_warnings():
        # Pillow warns of large pictures and of odd metadata; only what it refuses matters here.
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=FORMATS) as picture:
                picture.load()
                turned = _turn_upright(picture)
                return Picture(np.asarray(_to_rgb(picture)), turned)
        except Image.DecompressionBombError as error:
            raise PictureUnreadable("it has more pixels than can be read; scale it down") from error
        except UnidentifiedImageError as error:
            raise PictureUnreadable("it is not a JPEG, PNG, WebP, BMP, GIF or TIFF picture") from error
        except Exception as error:  # a decoder may raise anything on a broken file
            raise PictureUnreadable(_reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return f"it is broken or cut short ({error})"


def _turn_upright(picture: Image.Image) -> bool:
    """Apply the EXIF orientation; a picture whose EXIF block is broken is left as it is."""
    with contextlib.suppress(Exception):
        turned = picture.getexif().get(ExifTags.Base.Orientation) not in _UPRIGHT
        ImageOps.exif_transpose(picture, in_place=True)
        return turned
    return False


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    if picture.mode in _HIGH_DEPTH_MODES:
        values = np.asarray(picture, dtype=np.float32)
        scaled = values * 255.0 if picture.mode == "F" else values / 257.0
        return Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return picture.convert("RGB")

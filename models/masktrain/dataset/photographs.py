"""Pictures in a folder: which there are, and how one is read."""

from pathlib import Path

from PIL import Image

from maskservice.decoding import decode
from maskservice.errors import PictureError
from masktrain.errors import DatasetError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
"""Endings, in lower case, of the files that are taken for pictures."""

MAX_PIXELS = 80_000_000
"""Pixels above which a photograph is refused; as RGB that is 240 MB."""


def list_pictures(folder: Path) -> list[Path]:
    """List the pictures in a folder and the folders below it, in the order of their names.

    Files and folders whose name begins with a dot are left out.

    Raises
    ------
    DatasetError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}.")
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def load_picture(path: Path) -> Image.Image:
    """Decode a picture as the service would: mode ``RGB``, upright by its EXIF orientation.

    Raises
    ------
    DatasetError
        If it cannot be read; the message does not name the file.
    """
    try:
        return decode(path.read_bytes(), MAX_PIXELS)
    except PictureError as error:
        raise DatasetError(error.detail) from error
    except OSError as error:
        raise DatasetError(f"It cannot be read: {error.strerror}.") from error


def check_apart(pictures: Path, data: Path) -> None:
    """Refuse a data folder among the pictures it is made from: its crops would be read as pictures.

    Raises
    ------
    DatasetError
        If ``data`` is ``pictures`` or lies below it.
    """
    if data.resolve().is_relative_to(pictures.resolve()):
        raise DatasetError(
            f"The data folder {data} lies in {pictures}, which is read. Name another with --out."
        )

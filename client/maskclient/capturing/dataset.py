"""A folder of captured frames, in a layout that ``python -m masktrain import --format coco`` reads."""

import io
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image

from maskclient.capturing.annotation import LABELS, count_labels, describe
from maskclient.capturing.eyes import EyeFinder, Eyes
from maskclient.crop import CropFormat, cut_crop
from maskclient.detector import Box, Face, Rgb
from maskclient.errors import CaptureFailed

FRAMES = "frames"
CROPS = "crops"
JPEG_QUALITY = 95

# As masktrain cuts its own: room for every framing that training tries. The client does without that package.
CROP_MARGIN = 0.5
CROP_SIDE = 224
CROP_FORMAT = CropFormat(oversampling=1, quality=92)

FindEyes = Callable[[Rgb, Box], Eyes | None]


@dataclass(frozen=True)
class Saved:
    """What became of one frame.

    Attributes
    ----------
    number : int
        Of the frame in its folder.
    frame, annotation : Path
        The picture, and what is said about it.
    crops : tuple of Path
        One for each face.
    eyes : int
        Faces whose eyes were found.
    """

    number: int
    frame: Path
    annotation: Path
    crops: tuple[Path, ...]
    eyes: int


class CaptureWriter:
    """Adds labelled frames to a folder.

    ``frames/000001.jpg`` is a whole frame, ``frames/000001.json`` its annotation, and
    ``crops/LABEL/000001-1.jpg`` its first face, for people to look through. The annotation comes
    last: a frame without one was cut short and is no part of the data. Nothing that is there is
    ever overwritten, and several may write to one folder at once.

    Parameters
    ----------
    out : Path
        The folder; made where there is none.
    label : str
        One of ``LABELS``; what all faces of these frames wear.
    find_eyes : callable, optional
        Finds the eyes of a face; an `EyeFinder` by default.

    Raises
    ------
    CaptureFailed
        If there is no such label, or the folder cannot be made.
    DetectorUnavailable
        If eyes cannot be looked for with what is installed.
    """

    def __init__(self, out: Path, label: str, find_eyes: FindEyes | None = None) -> None:
        if label not in LABELS:
            raise CaptureFailed(f"There is no label {label!r}. There are: {', '.join(LABELS)}.")
        self._label = label
        self._frames = out / FRAMES
        self._crops = out / CROPS / label
        self._find_eyes = find_eyes or EyeFinder().find
        try:
            self._frames.mkdir(parents=True, exist_ok=True)
            self._crops.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(out, error) from error

    def save(self, rgb: Rgb, faces: Sequence[Face], taken: datetime) -> Saved:
        """Write a frame, its faces and its annotation.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (height, width, 3)
            RGB, 0..255, upright.
        faces : sequence of Face
            All of them wear what the label says.
        taken : datetime
            When the frame was taken.

        Raises
        ------
        CaptureFailed
            If something cannot be written.
        """
        looked_at = [(face, self._find_eyes(rgb, face.box)) for face in faces]
        try:
            number, part = self._claim()
            frame = self._frames / f"{number:06d}.jpg"
            _write(frame, _jpeg(rgb), part)
            crops = tuple(self._crop(rgb, face.box, number, place) for place, face in enumerate(faces, 1))
            picture = (frame.name, rgb.shape[1], rgb.shape[0])
            document = describe(number, picture, self._label, looked_at, taken)
            annotation = frame.with_suffix(".json")
            _write(annotation, json.dumps(document, indent=1).encode())
        except OSError as error:
            raise _unwritable(self._frames, error) from error
        return Saved(number, frame, annotation, crops, sum(eyes is not None for _, eyes in looked_at))

    def tally(self) -> dict[str, int]:
        """Count the faces in the whole folder, per label, also those of earlier runs."""
        return count_labels(self._frames)

    def _crop(self, rgb: Rgb, box: Box, number: int, place: int) -> Path:
        target = self._crops / f"{number:06d}-{place}.jpg"
        _write(target, cut_crop(rgb, box, CROP_MARGIN, (CROP_SIDE, CROP_SIDE), CROP_FORMAT))
        return target

    def _claim(self) -> tuple[int, Path]:
        """Return a number that nobody has, and the part file that keeps others from taking it."""
        number = self._last_number() + 1
        while True:
            part = self._frames / f".{number:06d}.jpg.part"
            with suppress(FileExistsError):
                part.open("xb").close()
                # Whoever had the number before may have finished between the look and the claim.
                if number > self._last_number():
                    return number, part
                part.unlink(missing_ok=True)
            number += 1

    def _last_number(self) -> int:
        stems = (path.stem for path in self._frames.iterdir())
        return max((int(stem) for stem in stems if stem.isascii() and stem.isdigit()), default=0)


def _jpeg(rgb: Rgb) -> bytes:
    jpeg = io.BytesIO()
    Image.fromarray(rgb).save(jpeg, "JPEG", quality=JPEG_QUALITY)
    return jpeg.getvalue()


def _write(target: Path, content: bytes, part: Path | None = None) -> None:
    """Write a file, whole or not at all, also if the power fails."""
    part = part or target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:  # not in any case: once it is in its place, the part may be somebody else's
        part.unlink(missing_ok=True)
        raise


def _unwritable(place: Path, error: OSError) -> CaptureFailed:
    return CaptureFailed(
        f"{error.filename or place} cannot be written: {error.strerror or error}. Make room or allow it, "
        "or name another folder with --out."
    )

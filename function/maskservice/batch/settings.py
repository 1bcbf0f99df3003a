"""What an operator of batches can set, beside the function's own settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from maskservice.batch.judging import MAX_PIXELS
from maskservice.batch.members import ArchiveLimits
from maskservice.settings import bundled_model

QUEUE_VARIABLE = "BATCH_QUEUE_URL"
DEAD_LETTER_VARIABLE = "BATCH_DEAD_LETTER_URL"
RECEIVES_VARIABLE = "BATCH_RECEIVES"
DETECTOR_VARIABLE = "MASKCHECK_DETECTOR"

_PILLOWS_MOST_PIXELS = 89_000_000
"""Above which Pillow warns of every picture."""


@dataclass(frozen=True)
class BatchSettings:
    """Settings of the batch function.

    Attributes
    ----------
    detector_path : Path
        The ONNX file of the face detector.
    queue_url, dead_letter_url : str
        Of the queue that is worked at, and of the one for failures; empty where there are none.
    receives : int
        How often a message comes before its input is given up.
    picture_bytes, picture_pixels : int
        Most of a picture, archived or not.
    archive_bytes : int
        Most of an archive. 400 MB fit into the 512 MB that a function has on disk.
    archive_members : int
        Most members of an archive.
    unpacked_bytes : int
        Most bytes of all members of an archive together. Unpacking that many takes half a minute.
    """

    detector_path: Path
    queue_url: str = ""
    dead_letter_url: str = ""
    receives: int = 5
    picture_bytes: int = 50_000_000
    picture_pixels: int = MAX_PIXELS
    archive_bytes: int = 400_000_000
    archive_members: int = 100_000
    unpacked_bytes: int = 8_000_000_000

    @property
    def archive_limits(self) -> ArchiveLimits:
        """What of these concerns an archive's members."""
        return ArchiveLimits(self.archive_members, self.picture_bytes, self.unpacked_bytes)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from environment variables.

        Parameters
        ----------
        environment : mapping of str to str, optional
            The variables; the process's own by default.

        Raises
        ------
        ValueError
            If a variable has a value that means nothing.
        """
        variables = os.environ if environment is None else environment
        detector = variables.get(DETECTOR_VARIABLE)
        return cls(
            detector_path=Path(detector) if detector else bundled_model("face_detector.onnx"),
            queue_url=variables.get(QUEUE_VARIABLE, ""),
            dead_letter_url=variables.get(DEAD_LETTER_VARIABLE, ""),
            receives=_number(variables, RECEIVES_VARIABLE, cls.receives),
            picture_bytes=_number(variables, "BATCH_PICTURE_BYTES", cls.picture_bytes),
            picture_pixels=_number(
                variables, "BATCH_PICTURE_PIXELS", cls.picture_pixels, _PILLOWS_MOST_PIXELS
            ),
            archive_bytes=_number(variables, "BATCH_ARCHIVE_BYTES", cls.archive_bytes),
            archive_members=_number(variables, "BATCH_ARCHIVE_MEMBERS", cls.archive_members),
            unpacked_bytes=_number(variables, "BATCH_UNPACKED_BYTES", cls.unpacked_bytes),
        )


def _number(variables: Mapping[str, str], name: str, default: int, most: int | None = None) -> int:
    text = variables.get(name)
    if not text:
        return default
    limit = "" if most is None else f" up to {most}"
    if not text.isdecimal() or int(text) < 1 or (most is not None and int(text) > most):
        raise ValueError(f"{name} is {text!r}; use a whole number from 1{limit}.")
    return int(text)

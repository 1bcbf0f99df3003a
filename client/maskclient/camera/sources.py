"""Where frames come from: webcams, video files, folders of pictures, HTTP and RTSP streams."""

import re
from pathlib import Path
from typing import Protocol

from maskclient.camera.capturesource import STREAM_SCHEMES, CaptureSource, without_credentials
from maskclient.camera.foldersource import FolderSource
from maskclient.detector import Rgb
from maskclient.errors import SourceUnavailable


class Source(Protocol):
    """A stream of frames that can be opened again after it broke."""

    @property
    def name(self) -> str:
        """What people call it; holds no password."""
        ...

    @property
    def live(self) -> bool:
        """Whether it goes on in the world outside while nobody looks; a file does not."""
        ...

    @property
    def patient(self) -> bool:
        """Whether to go on trying when it cannot be opened even once."""
        ...

    @property
    def fps(self) -> float | None:
        """Frames per second that it must be slowed down to; None if it keeps its own time."""
        ...

    def check(self) -> None:
        """Look quickly whether opening makes sense.

        Raises
        ------
        SourceUnavailable
            If it does not.
        """
        ...

    def open(self) -> None:
        """Open it, anew if it was open.

        Raises
        ------
        SourceUnavailable
            If that fails; the text says what to do.
        """
        ...

    def read(self) -> Rgb | None:
        """Return the next frame, RGB, or None if there is none: the end, or a broken stream."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def parse_source(text: str, size: tuple[int, int] | None = None, rate: float | None = None) -> Source:
    """Return the source that somebody means.

    Parameters
    ----------
    text : str
        Index of a webcam (``0``), path of a video file or of a folder of pictures, or an
        ``http(s)`` or ``rtsp(s)`` URL.
    size, rate
        See `CaptureSource`.

    Raises
    ------
    SourceUnavailable
        If it is none of these.
    """
    if re.fullmatch(r"\d{1,3}", text):
        return CaptureSource(int(text), size, rate)
    scheme = text.partition("://")[0].lower() if "://" in text else ""
    if scheme in STREAM_SCHEMES:
        return CaptureSource(text)
    if scheme or "@" in text:  # what stands before an @ may be a password
        raise SourceUnavailable(
            f"{without_credentials(text)}: a stream's address begins with "
            f"{', '.join(f'{known}://' for known in sorted(STREAM_SCHEMES))}. "
            "Write special characters of a password as %23 (#), %2F (/), %3F (?) or %40 (@)."
        )
    path = Path(text)
    if text and path.is_dir():
        return FolderSource(path)
    if path.is_file():
        return CaptureSource(str(path))
    raise SourceUnavailable(f"{text}: there is no such file, folder, webcam number or stream address.")

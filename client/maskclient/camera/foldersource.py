"""Folders of pictures, shown as if a camera had taken them."""

from collections.abc import Iterator
from pathlib import Path

from maskclient.detector import Rgb
from maskclient.errors import PictureUnreadable, SourceUnavailable
from maskclient.pictures import find_pictures, read_picture

FOLDER_FPS = 10.0
"""Frames per second at which a folder of pictures is shown, where nothing else is asked for."""


class FolderSource:
    """The pictures of a folder, in order of name, as if a camera had taken them.

    Parameters
    ----------
    folder : Path
        Holds pictures; what cannot be read is left out.
    """

    live = False
    patient = False
    fps = FOLDER_FPS

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left: Iterator[Path] = iter(())

    @property
    def name(self) -> str:
        """See `maskclient.camera.sources.Source`."""
        return self._folder.resolve().name

    def check(self) -> None:
        """See `maskclient.camera.sources.Source`."""

    def open(self) -> None:
        """See `maskclient.camera.sources.Source`."""
        paths = [picture.path for picture in find_pictures([self._folder]) if picture.error is None]
        if not paths:
            raise SourceUnavailable(f"{self._folder} holds no picture.")
        self._left = iter(paths)

    def read(self) -> Rgb | None:
        """See `maskclient.camera.sources.Source`."""
        for path in self._left:
            try:
                return read_picture(path).rgb
            except PictureUnreadable:
                continue
        return None

    def close(self) -> None:
        """See `maskclient.camera.sources.Source`."""
        self._left = iter(())

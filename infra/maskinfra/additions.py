"""What an artefact holds beside packages, code and classifier."""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from maskinfra import layout
from maskinfra.errors import BuildError


@dataclass(frozen=True)
class Addition:
    """A file or folder that is copied into an artefact.

    Attributes
    ----------
    source : Path
        Where it is.
    place : str
        Where it comes to be, relative to the artefact, with slashes.
    remedy : str
        What to do where it is missing, as a sentence.
    """

    source: Path
    place: str
    remedy: str = ""

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield each file's place in the artefact and where it is, sorted; nothing where it is missing."""
        if self.source.is_file():
            yield self.place, self.source
        for file in sorted(self.source.rglob("*")):
            if file.is_file():
                yield f"{self.place}/{file.relative_to(self.source).as_posix()}", file

    def copy_into(self, artifact: Path) -> None:
        """Copy it.

        Raises
        ------
        BuildError
            If it is missing, or something is in its place already.
        """
        files = list(self.files())
        if not files:
            raise BuildError(f"{self.source} is missing, and the artefact needs it. {self.remedy}".strip())
        for place, file in files:
            copy = artifact / place
            if copy.exists():
                raise BuildError(f"The artefact has a {place} already; {file} would replace it.")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)


WEB_VARIABLE = "MASKCHECK_WEB"
"""Says ``on`` where the API's artefact is to hold the try-it page; `make` sets it."""

PAGE = Addition(layout.ARTIFACT_SITE, "site", "`make build WEB=on` makes it first.")

API: tuple[Addition, ...] = (PAGE,) if os.environ.get(WEB_VARIABLE) == "on" else ()
"""Of the function behind the API."""

BATCH = (Addition(layout.DETECTOR, "models/face_detector.onnx"),)
"""Of the function that judges what is put into a bucket: it has to find the faces itself."""

OF_FUNCTION: dict[str, Iterable[Addition]] = {"MaskFunction": API, "BatchFunction": BATCH}
"""By the function's name in its template, which is also what its make target is called after."""

"""Where annotated copies go, and how they get there."""

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from maskclient.errors import PictureUnwritable
from maskclient.pictures import SUFFIXES

JPEG_QUALITY = 92


def plan_copies(sources: Sequence[Path], out: Path) -> dict[Path, Path]:
    """Give each picture its own place below a folder.

    The folders below the deepest one that holds all pictures are mirrored, so pictures of the
    same name in different folders stay apart. A name keeps its suffix if copies of that kind are
    written, and gets ``.png`` added if not.

    Parameters
    ----------
    sources : sequence of Path
        The pictures.
    out : Path
        The folder for the copies.

    Returns
    -------
    dict of Path to Path
        From each picture to its copy.

    Raises
    ------
    PictureUnwritable
        If a copy would overwrite one of the pictures.
    """
    originals = {source.resolve() for source in sources}
    plan: dict[Path, Path] = {}
    taken: set[Path] = set()
    for source, place in zip(sources, _below_common(sources), strict=True):
        target = out / place
        if target.suffix.lower() not in SUFFIXES:
            target = target.with_name(target.name + ".png")
        while target in taken:
            target = target.with_name("_" + target.name)
        if target.resolve() in originals:
            raise PictureUnwritable(f"A copy would overwrite {target}. Name another folder with --out.")
        taken.add(target)
        plan[source] = target
    return plan


def _below_common(sources: Sequence[Path]) -> list[Path]:
    """Return the paths relative to the deepest folder above all of them; on Windows, per drive."""
    absolute = [Path(os.path.abspath(source)) for source in sources]  # noqa: PTH100 - resolve follows links
    parents: dict[str, list[Path]] = defaultdict(list)
    for path in absolute:
        parents[path.drive].append(path.parent)
    common = {drive: os.path.commonpath(folders) for drive, folders in parents.items()}
    return [path.relative_to(common[path.drive]) for path in absolute]


def write_copy(picture: Image.Image, target: Path) -> None:
    """Write a picture, whole or not at all.

    Parameters
    ----------
    picture : PIL.Image.Image
        What to write; none of its metadata is.
    target : Path
        Its suffix, one of ``SUFFIXES``, tells the format; missing folders are made.

    Raises
    ------
    PictureUnwritable
        If the file cannot be written.
    """
    kind = Image.registered_extensions()[target.suffix.lower()]
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            picture.save(part, kind, quality=JPEG_QUALITY)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise PictureUnwritable(f"{target} cannot be written: {error.strerror or error}") from error

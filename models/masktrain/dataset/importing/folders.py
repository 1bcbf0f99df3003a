"""One folder per class: the picture is the face, the folder's name its label."""

from collections.abc import Collection
from pathlib import Path

from masktrain.dataset.importing.annotations import AnnotatedBox, AnnotatedPicture
from masktrain.dataset.photographs import list_pictures


def read_folders(root: Path, names: Collection[str]) -> list[AnnotatedPicture]:
    """Read the pictures of a folder of folders.

    A picture's class is the innermost folder of a known name that it lies in, so that
    ``train/with_mask`` and ``with_mask/more`` both do; without any it is the outermost folder.

    Parameters
    ----------
    root : Path
        The folder of folders; pictures directly in it have no class and are of the name ``.``.
    names : collection of str
        Known classes.
    """
    pictures = []
    for path in list_pictures(root):
        folders = path.relative_to(root).parts[:-1]
        known = [folder for folder in folders if folder in names]
        name = known[-1] if known else next(iter(folders), ".")
        pictures.append(AnnotatedPicture(path, (AnnotatedBox(name, None),)))
    return pictures

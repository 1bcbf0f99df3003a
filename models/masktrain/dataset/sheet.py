"""Contact sheets of a data set: every picture of a class on pages, for a person to look over."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from masktrain.dataset.contactsheet import Block, Tile, draw_page, face_picture, save_page
from masktrain.dataset.corrections import correct
from masktrain.dataset.samples import load_picture
from masktrain.dataset.table import FaceRow, read_table
from masktrain.errors import DatasetError

_UNLABELLED = "unlabelled"


def draw_sheets(
    data: Path,
    out: Path,
    label: str | None = None,
    split: str | None = None,
    source: str | None = None,
    per_page: int = 100,
    *,
    whole: bool = False,
) -> list[Path]:
    """Draw the faces of a data set on pages, class by class, with their labels corrected.

    Parameters
    ----------
    data : Path
        Folder with ``faces.csv``.
    out : Path
        Folder for the pages, ``LABEL-01.jpg`` and so on; it is made where it is missing.
    label, split, source : str, optional
        Show only the rows of this label, split and source; an empty string stands for rows that
        have none.
    per_page : int
        Pictures on a page, at least 1.
    whole : bool
        Show whole crops with the box drawn, instead of the part that the model sees.

    Returns
    -------
    list of Path
        The pages.

    Raises
    ------
    DatasetError
        If the table or a picture cannot be read, or no row is to be shown.
    ValueError
        If ``per_page`` is below 1.
    """
    if per_page < 1:
        raise ValueError(f"There cannot be {per_page} pictures on a page.")
    wanted = {"label": label, "split": split, "source": source}
    classes: defaultdict[str, list[FaceRow]] = defaultdict(list)
    rows, _ = correct(data, read_table(data))
    for row in rows:
        if all(value is None or getattr(row, name) == value for name, value in wanted.items()):
            classes[row.label or _UNLABELLED].append(row)
    if not classes:
        asked = ", ".join(f"{name} {value!r}" for name, value in wanted.items() if value is not None)
        raise DatasetError(f"The table of {data} has no row of {asked or 'any kind'}.")
    pages = [
        (name, number, members[first : first + per_page])
        for name, members in sorted(classes.items())
        for number, first in enumerate(range(0, len(members), per_page), start=1)
    ]
    files = []
    for name, number, page in track(pages, "Sheets", console=Console(stderr=True), transient=True):
        title = f"{name}, page {number} of {-(-len(classes[name]) // per_page)}"
        file = out / f"{name}-{number:02}.jpg"
        save_page(draw_page(title, [Block(_tiles(data, page, whole=whole))]), file)
        files.append(file)
    return files


def _tiles(data: Path, rows: Sequence[FaceRow], *, whole: bool) -> list[Tile]:
    return [
        Tile(
            face_picture(load_picture(data / row.path), row.box, whole=whole),
            (row.path.rpartition("/")[2], row.source),
        )
        for row in rows
    ]

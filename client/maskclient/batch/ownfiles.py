"""The files that runs of ``maskclient batch`` leave behind: known, so that they are not taken for inputs."""

from collections.abc import Set as AbstractSet
from pathlib import Path

from maskclient.batch.journalschema import LAYOUT
from maskclient.batch.writing import SUFFIXES

JOURNAL = ".journal"
RESULTS = ".results"
FORM = "form"
"""In a folder of results: the file that tells whether they are about crops or photos."""

_COMPANIONS = ("-journal", "-wal", "-shm")
"""What SQLite keeps beside a database (https://www.sqlite.org/tempfiles.html)."""
_MAGIC = b"SQLite format 3\0"
_LAYOUT_PLACE = slice(60, 64)
"""Where a SQLite file holds its ``user_version`` (https://www.sqlite.org/fileformat.html, section 1.3)."""


def with_companions(journal: Path) -> list[Path]:
    """Return a journal and what SQLite keeps beside it."""
    return [journal, *(journal.with_name(journal.name + companion) for companion in _COMPANIONS)]


def own_names(folder: str, names: AbstractSet[str]) -> set[str]:
    """Return the names, among those in a folder, of tables, journals and results of any run.

    Parameters
    ----------
    folder : str
        Its path.
    names : set of str
        All names in it.
    """
    own: set[str] = set()
    for name in names:
        table = name.removesuffix(JOURNAL)
        if name != table and _is_journal(Path(folder, name)):
            own.update(file.name for file in with_companions(Path(name)))
            # A journal may have been given any name: what only looks like its own stays an input.
            if table.lower().endswith(SUFFIXES):
                own.add(table)
            if Path(folder, table + RESULTS, FORM).is_file():
                own.add(table + RESULTS)
    return own & names


def _is_journal(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            head = content.read(_LAYOUT_PLACE.stop)
    except OSError:
        return False
    return head.startswith(_MAGIC) and head[_LAYOUT_PLACE] == LAYOUT.to_bytes(4, "big")

"""Finds near-duplicates in a data set, across all its sources, and groups them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from masktrain.dataset.contactsheet import COLUMNS, Block, Tile, draw_page, face_picture, save_page
from masktrain.dataset.fingerprints import fingerprint, matching_pairs
from masktrain.dataset.samples import load_picture
from masktrain.dataset.table import FaceRow, read_table, write_table

_CLUSTERS_PER_PAGE = 50
_ROWS_PER_CLUSTER = 2


@dataclass(frozen=True)
class DuplicatesReport:
    """What the command dedupe found and did.

    Attributes
    ----------
    rows, groups : int
        Rows of the table as it was read, and groups they fall into.
    clusters, copies : int
        Sets of near-duplicates, and the rows that a set has beyond its first.
    disputed : int
        Clusters whose rows have different labels: a person should look at them.
    crossing : int
        Groups whose rows, as written, are in different splits.
    dropped : int
        Rows left out of the table.
    sheets : tuple of Path
        Contact sheets that were written.
    """

    rows: int
    groups: int
    clusters: int
    copies: int
    disputed: int
    crossing: int
    dropped: int
    sheets: tuple[Path, ...]

    def summary(self) -> str:
        """Say it in a few lines, and what to do about it."""
        lines = [
            f"{self.rows} rows in {self.groups} groups; "
            f"{self.clusters} sets of near-duplicates with {self.copies} copies; {self.dropped} rows dropped"
        ]
        if self.disputed:
            lines.append(f"{self.disputed} sets have different labels: look at them (--sheet FILE)")
        if self.crossing:
            lines.append(f"{self.crossing} groups are in several splits: run split --again")
        return "\n".join(lines)


def dedupe(
    data: Path, distance: int = 6, *, drop: bool = False, sheet: Path | None = None, anew: bool = False
) -> DuplicatesReport:
    """Write the group of every row into the table: rows of one group show nearly the same picture.

    Parameters
    ----------
    data : Path
        Folder with ``faces.csv``.
    distance : int
        Most bits of 64 in which the perceptual hashes of near-duplicates differ.
    drop : bool
        Leave all but the best row of each cluster of near-duplicates out of the table: the
        labelled one with the largest face. The files stay. Clusters whose labels differ are
        kept, for nobody knows yet which label is right.
    sheet : Path, optional
        Where to write a contact sheet of the clusters, as JPEG; where one page does not hold
        them, ``NAME-1.jpg``, ``NAME-2.jpg`` and so on.
    anew : bool
        Forget the groups in the table. Otherwise their rows stay together, and what was one
        group, such as the faces of one photograph, only grows.

    Returns
    -------
    DuplicatesReport
        The figures.

    Raises
    ------
    DatasetError
        If the table or a picture cannot be read.
    ValueError
        If the distance is not a sensible one.
    """
    rows = read_table(data)
    if anew:
        rows = [replace(row, group="") for row in rows]
    pairs = [(int(i), int(j)) for i, j in matching_pairs(fingerprint(data, rows), distance)]
    clusters = [members for members in components(len(rows), pairs) if len(members) > 1]
    rows = name_groups(rows, pairs)
    sheets = _draw_clusters(data, rows, clusters, sheet) if sheet else ()
    left_out = _worse_copies(rows, clusters) if drop else set()
    kept = [row for number, row in enumerate(rows) if number not in left_out]
    write_table(data, kept)
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for row in kept:
        splits[row.group] |= {row.split} - {""}
    return DuplicatesReport(
        rows=len(rows),
        groups=len({row.group for row in rows}),
        clusters=len(clusters),
        copies=sum(len(members) - 1 for members in clusters),
        disputed=sum(_disputed(rows, members) for members in clusters),
        crossing=sum(len(names) > 1 for names in splits.values()),
        dropped=len(left_out),
        sheets=tuple(sheets),
    )


def components(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Join numbers that are linked, directly or over others.

    Parameters
    ----------
    count : int
        The numbers are 0 to ``count - 1``.
    pairs : iterable of tuple of int
        The links.

    Returns
    -------
    list of list of int
        Every number once; the members of a component in their order, components by their first.
    """
    links = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(links), dtype=bool), (links[:, 0], links[:, 1])), shape=(count, count))
    _, names = connected_components(graph, directed=False)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for number, name in enumerate(names.tolist()):
        members[name].append(number)
    return sorted(members.values())


def name_groups(rows: Sequence[FaceRow], pairs: Iterable[tuple[int, int]]) -> list[FaceRow]:
    """Put rows that are linked, or have the same group already, into one group.

    A group keeps its name; where several are joined the most frequent one stays, the first in
    the alphabet among equals. A new group is named after the path that comes first in the
    alphabet, so that the same pictures get the same names whatever else is in the table.
    """
    same: defaultdict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row.group:
            same[row.group].append(number)
    links = [*pairs, *(link for members in same.values() for link in pairwise(members))]
    result = list(rows)
    for members in components(len(rows), links):
        names = Counter(rows[number].group for number in members if rows[number].group)
        name = min(names, key=lambda known: (-names[known], known)) if names else ""
        if not name:
            first = min(rows[number].path for number in members)
            name = f"g{sha256(first.encode()).hexdigest()[:10]}"
        for number in members:
            result[number] = replace(rows[number], group=name)
    return result


def _worse_copies(rows: Sequence[FaceRow], clusters: Iterable[list[int]]) -> set[int]:
    """Return the numbers of the rows that a better one of the same label stands for."""
    left_out: set[int] = set()
    for members in clusters:
        if not _disputed(rows, members):
            best = max(members, key=lambda number: (rows[number].label != "", *_size(rows[number])))
            left_out |= set(members) - {best}
    return left_out


def _size(row: FaceRow) -> tuple[float, float]:
    """Return the face's short side in the original picture, where known, and in the crop."""
    short = min(row.x2 - row.x1, row.y2 - row.y1)
    return (row.orig_box_px or short, short)


def _disputed(rows: Sequence[FaceRow], members: Iterable[int]) -> bool:
    return len({rows[number].label for number in members} - {""}) > 1


def _draw_clusters(data: Path, rows: Sequence[FaceRow], clusters: list[list[int]], sheet: Path) -> list[Path]:
    """Draw the clusters on pages, those with different labels first, and return the files."""
    clusters = sorted(clusters, key=lambda members: not _disputed(rows, members))
    pages = [
        clusters[first : first + _CLUSTERS_PER_PAGE] for first in range(0, len(clusters), _CLUSTERS_PER_PAGE)
    ]
    files = []
    for number, page in enumerate(pages, start=1):
        name = f"{sheet.stem}-{number}.jpg" if len(pages) > 1 else f"{sheet.stem}.jpg"
        file = sheet.with_name(name)
        title = f"Near-duplicates, page {number} of {len(pages)}: each under the name of its group"
        save_page(draw_page(title, [_block(data, rows, members) for members in page]), file)
        files.append(file)
    return files


def _block(data: Path, rows: Sequence[FaceRow], members: list[int]) -> Block:
    shown = members[: _ROWS_PER_CLUSTER * COLUMNS]
    tiles = []
    for row in (rows[number] for number in shown):
        picture = face_picture(load_picture(data / row.path), row.box)
        tiles.append(Tile(picture, (row.path, f"{row.split or 'no split'}, {row.label or 'no label'}")))
    heading = "LABELS DIFFER: " if _disputed(rows, members) else ""
    heading += f"{rows[members[0]].group}, {len(members)} pictures"
    if len(shown) < len(members):
        heading += f", the first {len(shown)} shown"
    return Block(tiles, heading)

"""Shares a data set out into train, val and test, so that near-duplicates never cross."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from maskservice.modelcard import Label
from masktrain.dataset.samples import SPLITS
from masktrain.dataset.table import FaceRow, read_table, write_table
from masktrain.errors import DatasetError

Existing = Literal["refuse", "again", "extend"]
"""What to do with rows that have a split: refuse to run, share all out again, or keep them."""

_TEST = SPLITS.index("test")


def split_table(
    data: Path,
    shares: Sequence[float] = (70, 15, 15),
    seed: int = 7,
    test_sources: Sequence[str] = (),
    existing: Existing = "refuse",
) -> list[FaceRow]:
    """Write the split of every labelled row into the table.

    Rows of one group get the same split, rows without a group are shared out one by one, and
    rows without a label get no split.

    Parameters
    ----------
    data : Path
        Folder with ``faces.csv``.
    shares : sequence of float
        Of train, val and test among the rows; only their ratio counts.
    seed : int
        Decides the order in which groups of the same size are shared out.
    test_sources : sequence of str
        Sources that become test as a whole. A group that holds a row of them goes with it; the
        shares speak of what is left.
    existing : str
        ``refuse`` if a row has a split; ``again`` forgets all splits; ``extend`` keeps them and
        shares out the rows that have none.

    Returns
    -------
    list of FaceRow
        The rows as written.

    Raises
    ------
    DatasetError
        If a row has a split and ``existing`` is ``refuse``, if a group that is to be kept is in
        two splits, if a test source does not exist, or if no row has a label.
    ValueError
        If the shares are not three numbers of which at least one is above 0, and none below.
    """
    if len(shares) != len(SPLITS):
        raise ValueError(f"Give a share of each of {', '.join(SPLITS)}: {len(shares)} were given.")
    rows = read_table(data)
    divided = sum(row.split != "" for row in rows)
    if divided and existing == "refuse":
        raise DatasetError(
            f"{divided} of {len(rows)} rows have a split. --again shares all rows out anew, "
            "--extend only those that have none."
        )
    missing = set(test_sources) - {row.source for row in rows}
    if missing:
        raise DatasetError(f"No row is of source {', '.join(sorted(missing))}.")
    labelled = [index for index, row in enumerate(rows) if row.label]
    if not labelled:
        raise DatasetError(f"No row of {data} has a label, so there is nothing to share out.")
    chosen = _share_out([rows[index] for index in labelled], shares, seed, test_sources, existing)
    names: dict[int, str] = dict(zip(labelled, chosen, strict=True))
    result = [replace(row, split=names.get(index, "")) for index, row in enumerate(rows)]
    write_table(data, result)
    return result


def _share_out(
    rows: list[FaceRow],
    shares: Sequence[float],
    seed: int,
    test_sources: Sequence[str],
    existing: Existing,
) -> list[str]:
    """Return the split of each of some labelled rows."""
    keys = group_keys([row.group for row in rows])
    reserved = {key for key, row in zip(keys, rows, strict=True) if row.source in test_sources}
    free = [index for index, key in enumerate(keys) if key not in reserved]
    kept: dict[Hashable, int] = {}
    if existing == "extend":
        for key, row in zip(keys, rows, strict=True):
            number = SPLITS.index(row.split) if row.split in SPLITS else None
            if number is not None and kept.setdefault(key, number) != number:
                raise DatasetError(f"Group {row.group} is in two splits: share it out with --again.")
            if key in reserved and number not in (None, _TEST):
                raise DatasetError(f"{row.path} is not in test: share it out with --again.")
    chosen = np.full(len(rows), _TEST)
    chosen[free] = assign(
        [keys[index] for index in free],
        [(rows[index].label, rows[index].source) for index in free],
        shares,
        seed,
        kept,
    )
    return [SPLITS[number] for number in chosen]


def group_keys(groups: Sequence[str]) -> list[Hashable]:
    """Return what tells groups apart: the name, or the row's number where a row has no group."""
    return [group or number for number, group in enumerate(groups)]


def assign(
    groups: Sequence[Hashable],
    strata: Sequence[tuple[str, ...]],
    shares: Sequence[float],
    seed: int,
    kept: Mapping[Hashable, int] | None = None,
) -> npt.NDArray[np.int64]:
    """Share rows out into parts by whole groups, so that each part looks like the whole.

    Greedy, as scikit-learn's ``StratifiedGroupKFold``, but with parts of different sizes and for
    strata of any size: the greatest groups come first, and each goes where it lessens the
    squared distance to the wanted counts most. The distance is taken over all rows, over the
    first element of the strata (the label) and over whole strata, each relative to the wanted
    count.

    Parameters
    ----------
    groups : sequence of hashable
        Of each row.
    strata : sequence of tuple of str
        Of each row: what is to be spread evenly, the most important first.
    shares : sequence of float
        Of the parts; only their ratio counts. A part whose share is 0 gets nothing.
    seed : int
        Decides the order of groups of one size.
    kept : mapping of hashable to int, optional
        Groups whose part stands already.

    Returns
    -------
    ndarray of int64, shape (n,)
        The part of each row, from 0.

    Raises
    ------
    ValueError
        If a share is below 0, or none is above.
    """
    ratio = np.asarray(shares, dtype=np.float64)
    if not (np.all(ratio >= 0) and ratio.sum() > 0):
        raise ValueError(f"Shares must not be below 0, and one must be above: {list(shares)}.")
    ratio = ratio / ratio.sum()
    numbers: dict[Hashable, int] = {}
    rows = np.array([numbers.setdefault(group, len(numbers)) for group in groups], dtype=np.int64)
    counts = _counts(rows, len(numbers), strata)
    wanted = ratio[:, None] * counts.sum(axis=0)
    # A wanted count of less than one row cannot be met, and must not outweigh the others.
    scale = wanted + np.array([0.0] + [1.0] * (counts.shape[1] - 1))
    have = np.zeros_like(wanted)
    parts = np.full(len(numbers), -1)
    for group, part in (kept or {}).items():
        if group in numbers:
            parts[numbers[group]] = part
            have[part] += counts[numbers[group]]
    usable = np.flatnonzero(ratio)
    shuffled = np.random.default_rng(seed).permutation(len(numbers))
    for group in shuffled[np.argsort(-counts[shuffled, 0], kind="stable")]:
        if parts[group] < 0:
            added = counts[group]
            gap = 2 * (have[usable] - wanted[usable]) + added
            cost = (added * gap / scale[usable]).sum(axis=1)
            parts[group] = usable[np.argmin(cost)]
            have[parts[group]] += added
    return parts[rows].astype(np.int64)


def _counts(
    rows: npt.NDArray[np.int64], groups: int, strata: Sequence[tuple[str, ...]]
) -> npt.NDArray[np.float64]:
    """Count rows by group and column: all of them, by first element, by whole stratum."""
    columns: dict[tuple[str, ...], int] = {(): 0}
    members = [
        [columns.setdefault(key, len(columns)) for key in ((), stratum[:1], stratum)] for stratum in strata
    ]
    counts = np.zeros((groups, len(columns)))
    for row, places in zip(rows, members, strict=True):
        counts[row, list(dict.fromkeys(places))] += 1
    return counts


def counts_by_split(rows: Sequence[FaceRow]) -> str:
    """Return a table of label by split as plain text, rows without split or label included."""
    splits = [*SPLITS, *([""] if any(not row.split for row in rows) else [])]
    labels = [*get_args(Label), *sorted({row.label for row in rows} - set(get_args(Label)))]
    tally = Counter((row.label, row.split) for row in rows)
    lines = [f"{'':<16}" + "".join(f"{split or 'no split':>10}" for split in splits)]
    for label in labels:
        cells = "".join(f"{tally[label, split]:>10}" for split in splits)
        lines.append(f"{label or 'no label':<16}{cells}")
    totals = Counter(row.split for row in rows)
    lines.append(f"{'all':<16}" + "".join(f"{totals[split]:>10}" for split in splits))
    return "\n".join(lines)

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from masktrain.dataset.split import assign, counts_by_split, group_keys, split_table
from masktrain.dataset.table import FaceRow, read_table, write_table
from masktrain.errors import DatasetError

LABELS = ("with_mask", "incorrect_mask", "without_mask", "not_face")


def row(number: int, label: str, source: str = "a", group: str = "", split: str = "") -> FaceRow:
    return FaceRow(f"faces/{number:04}.jpg", label, source, split, group, 0.0, 0.0, 9.0, 9.0)


def random_rows(seed: int) -> list[FaceRow]:
    """Rows of random labels, sources and groups; groups reach over labels and sources."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 400))
    groups = int(rng.integers(1, count + 1))
    rows = []
    for number in range(count):
        group = "" if rng.random() < 0.3 else f"g{rng.integers(groups)}"
        rows.append(row(number, str(rng.choice(LABELS)), f"s{rng.integers(4)}", group))
    return rows


def splits_of_groups(rows: Sequence[FaceRow]) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for face in rows:
        if face.group:
            found[face.group].add(face.split)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_no_group_ever_crosses(tmp_path: Path, seed: int) -> None:
    rows = random_rows(seed)
    write_table(tmp_path, rows)
    result = split_table(tmp_path, seed=seed, test_sources=[rows[0].source])
    assert result == read_table(tmp_path)
    assert [r.path for r in result] == [r.path for r in rows]
    assert all(len(names) == 1 for names in splits_of_groups(result).values())
    assert {r.split for r in result if r.source == rows[0].source} == {"test"}
    assert {r.split for r in result} <= {"train", "val", "test"}


def test_shares_hold_for_every_label_and_source(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    labels = [str(rng.choice(LABELS, p=(0.45, 0.05, 0.4, 0.1))) for _ in range(3000)]
    write_table(
        tmp_path,
        [row(n, label, "ab"[n % 5 == 0], f"g{rng.integers(2000)}") for n, label in enumerate(labels)],
    )
    result = split_table(tmp_path)
    tally = Counter((r.label, r.source, r.split) for r in result)
    for (label, source), total in Counter((r.label, r.source) for r in result).items():
        for split, share in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
            assert tally[label, source, split] == pytest.approx(share * total, abs=2), (label, source, split)


def test_the_same_seed_gives_the_same_split_and_another_seed_another(tmp_path: Path) -> None:
    write_table(tmp_path, random_rows(3))
    first = split_table(tmp_path)
    assert split_table(tmp_path, existing="again") == first
    assert split_table(tmp_path, existing="again", seed=8) != first


def test_a_handful_of_pictures_reaches_every_split(tmp_path: Path) -> None:
    write_table(tmp_path, [row(n, label) for n, label in enumerate(LABELS[:3] * 2)])
    result = split_table(tmp_path)
    assert Counter(r.split for r in result) == {"train": 4, "val": 1, "test": 1}


def test_a_share_of_nothing_gets_nothing(tmp_path: Path) -> None:
    write_table(tmp_path, random_rows(5))
    assert {r.split for r in split_table(tmp_path, shares=(80, 20, 0))} == {"train", "val"}


def test_rows_without_a_label_get_no_split(tmp_path: Path) -> None:
    write_table(tmp_path, [row(0, "with_mask"), row(1, "", split="train")])
    assert [r.split for r in split_table(tmp_path, existing="again")] == ["train", ""]


def test_a_split_is_not_overwritten_unasked(tmp_path: Path) -> None:
    write_table(tmp_path, [row(0, "with_mask"), row(1, "with_mask", split="val")])
    with pytest.raises(DatasetError, match=r"1 of 2 rows have a split.*--again"):
        split_table(tmp_path)
    assert read_table(tmp_path)[1].split == "val"


def test_extending_keeps_what_is_split(tmp_path: Path) -> None:
    old = [row(n, "with_mask", split="val", group="g") for n in range(3)]
    new = [row(n, "with_mask") for n in range(3, 20)]
    write_table(tmp_path, [*old, *new, row(20, "with_mask", group="g"), row(21, "with_mask", "b")])
    result = split_table(tmp_path, existing="extend", test_sources=["b"])
    assert {r.split for r in result if r.group == "g"} == {"val"}
    assert result[-1].split == "test"
    assert Counter(r.split for r in result[:-1]) == {"train": 14, "val": 4, "test": 3}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [row(0, "with_mask", "b", "g", "train"), row(1, "with_mask", "b", "g", "val")],
            "g is in two splits",
        ),
        ([row(0, "with_mask", "a", "g", "train"), row(1, "with_mask", "b", "g")], "not in test"),
    ],
)
def test_what_cannot_be_extended_is_explained(tmp_path: Path, rows: list[FaceRow], message: str) -> None:
    sources = ["b"] if "test" in message else []
    write_table(tmp_path, rows)
    with pytest.raises(DatasetError, match=message):
        split_table(tmp_path, existing="extend", test_sources=sources)


def test_a_source_that_does_not_exist_is_named(tmp_path: Path) -> None:
    write_table(tmp_path, [row(0, "with_mask")])
    with pytest.raises(DatasetError, match="No row is of source elsewhere"):
        split_table(tmp_path, test_sources=["elsewhere", "a"])


def test_a_table_without_labels_cannot_be_split(tmp_path: Path) -> None:
    write_table(tmp_path, [row(0, "")])
    with pytest.raises(DatasetError, match=r"No row .* has a label"):
        split_table(tmp_path)


@pytest.mark.parametrize("shares", [(70, 30), (0, 0, 0), (110, -10, 0)])
def test_senseless_shares_are_refused(tmp_path: Path, shares: tuple[float, ...]) -> None:
    write_table(tmp_path, [row(0, "with_mask")])
    with pytest.raises(ValueError, match=r"[Ss]hare"):
        split_table(tmp_path, shares=shares)


def test_one_large_group_does_not_go_to_a_small_part() -> None:
    groups = ["large"] * 60 + [f"g{n}" for n in range(40)]
    parts = assign(groups, [("x",)] * 100, (70, 15, 15), seed=0)
    assert set(parts[:60]) == {0}
    assert np.bincount(parts).tolist() == [70, 15, 15]


def test_rows_without_a_group_stand_alone() -> None:
    assert group_keys(["g", "", "", "g"]) == ["g", 1, 2, "g"]


def test_counts_tell_every_row() -> None:
    text = counts_by_split([row(0, "with_mask", split="train"), row(1, ""), row(2, "with_mask", split="val")])
    lines = [line.split() for line in text.splitlines()]
    assert lines[0] == ["train", "val", "test", "no", "split"]
    assert lines[1] == ["with_mask", "1", "1", "0", "0"]
    assert lines[-2:] == [["no", "label", "0", "0", "0", "1"], ["all", "1", "1", "0", "1"]]

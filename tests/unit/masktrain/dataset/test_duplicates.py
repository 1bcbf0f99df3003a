from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masktrain.dataset.duplicates import components, dedupe, name_groups
from masktrain.dataset.table import FaceRow, read_table, write_table

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"
COLLINS = (178.0, 65.0, 269.0, 176.0)
HOPPER = (177.0, 123.0, 355.0, 335.0)


def row(path: str, group: str = "", label: str = "with_mask", split: str = "") -> FaceRow:
    return FaceRow(path, label, "own", split, group, 0.0, 0.0, 9.0, 9.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two copies of one face, the second larger in its original, and one of another."""
    with Image.open(EXAMPLES / "collins.jpg") as picture:
        picture.save(tmp_path / "a.jpg")
        picture.save(tmp_path / "b.jpg", quality=50)
    with Image.open(EXAMPLES / "hopper.jpg") as picture:
        picture.save(tmp_path / "c.jpg")
    write_table(
        tmp_path,
        [
            FaceRow("a.jpg", "without_mask", "one", "train", "", *COLLINS, orig_box_px=91),
            FaceRow("b.jpg", "without_mask", "two", "val", "", *COLLINS, orig_box_px=182),
            FaceRow("c.jpg", "without_mask", "one", "train", "", *HOPPER),
        ],
    )
    return tmp_path


def relabel(folder: Path, labels: list[str]) -> None:
    rows = read_table(folder)
    write_table(folder, [replace(row, label=label) for row, label in zip(rows, labels, strict=True)])


def test_copies_share_a_group_and_every_row_has_one(folder: Path) -> None:
    report = dedupe(folder)
    groups = [row.group for row in read_table(folder)]
    assert groups[0] == groups[1] != groups[2]
    assert all(groups)
    assert (report.rows, report.groups, report.clusters, report.copies) == (3, 2, 1, 1)
    assert (report.disputed, report.dropped, report.sheets) == (0, 0, ())
    assert report.crossing == 1
    assert "1 groups are in several splits: run split --again" in report.summary()


def test_running_twice_changes_nothing(folder: Path) -> None:
    dedupe(folder)
    first = (folder / "faces.csv").read_bytes()
    dedupe(folder)
    assert (folder / "faces.csv").read_bytes() == first
    dedupe(folder, anew=True)
    assert (folder / "faces.csv").read_bytes() == first


def test_groups_of_the_table_are_kept_unless_anew(folder: Path) -> None:
    write_table(folder, [replace(row, group="photo") for row in read_table(folder)])
    assert dedupe(folder).groups == 1
    assert dedupe(folder, anew=True).groups == 2


def test_the_largest_copy_stays(folder: Path) -> None:
    report = dedupe(folder, drop=True)
    assert [row.path for row in read_table(folder)] == ["b.jpg", "c.jpg"]
    assert (report.rows, report.dropped, report.crossing) == (3, 1, 0)
    assert (folder / "a.jpg").is_file()


def test_a_labelled_copy_stays_before_a_larger_one(folder: Path) -> None:
    relabel(folder, ["without_mask", "", "without_mask"])
    dedupe(folder, drop=True)
    assert [row.path for row in read_table(folder)] == ["a.jpg", "c.jpg"]


def test_copies_of_different_labels_are_left_to_a_person(folder: Path) -> None:
    relabel(folder, ["without_mask", "incorrect_mask", "without_mask"])
    report = dedupe(folder, drop=True)
    assert (report.disputed, report.dropped) == (1, 0)
    assert len(read_table(folder)) == 3
    assert "different labels" in report.summary()


def test_faces_of_one_photograph_are_not_copies_of_each_other(folder: Path) -> None:
    """They share a group, so that no split parts them, but dropping one would lose a face."""
    write_table(folder, [replace(row, group="photo") for row in read_table(folder)])
    dedupe(folder, drop=True)
    assert [row.path for row in read_table(folder)] == ["b.jpg", "c.jpg"]


def test_the_sheet_shows_clusters_only(folder: Path, tmp_path: Path) -> None:
    report = dedupe(folder, sheet=tmp_path / "sheets" / "copies.jpg")
    assert report.sheets == (tmp_path / "sheets" / "copies.jpg",)
    with Image.open(report.sheets[0]) as page:
        assert page.format == "JPEG"
        assert page.width > page.height  # one row of tiles


def test_many_clusters_take_several_pages(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(51):
        pattern = Image.fromarray(rng.integers(0, 256, (8, 8)).astype(np.uint8)).resize((64, 64))
        for copy in "ab":
            pattern.save(tmp_path / f"{number}{copy}.png")
    rows = [FaceRow(file.name, "not_face", "own", "", "", 8, 8, 56, 56) for file in tmp_path.iterdir()]
    write_table(tmp_path, rows)
    report = dedupe(tmp_path, 0, sheet=tmp_path / "s.jpg")
    assert (report.clusters, report.copies) == (51, 51)
    assert [file.name for file in report.sheets] == ["s-1.jpg", "s-2.jpg"]


def test_a_long_cluster_is_shown_in_part(tmp_path: Path) -> None:
    with Image.open(EXAMPLES / "crops" / "hopper.jpg") as picture:
        small = picture.resize((64, 64))
    for number in range(21):
        small.save(tmp_path / f"{number}.png")
    rows = [FaceRow(f"{number}.png", "without_mask", "own", "", "", 8, 8, 56, 56) for number in range(21)]
    write_table(tmp_path, rows)
    (file,) = dedupe(tmp_path, sheet=tmp_path / "s.jpg").sheets
    with Image.open(file) as page:
        long = page.height
    write_table(tmp_path, rows[:11])
    (file,) = dedupe(tmp_path, sheet=tmp_path / "s.jpg").sheets
    with Image.open(file) as page:
        assert page.height == long  # two rows of ten, and eleven pictures take two rows


def test_components_are_joined_over_others() -> None:
    assert components(6, [(4, 5), (0, 5), (1, 2)]) == [[0, 4, 5], [1, 2], [3]]
    assert components(2, []) == [[0], [1]]


def test_names_do_not_depend_on_what_else_is_there() -> None:
    pair = [row("x/b.jpg"), row("x/a.jpg")]
    (name, same) = (r.group for r in name_groups(pair, [(0, 1)]))
    assert name == same
    longer = name_groups([row("x/c.jpg"), *pair, row("a/0.jpg")], [(1, 2)])
    assert [r.group for r in longer][1:3] == [name, name]
    assert len({r.group for r in longer}) == 3


def test_joined_groups_keep_the_most_frequent_name() -> None:
    rows = [row("a", "few"), row("b", "many"), row("c", "many"), row("d"), row("e", "other")]
    assert [r.group for r in name_groups(rows, [(0, 1), (3, 0)])] == ["many"] * 4 + ["other"]

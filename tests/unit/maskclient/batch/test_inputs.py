import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from maskclient.batch.inputs import Input, InputFinder, Unusable, common_folder, is_archive
from maskclient.batch.journal import Journal
from maskclient.errors import ConfigurationInvalid


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"12345")


def paths(found: Iterable[Input | Unusable]) -> list[str]:
    return [item.path for item in found if isinstance(item, Input)]


def test_pictures_and_archives_are_found_below_a_folder(tmp_path: Path) -> None:
    touch(tmp_path, "b.jpg", "a/x.PNG", "a/y.webp", "c.zip", "d.tar.gz", "e.tgz", "f.tar", "g.jpeg")
    touch(tmp_path, "notes.txt", ".hidden.jpg", ".git/z.jpg", "a.jpg.json")
    finder = InputFinder([tmp_path], tmp_path)
    assert paths(finder) == ["a/x.PNG", "a/y.webp", "b.jpg", "c.zip", "d.tar.gz", "e.tgz", "f.tar", "g.jpeg"]
    assert str(finder.left_out) == "2 files neither a JPEG, PNG or WebP picture nor an archive"


def test_size_and_time_come_along(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    os.utime(tmp_path / "a.jpg", ns=(5, 7))
    assert list(InputFinder([tmp_path], tmp_path)) == [Input("a.jpg", 5, 7)]


def test_pictures_that_are_not_read_fail_and_are_not_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "a.heic")
    (found,) = InputFinder([tmp_path], tmp_path)
    assert isinstance(found, Unusable)
    assert (found.path, found.type) == ("a.heic", "undecodable-image")


def test_a_file_named_directly_is_taken_whatever_its_name(tmp_path: Path) -> None:
    touch(tmp_path, "frame")
    assert paths(InputFinder([tmp_path / "frame"], tmp_path)) == ["frame"]


def test_own_files_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "out.results/b.jpg", "sub/out.results/c.jpg")
    finder = InputFinder([tmp_path], tmp_path, [tmp_path / "out.results"])
    assert paths(finder) == ["a.jpg", "sub/out.results/c.jpg"]


def test_what_other_runs_left_is_known_by_their_journals(tmp_path: Path) -> None:
    Journal(tmp_path / "out.csv.journal").close()
    touch(tmp_path, "a.jpg", "out.csv", "out.csv.journal-journal", "out.csv.results/out/x.json")
    touch(tmp_path, "out.csv.results/form")
    finder = InputFinder([tmp_path], tmp_path)
    assert (paths(finder), str(finder.left_out)) == (["a.jpg"], "")


def test_what_only_looks_like_the_work_of_a_run_is_judged(tmp_path: Path) -> None:
    touch(tmp_path, "a.journal", "a.results/x.jpg")  # no journal of ours
    Journal(tmp_path / "b.zip.journal").close()
    touch(tmp_path, "b.zip", "b.zip.results/y.jpg")
    finder = InputFinder([tmp_path], tmp_path)
    assert paths(finder) == ["a.results/x.jpg", "b.zip", "b.zip.results/y.jpg"]
    assert finder.left_out.others == 1


def test_links_are_followed_to_files_inside_only(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    touch(tmp_path, "photos/a.jpg", "photos/sub/b.jpg", "outside.jpg", "photos2/c.jpg")
    (root / "in.jpg").symlink_to("a.jpg")
    (root / "out.jpg").symlink_to(tmp_path / "outside.jpg")
    (root / "near.jpg").symlink_to(tmp_path / "photos2" / "c.jpg")
    (root / "folder").symlink_to(root / "sub")
    finder = InputFinder([root], root)
    assert paths(finder) == ["a.jpg", "in.jpg", "sub/b.jpg"]
    assert finder.left_out.links == 3


def test_a_pipe_is_no_picture(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert list(InputFinder([tmp_path], tmp_path)) == []


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")).touch()
    (found,) = InputFinder([tmp_path], tmp_path)
    assert found == Unusable("\\udcff.jpg", "bad-name", "its name is not valid Unicode; rename it")


def test_names_that_are_no_text_stay_apart(tmp_path: Path) -> None:
    for name in (b"/b\xff.jpg", b"/b\xfe.jpg"):
        Path(os.fsdecode(os.fsencode(tmp_path) + name)).touch()
    assert len({item.path for item in InputFinder([tmp_path], tmp_path)}) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_folder_costs_the_others_nothing(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.jpg", "b/y.jpg")
    (tmp_path / "a").chmod(0)
    found = list(InputFinder([tmp_path], tmp_path))
    (tmp_path / "a").chmod(0o700)
    assert isinstance(found[0], Unusable)
    assert (found[0].path, found[0].type) == ("a", "unreadable")
    assert paths(found) == ["b/y.jpg"]


def test_the_common_folder_keeps_equal_names_apart(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.jpg", "b/x.jpg")
    named = [tmp_path / "a", tmp_path / "b" / "x.jpg"]
    root = common_folder(named)
    assert root == tmp_path
    assert paths(InputFinder(named, root)) == ["a/x.jpg", "b/x.jpg"]


def test_a_folder_alone_is_the_common_folder_and_that_of_a_file_its_own(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.jpg")
    assert common_folder([tmp_path / "a"]) == tmp_path / "a"
    assert common_folder([tmp_path / "a" / "x.jpg"]) == tmp_path / "a"


def test_a_path_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="no such file"):
        common_folder([tmp_path / "missing"])


@pytest.mark.parametrize(("name", "archive"), [("a.ZIP", True), ("a.tar.gz", True), ("a.zip.jpg", False)])
def test_archives_are_known_by_their_names(name: str, archive: bool) -> None:  # noqa: FBT001
    assert is_archive(name) is archive

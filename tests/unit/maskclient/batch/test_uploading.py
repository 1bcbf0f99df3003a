import io
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from maskclient.batch.bucket import Bucket, FileRefused, Stopped
from maskclient.batch.bucketerrors import BucketTroubled
from maskclient.batch.inputs import InputFinder
from maskclient.batch.journal import Journal
from maskclient.batch.objects import Sent
from maskclient.batch.progress import Stage
from maskclient.batch.uploading import MOST_TROUBLED, upload
from tests.unit.maskclient.batch.conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "in/photos/j/"


def stage() -> Stage:
    return Stage(Console(file=io.StringIO()), "Sending", 1)


def find(journal: Journal, root: Path) -> None:
    for found in InputFinder([root], root):
        journal.add(found)  # type: ignore[arg-type]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.jpg", "b b.jpg", "sub/ä.jpg"):
        (folder / name).write_text(name)
    return folder


def test_everything_is_sent_once(bucket: Bucket, s3: "S3Client", journal: Journal, photos: Path) -> None:
    for _ in range(2):
        find(journal, photos)
        upload(journal, bucket, photos, PREFIX, 4, stage())
    versions = s3.list_object_versions(Bucket=BUCKET)["Versions"]
    assert [version["Key"] for version in versions] == [
        PREFIX + name for name in ("a.jpg", "b b.jpg", "sub/ä.jpg")
    ]
    assert journal.count("sent") == 3
    for entry in journal.entries("sent"):
        (lying,) = bucket.lying(PREFIX + entry.path)
        assert (entry.version, entry.day) == (lying.version, lying.day)


def test_only_what_has_changed_is_sent_again(bucket: Bucket, journal: Journal, photos: Path) -> None:
    find(journal, photos)
    upload(journal, bucket, photos, PREFIX, 4, stage())
    before = {entry.path: entry.version for entry in journal.entries("sent")}
    (photos / "a.jpg").write_text("something else")
    find(journal, photos)
    assert [entry.path for entry in journal.entries("found")] == ["a.jpg"]
    upload(journal, bucket, photos, PREFIX, 4, stage())
    after = {entry.path: entry.version for entry in journal.entries("sent")}
    assert [path for path in after if after[path] != before[path]] == ["a.jpg"]


def test_a_file_that_cannot_be_sent_costs_the_others_nothing(
    bucket: Bucket, journal: Journal, photos: Path
) -> None:
    folder = photos
    for _ in range(4):
        folder /= "d" * 200
    folder.mkdir(parents=True)
    (folder / "deep.jpg").touch()
    find(journal, photos)
    (photos / "a.jpg").unlink()
    upload(journal, bucket, photos, PREFIX, 4, stage())
    assert [entry.path for entry in journal.entries("sent")] == ["b b.jpg", "sub/ä.jpg"]
    missing, long = journal.problems()
    assert (missing["path"], missing["error"], missing["detail"]) == (
        "a.jpg",
        "not-uploaded",
        "no such file or directory",
    )
    assert "too long" in long["detail"]


class Troubled:
    """A bucket that takes the first files only."""

    def __init__(self, good: int, every: int = 1) -> None:
        self.puts = 0
        self._good = good
        self._every = every
        self.closed = False

    def put(self, file: Path, key: str) -> Sent:
        self.puts += 1
        if "refused" in file.name:
            raise FileRefused(key)
        if self.puts > self._good and self.puts % self._every == 0:
            raise BucketTroubled("S3 cannot be reached.")
        return Sent("v", "2026-11-26")

    def close(self) -> None:
        self.closed = True


class Slow(Troubled):
    """Takes a file named large until it is closed."""

    def __init__(self) -> None:
        super().__init__(1000)
        self._begun = threading.Event()
        self._closed = threading.Event()
        self.ended_in_time = False

    def put(self, file: Path, key: str) -> Sent:
        if file.name == "large.jpg":
            self._begun.set()
            self.ended_in_time = self._closed.wait(20)
            raise Stopped
        assert self._begun.wait(20)
        return super().put(file, key)

    def close(self) -> None:
        self._closed.set()


class Interrupted(Stage):
    """Is interrupted at the first file."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()), "Sending", 1)

    def advance(self, number: int = 1) -> None:
        del number
        raise KeyboardInterrupt


def test_an_interruption_does_not_wait_for_large_files(journal: Journal, tmp_path: Path) -> None:
    for name in ("a.jpg", "large.jpg"):
        (tmp_path / name).touch()
    find(journal, tmp_path)
    bucket = Slow()
    with pytest.raises(KeyboardInterrupt):
        upload(journal, bucket, tmp_path, PREFIX, 2, Interrupted())  # type: ignore[arg-type]
    assert bucket.ended_in_time
    assert [entry.path for entry in journal.entries("sent")] == ["a.jpg"]


def test_when_nothing_can_be_sent_any_more_it_ends(journal: Journal, tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number:03}.jpg").touch()
    find(journal, tmp_path)
    bucket = Troubled(10)
    with pytest.raises(BucketTroubled, match="cannot be reached"):
        upload(journal, bucket, tmp_path, PREFIX, 2, stage())  # type: ignore[arg-type]
    assert bucket.closed
    assert bucket.puts < 10 + MOST_TROUBLED + 20
    assert journal.count("sent") == 10


def test_files_that_are_refused_do_not_end_it(journal: Journal, tmp_path: Path) -> None:
    for number in range(2 * MOST_TROUBLED):
        (tmp_path / f"refused{number}.jpg").touch()
    (tmp_path / "z.jpg").touch()
    find(journal, tmp_path)
    upload(journal, Troubled(1000), tmp_path, PREFIX, 2, stage())  # type: ignore[arg-type]
    assert journal.count("sent") == 1
    assert len(list(journal.problems())) == 2 * MOST_TROUBLED


def test_troubles_now_and_then_do_not_end_it(journal: Journal, tmp_path: Path) -> None:
    for number in range(3 * MOST_TROUBLED):
        (tmp_path / f"{number:03}.jpg").touch()
    find(journal, tmp_path)
    upload(journal, Troubled(0, every=2), tmp_path, PREFIX, 1, stage())  # type: ignore[arg-type]
    assert journal.count("sent") == 1.5 * MOST_TROUBLED

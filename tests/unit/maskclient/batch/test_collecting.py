import io
import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from maskclient.batch.bucket import Bucket, Stopped
from maskclient.batch.bucketerrors import BucketTroubled
from maskclient.batch.collecting import Collector, collect, days
from maskclient.batch.journal import Journal
from maskclient.batch.progress import Stage
from maskclient.errors import BatchFailed
from tests.unit.maskclient.batch.conftest import BUCKET
from tests.unit.maskclient.batch.documents import face, failure, picture
from tests.unit.maskclient.batch.fakefunction import FakeFunction

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "in/photos/j/"


def send(bucket: Bucket, journal: Journal, tmp_path: Path, **contents: str) -> None:
    for name, content in contents.items():
        path = name.replace("__", "/").replace("_", ".")
        (tmp_path / "content").write_text(content)
        sent = bucket.put(tmp_path / "content", PREFIX + path)
        journal.add_sent(path, sent.version, sent.day)


def collector(bucket: Bucket, journal: Journal, *, delete: bool = False, threads: int = 4) -> Collector:
    return Collector(
        journal, bucket, PREFIX, threads, Stage(Console(file=io.StringIO()), "Collecting", 1), delete=delete
    )


def told(journal: Journal) -> list[tuple[str, str | None, str | None]]:
    return [(row["path"], row["member"], row["verdict"] or row["error"]) for row in journal.rows()]


def test_all_answers_are_collected_once(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path
) -> None:
    send(bucket, journal, tmp_path, a_jpg="compliant violation", sub__b_jpg="none", c_jpg="broken")
    send(bucket, journal, tmp_path, d_zip="x.jpg: rejected\nsub/y.jpg: broken", a_jpg_more_jpg="uncertain")
    FakeFunction(s3).answer()
    looks = collector(bucket, journal)
    assert looks.look() == 7
    assert looks.look() == 0
    assert told(journal) == [
        ("a.jpg", None, "compliant"),
        ("a.jpg", None, "violation"),
        ("a.jpg.more.jpg", None, "uncertain"),
        ("c.jpg", None, "undecodable-image"),
        ("d.zip", "sub/y.jpg", "undecodable-image"),
        ("d.zip", "x.jpg", "rejected"),
        ("sub/b.jpg", None, None),
    ]
    assert journal.count("done") == 5


def test_only_answers_to_what_was_sent_count(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path
) -> None:
    send(bucket, journal, tmp_path, a_jpg="violation")
    FakeFunction(s3).answer()
    (tmp_path / "content").write_text("compliant")
    sent = bucket.put(tmp_path / "content", PREFIX + "a.jpg")
    journal.add_sent("a.jpg", sent.version, sent.day)
    wrong = picture(PREFIX + "other.jpg", sent.version, face("rejected"))
    place = f"out/{sent.day}/photos/j/a.jpg/{sent.version}.json"
    s3.put_object(Bucket=BUCKET, Key=place, Body=json.dumps(wrong).encode())
    s3.put_object(Bucket=BUCKET, Key=f"out/{sent.day}/photos/j/notes.txt", Body=b"")
    s3.put_object(Bucket=BUCKET, Key=f"out/{sent.day}/photos/j/b.jpg/{sent.version}.json", Body=b"{}")
    assert collector(bucket, journal).look() == 0
    FakeFunction(s3).answer()
    assert collector(bucket, journal).look() == 1
    assert told(journal) == [("a.jpg", None, "compliant")]


def test_an_archive_waits_for_all_its_members(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path
) -> None:
    send(bucket, journal, tmp_path, d_zip="x.jpg: rejected\ny.jpg: compliant\nz.jpg: broken")
    FakeFunction(s3).answer()
    (entry,) = journal.entries("sent")
    late = f"out/{entry.day}/photos/j/d.zip/{entry.version}/y.jpg.json"
    body = s3.get_object(Bucket=BUCKET, Key=late)["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=late)
    assert collector(bucket, journal).look() == 3
    assert journal.count("done") == 0
    s3.put_object(Bucket=BUCKET, Key=late, Body=body)
    assert collector(bucket, journal).look() == 1  # as a run does that goes on
    assert journal.count("done") == 1
    assert len(told(journal)) == 3


def test_the_members_before_the_damage_of_an_archive_count(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path
) -> None:
    members = [f"{number:02}.jpg" for number in range(12)]
    send(bucket, journal, tmp_path, d_zip="\n".join(f"{member}: compliant" for member in members))
    FakeFunction(s3).answer()
    (entry,) = journal.entries("sent")
    place = f"{entry.day}/photos/j/d.zip/{entry.version}.json"
    s3.delete_object(Bucket=BUCKET, Key=f"out/{place}")
    damaged = json.dumps(failure(PREFIX + "d.zip", str(entry.version), "bad-archive")).encode()
    s3.put_object(Bucket=BUCKET, Key=f"failed/{place}", Body=damaged)
    # More members than are fetched at once: the failure is known before the last of them are listed.
    collector(bucket, journal, threads=1).look()
    assert journal.count("done") == 1
    expected = [("d.zip", member, "compliant") for member in members]
    assert told(journal) == [("d.zip", None, "bad-archive"), *expected]


def test_an_answer_that_is_none_is_told(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path
) -> None:
    send(bucket, journal, tmp_path, a_jpg="compliant", b_jpg="compliant")
    FakeFunction(s3).answer()
    entry = journal.entry("a.jpg")
    assert entry is not None
    place = f"out/{entry.day}/photos/j/a.jpg/{entry.version}.json"
    s3.put_object(Bucket=BUCKET, Key=place, Body=b"not JSON")
    assert collect(collector(bucket, journal), journal, 1000)
    assert told(journal) == [("a.jpg", None, "unreadable-answer"), ("b.jpg", None, "compliant")]


def test_inputs_are_deleted_when_they_are_judged(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path
) -> None:
    send(bucket, journal, tmp_path, a_jpg="compliant", b_jpg="broken", c_jpg="none", d_zip="x.jpg: broken")
    FakeFunction(s3).answer(leaving=2)
    looks = collector(bucket, journal, delete=True)
    looks.look()
    left = [version["Key"] for version in s3.list_object_versions(Bucket=BUCKET, Prefix="in/")["Versions"]]
    assert left == [PREFIX + name for name in ("b.jpg", "c.jpg", "d.zip")]
    FakeFunction(s3).answer()
    looks.look()
    left = [version["Key"] for version in s3.list_object_versions(Bucket=BUCKET, Prefix="in/")["Versions"]]
    assert left == [PREFIX + name for name in ("b.jpg", "d.zip")]  # failures stay for a look
    assert looks.undeleted == {}


class Failing:
    """A bucket that fails, as told, when a certain answer is read."""

    def __init__(self, bucket: Bucket, key: str, error: BaseException) -> None:
        self._bucket = bucket
        self._key = key
        self._error: BaseException | None = error

    def read(self, key: str) -> bytes | None:
        if self._key in key and self._error is not None:
            error, self._error = self._error, None
            raise error
        return self._bucket.read(key)

    def __getattr__(self, name: str) -> object:
        return getattr(self._bucket, name)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BatchFailed("These credentials do not allow it.")])
def test_a_run_that_ends_in_the_middle_of_a_look_loses_no_answer(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path, error: BaseException
) -> None:
    # More than are fetched ahead: some are kept before the last one is read.
    good = {f"a{number}_jpg": "compliant" for number in range(8)}
    send(bucket, journal, tmp_path, **good, b_jpg="broken", z_jpg="none")
    FakeFunction(s3).answer()
    failing: Any = Failing(bucket, "z.jpg", error)
    with pytest.raises(type(error)):
        collector(failing, journal, threads=1).look()
    assert journal.has("b.jpg")
    assert journal.has("a0.jpg")
    assert journal.count("sent") == 10
    assert collect(collector(bucket, journal, delete=True), journal, 0)
    assert told(journal) == [
        *((f"a{number}.jpg", None, "compliant") for number in range(8)),
        ("b.jpg", None, "undecodable-image"),
        ("z.jpg", None, None),
    ]
    assert list(bucket.keys("in/")) == [PREFIX + "b.jpg"]


def test_trouble_in_the_middle_of_a_look_does_not_end_the_next_one(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path
) -> None:
    send(bucket, journal, tmp_path, a_jpg="compliant", b_jpg="none")
    FakeFunction(s3).answer()
    clock = Clock()
    failing: Any = Failing(bucket, "a.jpg", BucketTroubled("S3 cannot be reached."))
    assert collect(collector(failing, journal), journal, 100, clock, clock.sleep)
    assert told(journal) == [("a.jpg", None, "compliant"), ("b.jpg", None, None)]


def test_an_interruption_ends_what_is_being_read(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path
) -> None:
    send(bucket, journal, tmp_path, a_jpg="compliant")
    FakeFunction(s3).answer()
    failing: Any = Failing(bucket, "a.jpg", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        collector(failing, journal).look()
    with pytest.raises(Stopped):
        bucket.read("out/anything")


class Keeping:
    """A bucket that lets nobody delete some things, until it does."""

    def __init__(self, bucket: Bucket, *kept: str) -> None:
        self._bucket = bucket
        self.kept = kept

    def delete(self, objects: Iterable[tuple[str, str]]) -> dict[str, str]:
        pairs = list(objects)
        refused = {key: "Access Denied" for key, _ in pairs if key in self.kept}
        return refused | self._bucket.delete([pair for pair in pairs if pair[0] not in refused])

    def __getattr__(self, name: str) -> object:
        return getattr(self._bucket, name)


def test_an_input_that_could_not_be_deleted_is_deleted_by_the_next_run(
    bucket: Bucket, s3: "S3Client", journal: Journal, tmp_path: Path
) -> None:
    send(bucket, journal, tmp_path, a_jpg="compliant", b_jpg="none")
    FakeFunction(s3).answer()
    keeping: Any = Keeping(bucket, PREFIX + "a.jpg")
    for _ in range(2):
        looks = collector(keeping, journal, delete=True)
        looks.look()
        looks.look()  # once for each run
        assert looks.undeleted == {PREFIX + "a.jpg": "Access Denied"}
        assert list(bucket.keys("in/")) == [PREFIX + "a.jpg"]
        journal.forget_problems()
    collector(bucket, journal, delete=True).look()
    assert list(bucket.keys("in/")) == []


def test_days_reach_over_both_ends() -> None:
    assert list(days(date(2026, 2, 28), date(2026, 3, 1))) == [
        "2026-02-27",
        "2026-02-28",
        "2026-03-01",
        "2026-03-02",
    ]


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Scripted(Collector):
    """Finds as many answers as it is told, and then none."""

    def __init__(self, journal: Journal, script: Sequence[int | Exception]) -> None:
        self._journal = journal
        self._script = list(script)

    def look(self) -> int:
        found = self._script.pop(0) if self._script else 0
        if isinstance(found, Exception):
            raise found
        for _ in range(found):
            self._journal.done(next(self._journal.entries("sent")).path)
        return found


@pytest.fixture
def waiting(journal: Journal) -> Journal:
    for number in range(3):
        journal.add_sent(f"{number}.jpg", "v", "2026-11-26")
    return journal


def test_the_pauses_grow_until_something_comes(waiting: Journal) -> None:
    clock = Clock()
    assert collect(Scripted(waiting, [0] * 9 + [1, 2]), waiting, 1000, clock, clock.sleep)
    assert clock.pauses[0] == 1
    assert clock.pauses[8] == 15
    assert clock.pauses[9] == 1


def test_the_wait_ends_when_nothing_comes_any_more(waiting: Journal) -> None:
    clock = Clock()
    assert not collect(Scripted(waiting, [0, 0, 1]), waiting, 100, clock, clock.sleep)
    assert clock.now == pytest.approx(2.5 + 100)


def test_what_may_pass_is_waited_out(waiting: Journal) -> None:
    clock = Clock()
    trouble = BucketTroubled("S3 cannot be reached.")
    assert collect(Scripted(waiting, [trouble, trouble, 3]), waiting, 100, clock, clock.sleep)
    waiting.add_sent("4.jpg", "v", "2026-11-26")
    with pytest.raises(BatchFailed, match="cannot be reached"):
        collect(Scripted(waiting, [trouble] * 100), waiting, 100, clock, clock.sleep)


def test_what_does_not_pass_ends_the_wait(waiting: Journal) -> None:
    with pytest.raises(BatchFailed, match="gone"):
        collect(Scripted(waiting, [BatchFailed("gone")]), waiting, 100)

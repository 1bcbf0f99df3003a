import json
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from maskclient import cli
from maskclient.batch import collecting
from maskclient.batch.workers import Workers
from maskclient.commands import batch as command
from maskclient.commands import batchoptions
from tests.unit.maskclient.batch.conftest import BUCKET
from tests.unit.maskclient.batch.fakefunction import FakeFunction
from tests.unit.maskclient.batch.test_workers import FAKE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Run = Callable[..., int]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(command, "Workers", partial(Workers, command=FAKE))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: cli.main(["batch", *map(str, arguments), "--local", "--workers", "2"])


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: "S3Client") -> Run:
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    monkeypatch.setattr(collecting, "FIRST_PAUSE", 0.01)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: cli.main(["batch", *map(str, arguments)])


@pytest.fixture
def function(there: Run, s3: "S3Client") -> Iterator[None]:
    """A function that answers as long as the test runs."""
    del there  # has made the bucket
    ended = threading.Event()

    def play() -> None:
        answered: set[str] = set()
        while not ended.wait(0.02):
            found = s3.list_object_versions(Bucket=BUCKET, Prefix="in/").get("Versions", [])
            if {version["VersionId"] for version in found} - answered:
                FakeFunction(s3).answer()
                answered |= {version["VersionId"] for version in found}

    thread = threading.Thread(target=play)
    thread.start()
    yield
    ended.set()
    thread.join()


def write(folder: Path, **contents: str) -> None:
    for name, content in contents.items():
        (folder / name.replace("_", ".")).write_text(content)


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def told(file: Path) -> list[tuple[str, str | None, str | None]]:
    return [(line["path"], line["member"], line["verdict"] or line["error"]) for line in lines(file)]


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        ({"a_jpg": "compliant", "b_jpg": "none", "c_jpg": "uncertain"}, 0),
        ({"a_jpg": "compliant", "b_jpg": "violation"}, 1),
        ({"a_jpg": "broken", "b_jpg": "violation"}, 2),
        ({"a_jpg": "full", "b_jpg": "violation"}, 2),
        ({"a_jpg": "die", "b_jpg": "compliant"}, 2),
    ],
)
def test_exit_codes_are_those_of_image(here: Run, photos: Path, contents: dict[str, str], code: int) -> None:
    write(photos, **contents)
    assert here(photos, "--out", "a.jsonl") == code


def test_everything_is_in_the_table_and_the_summary(
    here: Run, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        photos, a_jpg="compliant", b_jpg="broken", c_zip="members", d_jpg="die", e_jpg="violation", n_txt="x"
    )
    assert here(photos, "--out", "a.jsonl") == 2
    assert told(Path("a.jsonl")) == [
        ("a.jpg", None, "compliant"),
        ("b.jpg", None, "undecodable-image"),
        ("c.zip", "m0.jpg", "compliant"),
        ("c.zip", "m1.jpg", "undecodable-image"),
        ("d.jpg", None, "worker-died"),
        ("e.jpg", None, "violation"),
    ]
    err = capsys.readouterr().err
    assert "3 pictures, 3 faces, 2 compliant, 1 violation, " in err
    assert "Left out: 1 file neither a JPEG, PNG or WebP picture" in err
    assert "1 failure of the kind worker-died:\n  d.jpg: 3 workers ended while they judged it" in err
    assert "  c.zip!/m1.jpg: no" in err


def test_the_same_command_asks_for_what_is_not_done_alone(here: Run, photos: Path) -> None:
    write(photos, a_jpg="compliant", b_jpg="full", c_jpg="compliant")
    assert here(photos, "--out", "a.jsonl") == 2
    asked = Path("a.jsonl.results/asked")
    asked.unlink()
    write(photos, b_jpg="compliant", c_jpg="violation, as it is now")
    assert here(photos, "--out", "a.jsonl") == 0
    assert sorted(line.split()[1] for line in asked.read_text().splitlines()) == ["b.jpg", "c.jpg"]
    assert told(Path("a.jsonl"))[2] == ("c.jpg", None, "violation, as it is now")
    asked.unlink()
    Path("a.jsonl").unlink()
    assert here(photos, "--out", "a.jsonl") == 0
    assert not asked.exists()
    assert len(lines(Path("a.jsonl"))) == 3


def test_without_out_the_lines_are_printed(
    here: Run, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_jpg="compliant")
    assert here(photos) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["path"] == "a.jpg"
    (journal,) = Path().glob("photos-*.journal")
    assert journal.with_suffix(".results").is_dir()


def test_a_disk_without_room_ends_the_work(
    here: Run, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, **{f"p{number}_jpg": "full" for number in range(60)})
    assert here(photos, "--out", "a.csv") == 2
    assert "20 files in a row could not be done; the last one: No space left" in capsys.readouterr().err
    assert not Path("a.csv").exists()


def test_answers_of_two_models_are_not_mixed(
    here: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_jpg="compliant")
    assert here(photos, "--out", "a.csv") == 0
    write(photos, b_jpg="compliant")
    monkeypatch.setenv("FAKE_MODEL", "2.0.0")
    assert here(photos, "--out", "a.csv") == 2
    assert "its model is fake 1.0.0" in capsys.readouterr().err


def test_answers_of_another_model_from_before_are_refused(
    here: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_jpg="compliant")
    assert here(photos, "--out", "a.csv") == 0
    Path("a.csv.journal").unlink()
    monkeypatch.setenv("FAKE_MODEL", "2.0.0")
    assert here(photos, "--out", "a.csv") == 2
    assert "a.csv.results holds answers of the model fake 1.0.0" in capsys.readouterr().err


def test_answers_about_crops_and_photos_are_not_mixed(
    here: Run, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_jpg="broken")  # a failure does not tell what it is about
    assert here(photos, "--out", "a.csv", "--crops") == 2
    assert here(photos, "--out", "a.csv") == 2
    assert "its form is crops, not photos. Name another --out; or" in capsys.readouterr().err
    assert here(photos, "--out", "a.csv", "--journal", "another") == 2
    assert "a.csv.results holds answers about crops, not about photos." in capsys.readouterr().err
    assert here(photos, "--out", "a.csv", "--journal", "third", "--results", "third.results") == 2
    assert "1 failure of the kind undecodable-image" in capsys.readouterr().err


def test_pictures_looked_at_as_crops_are_not_taken_for_photos(
    here: Run, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_jpg="compliant")
    assert here(photos, "--out", "a.csv", "--crops") == 0
    Path("a.csv.journal").unlink()
    Path("a.csv.results/form").unlink()
    assert here(photos, "--out", "a.csv") == 2
    assert "a.csv.results holds answers of the detector none, and here" in capsys.readouterr().err


def test_answers_of_two_thresholds_are_not_mixed(
    here: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_jpg="compliant")
    assert here(photos, "--out", "a.csv") == 0
    write(photos, b_jpg="compliant")
    monkeypatch.setenv("FAKE_THRESHOLD", "0.7")
    assert here(photos, "--out", "a.csv") == 2
    assert "its detector is finder 1.0.0" in capsys.readouterr().err
    Path("a.csv.journal").unlink()
    assert here(photos, "--out", "a.csv") == 2
    err = capsys.readouterr().err
    assert "a.csv.results holds answers of the detector finder 1.0.0" in err
    assert "threshold 0.5), and here it is finder 1.0.0" in err
    Path("a.csv.journal").unlink()
    assert here(photos, "--out", "b.csv", "--crops") == 0  # where no face is looked for


def test_pictures_that_are_not_read_alone_make_a_table_of_failures(
    here: Run, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_heic="x", b_heic="x")
    assert here(photos, "--out", "a.jsonl") == 2
    assert told(Path("a.jsonl")) == [(name, None, "undecodable-image") for name in ("a.heic", "b.heic")]
    assert "a.heic: only JPEG, PNG and WebP pictures are read" in capsys.readouterr().err


def test_what_runs_leave_in_the_folder_is_not_told_as_left_out(
    here: Run, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_jpg="compliant")
    for _ in range(2):
        for name in ("first.csv", "second.jsonl"):
            assert here(photos, "--out", photos / name) == 0
    assert here(photos, "--out", photos / "c.csv", "--journal", photos / "own") == 0
    assert "Left out" not in capsys.readouterr().err


def test_workers_that_do_not_start_are_told(
    here: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAKE_START", "fails")
    write(photos, a_jpg="compliant")
    assert here(photos, "--out", "a.csv") == 2
    assert (
        "maskclient: The function did not start on this computer: the model is missing."
        in capsys.readouterr().err
    )


@pytest.mark.usefixtures("function")
def test_a_folder_goes_through_a_bucket(there: Run, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        photos, a_jpg="compliant violation", b_jpg="none", c_zip="x.jpg: broken\ny.jpg: compliant", d_heic=""
    )
    assert there(photos, "--bucket", f"s3://{BUCKET}", "--out", "a.jsonl") == 2
    assert told(Path("a.jsonl")) == [
        ("a.jpg", None, "compliant"),
        ("a.jpg", None, "violation"),
        ("b.jpg", None, None),
        ("c.zip", "x.jpg", "undecodable-image"),
        ("c.zip", "y.jpg", "compliant"),
        ("d.heic", None, "undecodable-image"),
    ]
    assert "3 pictures, 3 faces" in capsys.readouterr().err


def test_nothing_is_sent_twice(there: Run, photos: Path, s3: "S3Client") -> None:
    write(photos, a_jpg="compliant", b_jpg="violation")
    arguments = (photos, "--bucket", f"s3://{BUCKET}", "--job", "j", "--crops", "--out", "a.jsonl")
    assert there(*arguments, "--no-wait") == 0
    FakeFunction(s3).answer()
    assert there(*arguments) == 1
    assert there(*arguments) == 1
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix="in/")["Versions"]
    assert [version["Key"] for version in versions] == ["in/crops/j/a.jpg", "in/crops/j/b.jpg"]
    assert [line["date"] for line in lines(Path("a.jsonl"))] == [
        version["LastModified"].date().isoformat() for version in versions
    ]


def test_what_lies_there_already_is_collected(there: Run, photos: Path, s3: "S3Client") -> None:
    write(photos, a_jpg="compliant", b_jpg="violation")
    assert there(photos, "--bucket", f"s3://{BUCKET}", "--job", "j", "--no-wait") == 0
    FakeFunction(s3).answer()
    assert there(f"s3://{BUCKET}/in/photos/j/", "--out", "a.jsonl", "--delete-inputs") == 1
    assert told(Path("a.jsonl")) == [("a.jpg", None, "compliant"), ("b.jpg", None, "violation")]
    assert "Versions" not in s3.list_object_versions(Bucket=BUCKET, Prefix="in/")
    assert there(f"s3://{BUCKET}/in/photos/j/", "--out", "a.jsonl") == 1  # the journal knows
    assert there(f"s3://{BUCKET}/in/photos/j/", "--out", "b.jsonl") == 2
    assert there(f"s3://{BUCKET}/in/photos/j/b", "--out", "c.jsonl") == 2


def test_missing_answers_are_told_and_waited_for_by_the_same_command(
    there: Run, photos: Path, s3: "S3Client", capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_jpg="compliant", b_jpg="compliant")
    arguments = (photos, "--bucket", f"s3://{BUCKET}", "--job", "j", "--out", "a.jsonl")
    assert there(*arguments, "--no-wait") == 0
    assert f"2 inputs went to s3://{BUCKET}/in/photos/j/" in capsys.readouterr().err
    FakeFunction(s3).answer(leaving=1)
    assert there(*arguments, "--timeout", "0.2") == 2
    assert (
        "missing are those to 1 input below s3://pictures/in/photos/j/, such as b.jpg. The same"
        in capsys.readouterr().err
    )
    assert told(Path("a.jsonl")) == [("a.jpg", None, "compliant"), ("b.jpg", None, "no-answer")]
    FakeFunction(s3).answer()
    assert there(*arguments) == 0
    assert told(Path("a.jsonl"))[1] == ("b.jpg", None, "compliant")


def test_files_that_cannot_be_sent_are_told(
    there: Run, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(photos, a_jpg="compliant", b_gif="x")
    assert there(photos, "--bucket", f"s3://{BUCKET}", "--no-wait") == 2
    err = capsys.readouterr().err
    assert "b.gif: only JPEG, PNG and WebP pictures are read" in err
    assert "1 file could not be sent." in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["."], "--local for this computer, or --bucket"),
        ([".", "s3://b/in/"], "stands alone"),
        (["s3://b/in/", "--local"], "stands alone"),
        (["s3://b/out/"], "below in/"),
        ([".", "--local", "--no-wait"], "are for a bucket"),
        ([".", "--bucket", "s3://b/x"], "--job says"),
        ([".", "--bucket", "s3://b", "--job", "a/b"], "name of a job"),
        ([".", "--local", "--out", "a.xls"], "has to end with"),
        ([".", "--local"], "There is no picture"),
        (["missing", "--local"], "no such file"),
    ],
)
def test_what_cannot_be_done_is_told(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["batch", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_boto3_a_bucket_is_told_what_to_install(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [
        name for name in sys.modules if name in ("maskclient.batch.bucket", "maskclient.batch.remote")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "boto3", None)
    write(photos, a_jpg="compliant")
    assert cli.main(["batch", str(photos), "--bucket", "s3://pictures"]) == 2
    assert "pip install boto3" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "x", "257"])
def test_numbers_of_workers_are_checked(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["batch", ".", "--local", "--workers", text])
    assert ended.value.code == 2
    assert "no number from 1 to 256" in capsys.readouterr().err
    assert batchoptions.cores() >= 1

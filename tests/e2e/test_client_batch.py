import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from tests.batches import BUCKET, EXAMPLES, real_judge
from tests.e2e.batchcloud import BatchCloud, batch_cloud
from tests.e2e.test_client_image import maskclient, processes_with

COPIES = 8
"""Of each example: enough for a few seconds of work, so that something can be killed in the middle."""
FILES = COPIES * len(list(EXAMPLES.glob("*.jpg"))) + 2
LONGEST = 120.0

needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes under /proc")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(COPIES):
        (folder / f"day {number}").mkdir()
        for picture in EXAMPLES.glob("*.jpg"):
            shutil.copy(picture, folder / f"day {number}" / picture.name)
    (folder / "broken.jpg").write_bytes((EXAMPLES / "group.jpg").read_bytes()[:3000])
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.write(EXAMPLES / "collins.jpg", "ä/collins.jpg")
        archive.write(folder / "broken.jpg", "broken.jpg")
        archive.writestr("notes.txt", "no picture")
    return folder


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def check(found: list[dict[str, Any]], photos: Path) -> None:
    """Every picture is there, each face once, in order, and copies of a picture have the same answers."""
    places = [(row["path"], row["member"] or "", row["face"] or 0) for row in found]
    assert places == sorted(set(places))
    assert len({row["id"] for row in found}) == len(found)
    expected = {path.relative_to(photos).as_posix() for path in photos.rglob("*.*") if path.is_file()}
    assert {row["path"] for row in found} == expected
    for picture in EXAMPLES.glob("*.jpg"):
        copies = Counter(
            tuple(row[name] for name in ("face", "x1", "y1", "x2", "y2", "verdict", "label"))
            for row in found
            if Path(row["path"]).name == picture.name
        )
        assert set(copies.values()) == {COPIES}, picture.name
    failures = [(row["path"], row["member"]) for row in found if row["error"]]
    assert failures == [("broken.jpg", None), ("more.zip", "broken.jpg")]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def start(*arguments: str | Path, marker: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command while a ``with`` block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "maskclient", "batch", *map(str, arguments)],
        env={**os.environ, "MARKER": marker, **environment},
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore Ctrl-C, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as command:
        try:
            yield command
        finally:
            command.kill()


def answers(out: Path) -> int:
    """How many answers the workers of this computer have written."""
    return sum(1 for _ in (out.with_name(f"{out.name}.results") / "out").rglob("*.json"))


def test_verdicts_are_those_of_the_command_for_single_pictures(tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    ended = maskclient("batch", EXAMPLES, "--local", "--out", out)
    assert ended.returncode == 1, ended.stderr
    with out.open(newline="") as file:
        batch = Counter(
            (str(EXAMPLES / row["path"]), row["verdict"], row["label"]) for row in csv.DictReader(file)
        )
    single = maskclient("image", EXAMPLES, "--json")
    assert single.returncode == 1, single.stderr
    image = Counter(
        (line["path"], face["result"]["verdict"], face["result"]["label"])
        for line in map(json.loads, single.stdout.splitlines())
        for face in line["faces"]
    )
    assert batch == image
    assert image.total() > 20


@needs_proc
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_an_ended_command_leaves_nothing_behind_and_goes_on(
    photos: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    out, marker = tmp_path / "answers.jsonl", str(uuid.uuid4())
    with start(photos, "--local", "--out", out, marker=marker) as command:
        until(lambda: answers(out) >= 10)
        command.send_signal(ending)
        told = command.communicate(timeout=60)[1]
    assert command.returncode == (-ending if ending == signal.SIGKILL else 130)
    assert ending == signal.SIGKILL or "The same command goes on from here." in told
    until(lambda: processes_with(marker) == [])
    assert not out.exists()
    before = answers(out)
    assert before < FILES
    again = maskclient("batch", photos, "--local", "--out", out)
    assert again.returncode == 2, again.stderr  # one picture is broken
    check(rows(out), photos)


@needs_proc
def test_a_killed_worker_costs_nothing(photos: Path, tmp_path: Path) -> None:
    out, marker = tmp_path / "answers.jsonl", str(uuid.uuid4())
    with start(photos, "--local", "--workers", "2", "--out", out, marker=marker) as command:
        until(lambda: answers(out) >= 10)
        worker = next(pid for pid in processes_with(marker) if int(pid) != command.pid)
        os.kill(int(worker), signal.SIGKILL)
        assert command.wait(LONGEST) == 2
    check(rows(out), photos)
    assert processes_with(marker) == []


@pytest.fixture(scope="module")
def cloud() -> Iterator[BatchCloud]:
    with batch_cloud(real_judge()) as running:
        yield running


def test_a_folder_goes_through_a_bucket(cloud: BatchCloud, photos: Path, tmp_path: Path) -> None:
    arguments = (
        "batch",
        photos,
        "--bucket",
        f"s3://{BUCKET}",
        "--job",
        "whole",
        "--out",
        tmp_path / "a.parquet",
    )
    cloud.on.set()
    ended = maskclient(*arguments, **cloud.environment)
    assert ended.returncode == 2, ended.stderr
    found = pq.read_table(tmp_path / "a.parquet").to_pylist()
    check(found, photos)
    assert "undecodable-image" in ended.stderr
    local = maskclient("batch", photos, "--local", "--out", tmp_path / "local.jsonl")
    assert local.returncode == 2, local.stderr
    columns = ("path", "member", "face", "verdict", "label", "x1", "y1", "x2", "y2", "error")
    assert [[row[name] for name in columns] for row in found] == [
        [row[name] for name in columns] for row in rows(tmp_path / "local.jsonl")
    ]


@needs_proc
def test_a_killed_command_goes_on_sending_and_collecting(
    cloud: BatchCloud, photos: Path, tmp_path: Path
) -> None:
    cloud.on.clear()
    out, marker, prefix = tmp_path / "answers.jsonl", str(uuid.uuid4()), "in/photos/killed/"
    arguments = (photos, "--bucket", f"s3://{BUCKET}", "--job", "killed", "--out", out)
    with start(*arguments, "--upload-workers", "1", marker=marker, **cloud.environment) as command:
        until(lambda: len(cloud.keys(prefix)) >= 10)
        command.kill()
    assert len(cloud.keys(prefix)) < FILES
    with start(*arguments, marker=marker, **cloud.environment) as command:
        until(lambda: len(cloud.keys(prefix)) == FILES)
        cloud.on.set()
        until(lambda: len(cloud.keys("out/")) >= 10 and any("killed" in key for key in cloud.keys("out/")))
        command.kill()
    ended = maskclient("batch", *arguments, **cloud.environment)
    assert ended.returncode == 2, ended.stderr
    check(rows(out), photos)
    from_there = maskclient(
        "batch", f"s3://{BUCKET}/{prefix}", "--out", tmp_path / "there.jsonl", **cloud.environment
    )
    assert from_there.returncode == 2, from_there.stderr
    assert rows(tmp_path / "there.jsonl") == rows(out)


def test_a_bucket_that_is_not_there_is_told(cloud: BatchCloud, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    ended = maskclient("batch", photos, "--bucket", "s3://nowhere", "--out", out, **cloud.environment)
    assert ended.returncode == 2
    assert ended.stderr.startswith("maskclient: There is no bucket nowhere.")
    assert ended.stderr.count("\n") == 1


def test_without_credentials_it_is_told_what_to_do(photos: Path, tmp_path: Path) -> None:
    empty = {name: str(tmp_path / "none") for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    out = tmp_path / "a.csv"
    ended = maskclient(
        "batch", photos, "--bucket", "s3://pictures", "--out", out, AWS_EC2_METADATA_DISABLED="true", **empty
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("maskclient: There are no AWS credentials.")

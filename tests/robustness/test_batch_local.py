"""Processes over a folder, killed at any moment: in the end each picture has one result, in whole files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image, ImageEnhance

from tests import pictures
from tests.batches import EXAMPLES
from tests.robustness.test_batch import zipped

PICTURES = 120
WORKERS = 2
STRETCH = 10


@dataclass(frozen=True)
class Folder:
    """Pictures, and where results go."""

    given: Path
    out: Path
    names: list[str]


def crop(chance: Random) -> bytes:
    path = chance.choice(sorted((EXAMPLES / "crops").glob("*.jpg")))
    with Image.open(path) as picture:
        return pictures.encode(ImageEnhance.Brightness(picture).enhance(0.7 + 0.5 * chance.random()))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    chance = Random(0)
    given = tmp_path / "given"
    contents = {f"{number % 5}/{number}.jpg": crop(chance) for number in range(PICTURES)}
    contents["bad.jpg"] = b"text"
    contents["many.zip"] = zipped({f"{number}.jpg": crop(chance) for number in range(30)})
    for name, data in contents.items():
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        (given / name).write_bytes(data)
    return Folder(given, tmp_path / "out", list(contents))


def start(folder: Folder) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "maskservice.batch.local", "--crops"]
    command += ["--in", str(folder.given), "--out", str(folder.out)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def feed(process: subprocess.Popen[bytes], names: list[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["ready"] is True
    process.stdin.write(b"".join(json.dumps({"path": name}).encode() + b"\n" for name in names))
    process.stdin.close()


def await_progress(process: subprocess.Popen[bytes], count: int) -> None:
    """Read answers until so many of them are of files that were not done before."""
    assert process.stdout is not None
    while count:
        count -= "again" not in json.loads(process.stdout.readline())


def read(process: subprocess.Popen[bytes]) -> list[Any]:
    """The answers until the end."""
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout as output, process.stderr as errors:
        answers = [json.loads(line) for line in output]
        assert errors.read() == b""
    assert process.wait(20) == 0
    return answers


def end(process: subprocess.Popen[bytes]) -> bytes:
    """Wait for the end, and return what is left to be read of either output."""
    left = b""
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None and not stream.closed:
            left += b"" if stream is process.stdin else stream.read()
            stream.close()
    process.wait(20)
    return left


def documents(folder: Folder, root: str) -> list[Any]:
    """All results or failures; a file that is not whole would not be JSON."""
    return [json.loads(file.read_text()) for file in (folder.out / root).rglob("*.json")]


def test_killed_again_and_again_the_work_is_done_in_the_end(folder: Folder) -> None:
    chance = Random(1)
    shares = [folder.names[worker::WORKERS] for worker in range(WORKERS)]
    before = 0
    for number in range(1, 6):
        processes = [start(folder) for _ in shares]
        for process, names in zip(processes, shares, strict=True):
            feed(process, names[: number * STRETCH])  # on a busy computer one may run far ahead of the other
        for process in processes:
            await_progress(process, chance.randint(1, STRETCH - 2))
            time.sleep(0.005 * chance.random())
            process.kill()
            end(process)
        done = len(documents(folder, "out"))
        assert done > before
        before = done
    assert before < PICTURES  # it was killed in the middle
    processes = [start(folder) for _ in shares]
    for process, names in zip(processes, shares, strict=True):
        feed(process, names)
    answers = [answer for process in processes for answer in read(process)]

    assert Counter(answer["path"] for answer in answers) == Counter(folder.names)
    assert all(answer["done"] for answer in answers)
    assert any("again" in answer for answer in answers)
    results = documents(folder, "out")
    paths = Counter(result["path"] for result in results)
    expected = {name for name in folder.names if name != "bad.jpg"} | {
        f"many.zip!/{n}.jpg" for n in range(30)
    }
    assert paths == Counter(expected)
    assert [failure["path"] for failure in documents(folder, "failed")] == ["bad.jpg"]
    lines = [
        json.loads(line)
        for file in (folder.out / "summary").iterdir()
        for line in file.read_text().splitlines()
    ]
    told = Counter({line["id"]: line["path"] for line in lines}.values())
    assert told == Counter(expected - {"many.zip"} | {"bad.jpg"})


def test_a_process_ends_when_it_is_told_to(folder: Folder) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        process = start(folder)
        assert process.stdout is not None
        process.stdout.readline()
        os.kill(process.pid, number)
        assert process.wait(20) == 0
        assert end(process) == b""


def test_a_process_ends_silently_when_nobody_reads_it(folder: Folder) -> None:
    process = start(folder)
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdin.write(json.dumps({"path": folder.names[0]}).encode() + b"\n")
    process.stdin.flush()
    assert process.wait(20) == 0
    assert end(process) == b""

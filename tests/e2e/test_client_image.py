import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

Run = tuple[subprocess.CompletedProcess[str], Path]
"""What ended, and where the copies are."""
FACE = (172, 64, 278, 195)
"""The astronaut's face, forehead to chin and ear to ear, read off the picture by eye."""
NEAR = 25
"""Pixels by which detectors frame it differently."""


def maskclient(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MASKCHECK_")}
    return subprocess.run(
        [sys.executable, "-m", "maskclient", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**inherited, **environment},
    )


def processes_with(marker: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it may end meanwhile, or belong to somebody else
            if marker.encode() in (process / "environ").read_bytes():
                found.append(process.name)
    return found


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    astronaut = Image.fromarray(data.astronaut())
    astronaut.save(folder / "astronaut.jpg", quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6
    (folder / "more").mkdir()
    astronaut.rotate(90, expand=True).save(folder / "more" / "astronaut.jpg", exif=exif, quality=95)
    Image.new("RGB", (320, 200), "steelblue").save(folder / "faceless.png")
    (folder / "broken.jpg").write_bytes((folder / "astronaut.jpg").read_bytes()[:5000])
    return folder


@pytest.fixture(scope="module")
def run(
    photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], Path]:
    out = tmp_path_factory.mktemp("out")
    return maskclient("image", photos, "--json", "--out", out), out


def near(box: list[int]) -> bool:
    return all(abs(found - known) <= NEAR for found, known in zip(box, FACE, strict=True))


def test_the_function_judges_a_real_face(run: Run) -> None:
    ended, _ = run
    assert ended.returncode == 2, ended.stderr  # one picture is broken
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [Path(line["path"]).name for line in lines] == [
        "astronaut.jpg",
        "broken.jpg",
        "faceless.png",
        "astronaut.jpg",
    ]
    upright, broken, faceless, turned = lines
    for line in (upright, turned):
        assert (line["width"], line["height"], line["error"]) == (512, 512, None)
        face = next(face for face in line["faces"] if near(face["box"]))
        assert 0.5 < face["score"] <= 1.0
        assert sum(face["result"]["probabilities"].values()) == pytest.approx(1.0, abs=0.001)
        assert face["result"]["verdict"] in {"compliant", "violation", "uncertain", "rejected"}
    assert broken["error"].startswith("it is broken or cut short")
    assert (broken["width"], broken["faces"]) == (None, [])
    assert (faceless["error"], faceless["faces"]) == (None, [])
    assert ended.stderr.count("\n") == 1
    assert "broken.jpg: it is broken or cut short" in ended.stderr


def test_annotated_copies_are_written(run: Run) -> None:
    _, out = run
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert written == ["astronaut.jpg", "faceless.png", "more/astronaut.jpg"]
    with Image.open(out / "more" / "astronaut.jpg") as copy:
        assert copy.size == (512, 512)
        assert copy.getexif().get(0x0112) is None


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes under /proc")
def test_no_process_is_left_behind(photos: Path) -> None:
    marker = str(uuid.uuid4())
    assert maskclient("image", photos / "faceless.png", MARKER=marker).returncode == 0
    assert processes_with(marker) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes under /proc")
def test_an_interruption_leaves_no_process_behind(photos: Path) -> None:
    marker = str(uuid.uuid4())
    command = [sys.executable, "-m", "maskclient", "image", *[str(photos)] * 50]
    child = subprocess.Popen(
        command,
        env={**os.environ, "MARKER": marker},
        stdout=subprocess.DEVNULL,
        # A shell's background jobs ignore Ctrl-C, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while len(processes_with(marker)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    assert processes_with(marker) == []


def test_an_api_that_is_not_there_is_told(photos: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ended = maskclient("image", photos / "astronaut.jpg", MASKCHECK_API=address)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == f"maskclient: The API at {address} cannot be reached: Connection refused.\n"


@pytest.mark.parametrize("form", [["--json"], []])
def test_a_reader_that_goes_away_is_no_crash(form: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "maskclient", "image", *form, str(tmp_path / "missing.jpg")]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert ended.returncode == 141
    assert b"Traceback" not in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("form", [["--json"], []])
def test_a_full_disk_is_told(form: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "maskclient", "image", *form, str(tmp_path / "missing.jpg")]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert ended.returncode == 2
    assert b"No space left" in ended.stderr
    assert b"Traceback" not in ended.stderr

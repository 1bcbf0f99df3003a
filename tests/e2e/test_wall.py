import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from maskclient.camera.views import CameraView
from maskclient.show.status import Status
from maskclient.wall.publishing import Publisher
from tests.benchmarks.rows import Row, at_most, table, write
from tests.e2e.slowline import slow_line
from tests.e2e.walls import HEADER, PEOPLE, TOKEN, Wall, stalled, until, viewing
from tests.e2e.wallviewer import Viewer
from tests.memory import resident_mb

REPORT = Path(__file__).parents[2] / "build" / "wall-report.json"
SLOW_LINE = 50_000
"""Bytes a second: the upload of a poor mobile connection."""


def test_memory_and_age_stay_bounded_whoever_looks(wall: Wall) -> None:
    """Four cameras; one viewer keeps up, one has a slow line, one neither reads nor acknowledges."""
    with (
        slow_line(wall.socket, SLOW_LINE) as line,
        viewing(wall) as quick,
        viewing(wall, line.url) as slow,
        stalled(wall),
    ):
        until(lambda: all(len(viewer.times) == len(PEOPLE) for viewer in (quick, slow)))
        until(lambda: any(event["type"] == "admit" for event in quick.events))
        time.sleep(2)  # everything that is allocated once has been
        before, started = resident_mb(wall.process.pid), time.monotonic()
        counted = [len(viewer.ages) for viewer in (quick, slow)]
        time.sleep(12)
        seconds = time.monotonic() - started
        rows = [
            Row("wall, 4 cameras and 3 viewers: memory of its process", before, "MB"),
            at_most("wall: how much that grew in 12 s", resident_mb(wall.process.pid) - before, "MB", 40),
            *pictures("a quick line", quick, counted[0], seconds, oldest=1500),
            at_most("wall: longest pause of a camera, a quick line", quick.longest_pause(), "s", 3),
            *pictures("50 kB/s", slow, counted[1], seconds, oldest=6000),
            Row("wall: size of a picture", float(np.mean(quick.sizes)) / 1000, "kB"),
        ]
    print(table(rows))
    write(rows, REPORT)
    assert [row.name for row in rows if row.met is False] == []
    assert 3 <= next(row.value for row in rows if row.unit == "/s") <= 16.5  # 15 on an idle computer
    assert {(event["camera"], event["type"]) for event in quick.events} >= {
        ("hall", "violation"),
        ("gate", "admit"),
    }
    times = [event["time"] for event in quick.events]
    assert times == sorted(times, reverse=True)
    assert quick.cameras["hall"]["violations"] == 1
    assert quick.figures["yard"]["present"] == {"compliant": 1, "violation": 1}


def pictures(line: str, viewer: Viewer, first: int, seconds: float, oldest: float) -> list[Row]:
    """What a viewer got from its `first` picture on, and how old it was on arrival."""
    ages = viewer.ages[first:]
    return [
        Row(f"wall: pictures of each camera, {line}", len(ages) / seconds / len(PEOPLE), "/s"),
        Row(f"wall: age of pictures on arrival, median, {line}", float(np.median(ages)), "ms"),
        at_most(
            f"wall: age of pictures on arrival, p99, {line}", float(np.percentile(ages, 99)), "ms", oldest
        ),
    ]


def test_cameras_go_and_come_while_it_runs(wall: Wall, wall_videos: dict[str, Path]) -> None:
    url = f"{wall.url}api/cameras"
    with viewing(wall) as viewer:
        until(lambda: len(viewer.times) == 4)
        assert requests.delete(f"{url}/lift", headers=HEADER, timeout=10).status_code == 204
        until(lambda: "lift" not in viewer.cameras)
        counted = len(viewer.times["lift"])
        wanted = {"source": str(wall_videos["lift"]), "name": "lift"}
        assert requests.post(url, json=wanted, headers=HEADER, timeout=30).json() == {"name": "lift"}
        until(lambda: len(viewer.times["lift"]) > counted + 5)
        until(lambda: viewer.figures["lift"]["present"] == {"violation": 1})
        missing = requests.post(url, json={"source": "/no/such.mp4"}, headers=HEADER, timeout=10)
        assert (missing.status_code, "there is no such file" in missing.json()["error"]) == (422, True)
        assert sorted(viewer.cameras) == sorted(PEOPLE)


def test_a_published_camera_appears_and_disappears(wall: Wall) -> None:
    told: list[str] = []
    with viewing(wall) as viewer:
        publisher = Publisher(wall.socket, TOKEN, Status, told.append)
        try:
            for number in range(1, 31):
                rgb = np.full((1080, 1920, 3), 8 * number, np.uint8)
                publisher.seen(CameraView("hall", number, rgb, (), 0, 15.0, None, "live"), time.monotonic())
                time.sleep(1 / 15)
            until(lambda: len(viewer.times.get("hall (2)", [])) > 5)
            assert viewer.cameras["hall (2)"]["origin"] == "published"
        finally:
            publisher.close()
        until(lambda: "hall (2)" not in viewer.cameras)
    assert told == []


def test_a_wrong_token_is_refused_everywhere(wall: Wall) -> None:
    wrong = {"Authorization": "Bearer another-token-than-it"}
    assert requests.get(f"{wall.url}api/cameras", headers=wrong, timeout=10).status_code == 401
    with pytest.raises(InvalidStatus), connect(f"{wall.socket}publish", additional_headers=wrong):
        pass
    with connect(f"{wall.socket}watch") as socket:
        socket.send('{"type": "hello", "token": "another-token-than-it"}')
        with pytest.raises(ConnectionClosed, match="token is wrong"):
            socket.recv(timeout=10)


@contextmanager
def publishing(wall: Wall, video: Path, service: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A camera of another computer, called ``far``."""
    command = ["camera", f"far={video}", "--headless", "--api", service, "--alert-after", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "maskclient", *command, "--publish", wall.socket],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "MASKCHECK_TOKEN": TOKEN},
    ) as camera:
        try:
            yield camera
        finally:
            camera.terminate()


def test_a_camera_command_publishes_its_frames_and_events(
    wall: Wall, wall_videos: dict[str, Path], service: str
) -> None:
    with publishing(wall, wall_videos["hall"], service):
        until(lambda: wall.cameras().get("far", {}).get("violations", 0) == 1)


def test_a_camera_that_was_killed_comes_back_under_its_name(
    wall: Wall, wall_videos: dict[str, Path], service: str
) -> None:
    with viewing(wall) as first, viewing(wall) as second:
        with publishing(wall, wall_videos["hall"], service) as camera:
            until(lambda: all(len(viewer.times.get("far", ())) > 5 for viewer in (first, second)))
            camera.kill()
            until(lambda: "far" not in first.cameras and "far" not in second.cameras)
        counted = [len(viewer.times["far"]) for viewer in (first, second)]
        with publishing(wall, wall_videos["hall"], service):
            until(
                lambda: all(
                    len(viewer.times["far"]) > count + 5
                    for viewer, count in zip((first, second), counted, strict=True)
                )
            )
            assert sorted(wall.cameras()) == sorted([*PEOPLE, "far"])
            until(lambda: first.cameras["far"]["violations"] == 1)
